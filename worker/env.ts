/** The bindings, and the configuration read from them. */

/** The bindings of wrangler.toml, and the secrets, which stand in no file that is committed. */
export interface Bindings extends Env {
	/** Signs and checks this service's own tokens. */
	JWT_SECRET: string;
	/** The platform's credential. */
	SERVICE_ROLE_KEY: string;
	/** Keys the HMAC behind every API key's tag. */
	KEY_PEPPER: string;
	/** The pepper before, while keys made under it are still in use. */
	KEY_PEPPER_PREVIOUS?: string;
}

/** Shorter secrets can be guessed; 32 characters of hex hold 128 bits. */
const SECRET_LENGTH_MIN = 32;

/** Everything the Worker is told from outside. Secrets are wrapped, so that logging a config shows none. */
export interface Config {
	jwt: { secret: Secret; issuer: string; audience: string; jwksUrl: string | null };
	serviceRoleKey: Secret;
	/** The current pepper first; a key tagged with any of them is valid. */
	peppers: Secret[];
	/** Origins whose pages may call the REST door; `*` is all of them. */
	corsOrigins: string[];
}

/** A secret at rest in memory. Only `reveal()` shows it; text, JSON and the console see `[redacted]`. */
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
 * Reads and checks the configuration. Throws an error that names what is missing or too short, before the Worker
 * has answered anything: a service that guards keys must not start with a default.
 */
export function readConfig(env: Partial<Bindings>): Config {
	const problems: string[] = [];

	function secret(name: "JWT_SECRET" | "SERVICE_ROLE_KEY" | "KEY_PEPPER" | "KEY_PEPPER_PREVIOUS"): Secret {
		const value = env[name];
		if (!value) problems.push(`${name} is missing`);
		else if (value.length < SECRET_LENGTH_MIN) problems.push(`${name} is shorter than ${SECRET_LENGTH_MIN} characters`);
		return new Secret(value ?? "");
	}
	function variable(name: "JWT_ISSUER" | "JWT_AUDIENCE"): string {
		const value = env[name];
		if (!value) problems.push(`${name} is missing`);
		return value ?? "";
	}

	const config: Config = {
		jwt: {
			secret: secret("JWT_SECRET"),
			issuer: variable("JWT_ISSUER"),
			audience: variable("JWT_AUDIENCE"),
			jwksUrl: env.JWKS_URL || null,
		},
		serviceRoleKey: secret("SERVICE_ROLE_KEY"),
		corsOrigins: corsOrigins(env, problems),
		peppers: [secret("KEY_PEPPER"), ...(env.KEY_PEPPER_PREVIOUS ? [secret("KEY_PEPPER_PREVIOUS")] : [])],
	};
	// What begins like an API key is taken for one, so such a service key would open nothing.
	if (env.SERVICE_ROLE_KEY?.startsWith("sk_")) problems.push("SERVICE_ROLE_KEY must not begin with sk_");
	if (config.jwt.jwksUrl !== null && !URL.canParse(config.jwt.jwksUrl)) problems.push("JWKS_URL is not a URL");
	usageFlushSeconds(env, problems);
	if (problems.length > 0) throw new Error(`Configuration: ${problems.join("; ")}. See docs/configuration.md.`);
	return config;
}

/** Origins are compared as text, so each must be written as browsers write it: `https://app.example`. */
function corsOrigins({ CORS_ORIGINS = "" }: Partial<Bindings>, problems: string[]): string[] {
	const origins = CORS_ORIGINS.split(",")
		.map((origin) => origin.trim())
		.filter(Boolean);
	for (const origin of origins)
		if (origin !== "*" && !(URL.canParse(origin) && new URL(origin).origin === origin))
			problems.push(`CORS_ORIGINS: ${origin} is no origin such as https://app.example`);
	return origins;
}

/**
 * How late usage may reach D1, in seconds. 15 by default: a list that is a quarter of a minute old still helps an
 * admin, and a busy key costs D1 four writes a minute.
 */
export function usageFlushSeconds(env: Partial<Bindings>, problems: string[] = []): number {
	const seconds = Number(env.USAGE_FLUSH_SECONDS ?? 15);
	if (Number.isInteger(seconds) && seconds >= 1 && seconds <= 3_600) return seconds;
	problems.push("USAGE_FLUSH_SECONDS must be a whole number from 1 to 3600");
	return 15;
}
