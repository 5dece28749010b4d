/** How people sign in with the company's identity provider (`OIDC_…`). Read at start, so without zod. */
import { ROLES, type Role } from "../db/roles.ts";
import type { Bindings, Secret } from "./env.ts";

/** Who may sign in: people who were invited, or also people of the provider whom this service doesn't know yet. */
const SIGN_UPS = ["invited", "just-in-time"] as const;
type SignUp = (typeof SIGN_UPS)[number];

export interface OpenIdConfig {
	/** `iss` of the provider, as its discovery document writes it. */
	issuer: string;
	clientId: string;
	/** Null for a public client, which PKCE alone protects. */
	clientSecret: Secret | null;
	scopes: string;
	/** The name on the sign-in button. */
	name: string;
	signUp: SignUp;
	/** The role of people who are added at their first sign-in. */
	defaultRole: Role;
	/** Id or slug of the only tenant whose people sign in this way. Null: the claims of `JWT_CLAIMS` name the tenant. */
	tenant: string | null;
}

const DEFAULT_SCOPES = "openid email profile";
const NAME_MAX_CHARACTERS = 40;
/** An owner can remove the other owners, so owners are made by owners. */
const ROLES_AT_SIGN_UP = ROLES.filter((role) => role !== "owner");

/** Null: no provider is configured. Adds every problem by the name of its variable. */
export function readOpenIdConfig(
	env: Partial<Bindings>,
	problems: string[],
	{ isSafeUrl, secret }: { isSafeUrl: (url: string) => boolean; secret: (value: string) => Secret },
): OpenIdConfig | null {
	const issuer = env.OIDC_ISSUER || null;
	if (issuer === null) {
		// Everything else means nothing without a provider.
		for (const [name, value] of Object.entries(env))
			if (name.startsWith("OIDC_") && value) problems.push(`${name} needs OIDC_ISSUER`);
		return null;
	}
	if (!isSafeUrl(issuer) || /[?#]/.test(issuer))
		problems.push("OIDC_ISSUER must be an https:// URL without ? and # (http:// only for localhost)");
	if (!env.OIDC_CLIENT_ID) problems.push("OIDC_CLIENT_ID is missing");
	const scopes = env.OIDC_SCOPES || DEFAULT_SCOPES;
	if (!/^([!-~]+ )*openid( [!-~]+)*$/.test(scopes)) problems.push(`OIDC_SCOPES must be like ${DEFAULT_SCOPES}`);
	const name = env.OIDC_NAME || (URL.canParse(issuer) ? new URL(issuer).hostname : "");
	if (name.length > NAME_MAX_CHARACTERS) problems.push(`OIDC_NAME must have at most ${NAME_MAX_CHARACTERS} characters`);
	return {
		issuer,
		clientId: env.OIDC_CLIENT_ID ?? "",
		clientSecret: env.OIDC_CLIENT_SECRET ? secret(env.OIDC_CLIENT_SECRET) : null,
		scopes,
		name,
		signUp: oneOf(SIGN_UPS, "OIDC_SIGN_UP", env.OIDC_SIGN_UP || "invited", problems),
		defaultRole: oneOf(ROLES_AT_SIGN_UP, "OIDC_DEFAULT_ROLE", env.OIDC_DEFAULT_ROLE || "member", problems),
		tenant: env.OIDC_TENANT || null,
	};
}

function oneOf<T extends string>(known: readonly T[], name: string, value: string, problems: string[]): T {
	const found = known.find((one) => one === value);
	if (found === undefined) problems.push(`${name} must be ${known.join(" or ")}`);
	// Without a valid value the Worker doesn't start.
	return found ?? (value as T);
}
