/** The bindings, and the configuration read from them. */
import { JURISDICTIONS, LOCATION_HINTS } from "../db/places.ts";
import { type ClaimMapping, readClaimMapping } from "./jwt-claims.ts";
import { type OpenIdConfig, readOpenIdConfig } from "./openid-config.ts";

/** The bindings of wrangler.toml, and the secrets, which are in no committed file. */
export interface Bindings extends Omit<Env, "PRODUCT_DB"> {
	/** What integrations write. Without this binding it is in `DB`, because a deployment of 1.0 has one database. */
	PRODUCT_DB?: D1Database;
	/** Signs and verifies this service's own tokens. */
	JWT_SECRET: string;
	/** The previous secret, while tokens that were signed with it are still valid. */
	JWT_SECRET_PREVIOUS?: string;
	/** The platform's credential. */
	SERVICE_ROLE_KEY: string;
	/** The previous credential, while programs of the platform still use it. */
	SERVICE_ROLE_KEY_PREVIOUS?: string;
	/** The key of the HMAC that makes the tag of every API key. */
	KEY_PEPPER: string;
	/** The previous pepper, while keys with its tag are still in use. */
	KEY_PEPPER_PREVIOUS?: string;
	/** The key of the HMAC that makes the tag and the secret of every signed key. */
	SIGNING_KEY: string;
	/** The previous signing key, while signed keys made under it are still in use. */
	SIGNING_KEY_PREVIOUS?: string;
	/** The secret of this service at the identity provider that people sign in with. */
	OIDC_CLIENT_SECRET?: string;
	/** Sign-ins and links from before this time are not valid. Set it before the database is restored. */
	SESSIONS_VALID_FROM?: string;
	/** Sends mail, where it is bound. */
	EMAIL?: SendEmail;
	/** Gets one data point for each verdict, where it is bound. */
	ANALYTICS?: AnalyticsEngineDataset;
}

/** 32 characters of hex hold 128 bits. Shorter secrets can be guessed. */
const SECRET_LENGTH_MIN = 32;
/** Of 32 random hex digits, 14 are distinct on average, and fewer than 8 practically never. */
const SECRET_DISTINCT_MIN = 8;
/** A secret that repeats itself this often, such as `changeme` four times, is no longer than one repetition. */
const SECRET_REPEATS_MAX = 3;

/** The configuration. Secrets are wrapped, so that logging it shows none. */
export interface Config {
	jwt: {
		/** The current secret first. A token that is signed with any of them is valid. */
		secrets: Secret[];
		issuer: string;
		audience: string;
		jwksUrl: string | null;
		claims: ClaimMapping;
	};
	/** The current credential first. Each of them is valid. */
	serviceRoleKeys: Secret[];
	/** The current pepper first. A key with a tag of any of them is valid. */
	peppers: Secret[];
	/** The current signing key first. A signature with a secret made under any of them is valid. */
	signingKeys: Secret[];
	/** Origins whose pages may call REST; `*` allows all. */
	corsOrigins: string[];
	/** Origin of the dashboard, for links in mails. Null: links lead to where the request was sent to. */
	publicUrl: string | null;
	/** The identity provider that people sign in with; null: none. */
	openid: OpenIdConfig | null;
	/** Whether people sign in with passwords. */
	passwordSignIn: boolean;
	/** Sender of mails; null: no mail is sent. */
	mailFrom: string | null;
	/** Whether keys that were imported from another system are admitted. */
	legacyKeys: boolean;
	/** The jurisdiction that the keys' gates never leave; empty: none. */
	jurisdiction: string;
	/** Sign-ins and links from before this instant are not valid. 0: all are. */
	sessionsValidFrom: number;
	/** Share of admissions that get a data point. */
	analyticsSampleRate: number;
	/** Whether the canary measures the service every minute. */
	canary: boolean;
}

/** A secret in memory. Only `reveal()` shows it; text, JSON and the console get `[redacted]`. */
export class Secret {
	readonly #value: string;

	constructor(value: string) {
		this.#value = value;
	}

	reveal(): string {
		return this.#value;
	}

	toString(): string {
		return "[redacted]";
	}

	toJSON(): string {
		return "[redacted]";
	}

	[Symbol.for("nodejs.util.inspect.custom")](): string {
		return "[redacted]";
	}
}

/**
 * Reads and validates the configuration. Throws an error that names every problem, before the Worker serves a request: a
 * service that guards keys must not start with a missing or a weak secret.
 */
export function readConfig(env: Partial<Bindings>): Config {
	const problems: string[] = [];

	function secret(name: SecretName): Secret {
		const value = env[name] ?? "";
		const weakness = weaknessOf(value);
		if (weakness !== null) problems.push(`${name} ${weakness}`);
		return new Secret(value);
	}
	/** The current secret, and the previous one where it is set. An equal one is ignored, so that both can be set one after the other. */
	function generations(name: "JWT_SECRET" | "SERVICE_ROLE_KEY" | "KEY_PEPPER" | "SIGNING_KEY"): Secret[] {
		const previous = `${name}_PREVIOUS` as const;
		return [secret(name), ...(env[previous] && env[previous] !== env[name] ? [secret(previous)] : [])];
	}
	function variable(name: "JWT_ISSUER" | "JWT_AUDIENCE"): string {
		const value = env[name];
		if (!value) problems.push(`${name} is missing`);
		return value ?? "";
	}

	const config: Config = {
		jwt: {
			secrets: generations("JWT_SECRET"),
			issuer: variable("JWT_ISSUER"),
			audience: variable("JWT_AUDIENCE"),
			jwksUrl: env.JWKS_URL || null,
			claims: readClaimMapping(env.JWT_CLAIMS, problems),
		},
		serviceRoleKeys: generations("SERVICE_ROLE_KEY"),
		corsOrigins: corsOrigins(env, problems),
		publicUrl: env.PUBLIC_URL || null,
		mailFrom: env.MAIL_FROM || null,
		openid: readOpenIdConfig(env, problems, { isSafeUrl, secret: (value) => new Secret(value) }),
		passwordSignIn: isOn({ PASSWORD_SIGN_IN: env.PASSWORD_SIGN_IN || "on" }, "PASSWORD_SIGN_IN", problems),
		legacyKeys: isOn(env, "LEGACY_KEYS", problems),
		jurisdiction: placeIn(env, "JURISDICTION", JURISDICTIONS, problems),
		sessionsValidFrom: instant(env, problems),
		analyticsSampleRate: share(env, problems),
		canary: isOn(env, "CANARY", problems),
		peppers: generations("KEY_PEPPER"),
		signingKeys: generations("SIGNING_KEY"),
	};
	// Such a service key would be read as an API key or a management token, and never be accepted.
	for (const name of ["SERVICE_ROLE_KEY", "SERVICE_ROLE_KEY_PREVIOUS"] as const)
		for (const prefix of ["sk_", "smt_"])
			if (env[name]?.startsWith(prefix)) problems.push(`${name} must not begin with ${prefix}`);
	problems.push(...equalSecrets(env));
	if (config.jwt.jwksUrl !== null && !isSafeUrl(config.jwt.jwksUrl))
		problems.push("JWKS_URL must be an https:// URL (http:// only for localhost)");
	if (config.publicUrl !== null && !(isSafeUrl(config.publicUrl) && isOrigin(config.publicUrl)))
		problems.push("PUBLIC_URL must be an origin such as https://keys.example");
	// The header Host of a request must not decide where a link in a mail leads.
	if (config.mailFrom !== null && config.publicUrl === null) problems.push("MAIL_FROM needs PUBLIC_URL");
	if (config.canary && config.publicUrl === null) problems.push("CANARY needs PUBLIC_URL");
	if (config.mailFrom !== null && !/^[^\s@<>"]+@[^\s@<>"]+$/.test(config.mailFrom))
		problems.push("MAIL_FROM must be an email address");
	if (!config.passwordSignIn && config.openid === null)
		problems.push("PASSWORD_SIGN_IN is off, and OIDC_ISSUER is not set: people could not sign in");
	placeIn(env, "LOCATION_HINT", LOCATION_HINTS, problems);
	usageFlushSeconds(env, problems);
	if (problems.length > 0) throw new Error(`Configuration: ${problems.join("; ")}. See docs/configuration.md.`);
	return config;
}

const SECRET_NAMES = [
	"JWT_SECRET",
	"JWT_SECRET_PREVIOUS",
	"SERVICE_ROLE_KEY",
	"SERVICE_ROLE_KEY_PREVIOUS",
	"KEY_PEPPER",
	"KEY_PEPPER_PREVIOUS",
	"SIGNING_KEY",
	"SIGNING_KEY_PREVIOUS",
] as const;
type SecretName = (typeof SECRET_NAMES)[number];

/** What is wrong with a secret; null if nothing is. Never shows any of it. */
function weaknessOf(value: string): string | null {
	if (value === "") return "is missing";
	if (value.length < SECRET_LENGTH_MIN) return `is shorter than ${SECRET_LENGTH_MIN} characters`;
	// A header can't carry anything else, and a line break at the end is a mistake of copying.
	if (!/^[!-~]+$/.test(value)) return "contains white space, control characters or characters outside of ASCII";
	if (new Set(value).size < SECRET_DISTINCT_MIN) return `has fewer than ${SECRET_DISTINCT_MIN} distinct characters`;
	const period = (value + value).indexOf(value, 1);
	if (value.length / period >= SECRET_REPEATS_MAX) return "repeats itself";
	return null;
}

/** Secrets that are equal. An attacker who learns one must not have another. Generations of one secret may be equal. */
function equalSecrets(env: Partial<Bindings>): string[] {
	return SECRET_NAMES.flatMap((name, index) =>
		SECRET_NAMES.slice(index + 1)
			.filter((other) => env[name] && env[name] === env[other] && other !== `${name}_PREVIOUS`)
			.map((other) => `${name} and ${other} are equal`),
	);
}

/** Whether the keys at this URL can't be replaced on the way: TLS, or no network at all (local development). */
function isSafeUrl(text: string): boolean {
	if (!URL.canParse(text)) return false;
	const { protocol, hostname } = new URL(text);
	return protocol === "https:" || (protocol === "http:" && ["localhost", "127.0.0.1", "[::1]"].includes(hostname));
}

const ON = ["on", "true", "1"];
const OFF = ["off", "false", "0", ""];

/** A switch, which is off by default. A value that is neither is a mistake, and must not switch anything off silently. */
function isOn(
	env: Partial<Bindings>,
	name: "LEGACY_KEYS" | "PASSWORD_SIGN_IN" | "CANARY",
	problems: string[],
): boolean {
	const value = (env[name] ?? "").trim().toLowerCase();
	if (!ON.includes(value) && !OFF.includes(value)) problems.push(`${name} must be on or off`);
	return ON.includes(value);
}

/** A place, or empty. An unknown value is a problem, because it would put gates somewhere else. */
function placeIn(
	env: Partial<Bindings>,
	name: "JURISDICTION" | "LOCATION_HINT",
	known: readonly string[],
	problems: string[],
): string {
	const value = env[name] ?? "";
	if (value !== "" && !known.includes(value)) problems.push(`${name} must be empty, or one of ${known.join(", ")}`);
	return value;
}

/** `SESSIONS_VALID_FROM`, in milliseconds. */
function instant({ SESSIONS_VALID_FROM = "" }: Partial<Bindings>, problems: string[]): number {
	if (SESSIONS_VALID_FROM === "") return 0;
	const at = Date.parse(SESSIONS_VALID_FROM);
	if (/^\d{4}-\d\d-\d\dT.*Z$/.test(SESSIONS_VALID_FROM) && !Number.isNaN(at)) return at;
	problems.push("SESSIONS_VALID_FROM must be a time in UTC such as 2026-11-29T04:00:00Z");
	return 0;
}

/** `ANALYTICS_SAMPLE_RATE`. All admissions by default. */
function share({ ANALYTICS_SAMPLE_RATE = "" }: Partial<Bindings>, problems: string[]): number {
	const rate = ANALYTICS_SAMPLE_RATE.trim() === "" ? 1 : Number(ANALYTICS_SAMPLE_RATE);
	if (rate >= 0 && rate <= 1) return rate;
	problems.push("ANALYTICS_SAMPLE_RATE must be a number from 0 to 1");
	return 1;
}

const isOrigin = (text: string) => URL.canParse(text) && new URL(text).origin === text;

/** Origins are compared as text, so each must be written as browsers write it: `https://app.example`. */
function corsOrigins({ CORS_ORIGINS = "" }: Partial<Bindings>, problems: string[]): string[] {
	const origins = CORS_ORIGINS.split(",")
		.map((origin) => origin.trim())
		.filter(Boolean);
	for (const origin of origins)
		if (origin !== "*" && !isOrigin(origin))
			problems.push(`CORS_ORIGINS: ${origin} is not an origin such as https://app.example`);
	return origins;
}

/**
 * How late usage may reach D1 while someone lists the keys, in seconds. 15 by default: a list that is 15 seconds old still
 * helps an admin, and a busy key costs D1 four deliveries a minute.
 */
export function usageFlushSeconds(env: Partial<Bindings>, problems: string[] = []): number {
	const seconds = Number(env.USAGE_FLUSH_SECONDS ?? 15);
	if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 3_600) return seconds;
	problems.push("USAGE_FLUSH_SECONDS must be a whole number from 1 to 3600");
	return 15;
}
