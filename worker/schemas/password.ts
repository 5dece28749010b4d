/** Passwords: set by a one-time link, or changed with the old one. */
import { z } from "zod";
import { LINK_PURPOSES } from "../../db/enums.ts";
import { accountEmail, timestamp } from "./common.ts";
import { personName } from "./member.ts";

/** Shorter passwords can be guessed from a stolen hash (NIST SP 800-63B asks for 8, with a second factor). */
const PASSWORD_MIN_CHARACTERS = 12;
/** Limited, because the cost of hashing grows with the length. */
const PASSWORD_MAX_CHARACTERS = 1_024;

/** The password of a sign-in, which may be older than the rules. */
export const password = z.string().min(1, "Must not be empty").max(PASSWORD_MAX_CHARACTERS);

const newPassword = z.string().min(PASSWORD_MIN_CHARACTERS).max(PASSWORD_MAX_CHARACTERS);

/** The secret of a link, after `#`. Only its length is validated: a malformed secret is rejected as unknown. */
const secret = z.string().min(1).max(64);

export const readLinkSchema = z.strictObject({ secret });

export const linkDetailsSchema = z.object({
	purpose: z.enum(LINK_PURPOSES),
	email: z.string(),
	name: z.string(),
	tenant_name: z.string(),
	expires_at: timestamp,
});
export type LinkDetails = z.infer<typeof linkDetailsSchema>;

export const setPasswordSchema = z.strictObject({ secret, password: newPassword, name: personName.optional() });
export type SetPassword = z.output<typeof setPasswordSchema>;

export const changePasswordSchema = z.strictObject({ current_password: password, new_password: newPassword });
export type ChangePassword = z.output<typeof changePasswordSchema>;

export const passwordChangedSchema = z.object({ ended_sessions: z.number().int() });
export type PasswordChanged = z.infer<typeof passwordChangedSchema>;

export const forgotPasswordSchema = z.strictObject({ email: accountEmail });

/** `mailing`: whether this service sends mail. The same for every email. */
export const passwordForgottenSchema = z.object({ mailing: z.boolean() });
export type PasswordForgotten = z.infer<typeof passwordForgottenSchema>;
