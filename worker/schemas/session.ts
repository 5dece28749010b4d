/** Signing in to the dashboard. */
import { z } from "zod";
import { PERMISSIONS, ROLES } from "../../db/enums.ts";
import { accountEmail, timestamp } from "./common.ts";
import { password } from "./password.ts";
import { tenantSchema } from "./tenant.ts";

export const loginSchema = z.strictObject({
	email: accountEmail,
	password,
});
export type Login = z.output<typeof loginSchema>;

const userSchema = z.object({
	id: z.string(),
	tenant_id: z.string(),
	role: z.enum(ROLES),
	/** All capabilities of the user, from the role and from grants. */
	capabilities: z.array(z.string()),
	/** What the user may do in the tenant. */
	permissions: z.array(z.enum(PERMISSIONS)),
	/** Null for users of an external identity provider, who have no account here. */
	email: z.string().nullable(),
	name: z.string().nullable(),
});
export type User = z.infer<typeof userSchema>;

/** `token` is the JWT that the cookie holds, for callers without cookies. */
export const loggedInSchema = z.object({ token: z.string(), expires_at: timestamp, user: userSchema });
export type LoggedIn = z.infer<typeof loggedInSchema>;

export const loggedOutSchema = z.object({ ended: z.boolean() });

/** `provider_url` signs the person out at the identity provider, if they have signed in with it. */
export const signedOutSchema = loggedOutSchema.extend({ provider_url: z.string().nullable() });

/** How people can sign in. */
export const signInOptionsSchema = z.object({
	password: z.boolean(),
	provider: z.object({ name: z.string() }).nullable(),
});

export const meSchema = z.object({ user: userSchema, tenant: tenantSchema.nullable(), expires_at: timestamp });
export type Me = z.infer<typeof meSchema>;
