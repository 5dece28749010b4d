/** The configuration: what stops the Worker, and that no secret in it is ever shown. */
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { type Bindings, type Config, readConfig, Secret, usageFlushSeconds } from "../../../worker/env.ts";

const SECRETS = {
	JWT_SECRET: "jwt-0123456789abcdef0123456789abcdef",
	SERVICE_ROLE_KEY: "service-0123456789abcdef0123456789ab",
	KEY_PEPPER: "pepper-0123456789abcdef0123456789abc",
	SIGNING_KEY: "signing-0123456789abcdef0123456789ab",
};
const COMPLETE = { ...SECRETS, JWT_ISSUER: "https://issuer.example", JWT_AUDIENCE: "salesos-api" };

const EVERY_SECRET = [
	"JWT_SECRET",
	"JWT_SECRET_PREVIOUS",
	"SERVICE_ROLE_KEY",
	"SERVICE_ROLE_KEY_PREVIOUS",
	"KEY_PEPPER",
	"KEY_PEPPER_PREVIOUS",
	"SIGNING_KEY",
	"SIGNING_KEY_PREVIOUS",
] as const;

/** Why the configuration is refused. */
function complaint(env: Partial<Bindings>): string {
	try {
		readConfig(env);
	} catch (thrown) {
		return String(thrown);
	}
	return "";
}

describe("a complete configuration", () => {
	it("is read", () => {
		const config = readConfig(COMPLETE);
		expect(config.jwt).toMatchObject({ issuer: COMPLETE.JWT_ISSUER, audience: COMPLETE.JWT_AUDIENCE, jwksUrl: null });
		expect(config.jwt.secrets.map((secret) => secret.reveal())).toEqual([SECRETS.JWT_SECRET]);
		expect(config.serviceRoleKeys.map((key) => key.reveal())).toEqual([SECRETS.SERVICE_ROLE_KEY]);
		expect(config.peppers.map((pepper) => pepper.reveal())).toEqual([SECRETS.KEY_PEPPER]);
		expect(usageFlushSeconds(COMPLETE)).toBe(15);
	});

	it("has no identity provider where JWKS_URL is empty", () => {
		expect(readConfig({ ...COMPLETE, JWKS_URL: "" }).jwt.jwksUrl).toBeNull();
		expect(readConfig({ ...COMPLETE, JWKS_URL: "https://idp.example/keys" }).jwt.jwksUrl).toBe(
			"https://idp.example/keys",
		);
	});

	it("has a known jurisdiction and a known location, or none", () => {
		expect(readConfig(COMPLETE).jurisdiction).toBe("");
		expect(readConfig({ ...COMPLETE, JURISDICTION: "eu", LOCATION_HINT: "sam" }).jurisdiction).toBe("eu");
		expect(complaint({ ...COMPLETE, JURISDICTION: "EU" })).toContain(
			"JURISDICTION must be empty, or one of eu, fedramp, us",
		);
		expect(complaint({ ...COMPLETE, LOCATION_HINT: "brazil" })).toContain(
			"LOCATION_HINT must be empty, or one of wnam",
		);
	});

	it("names the claims of the identity provider where JWT_CLAIMS is set, and is refused if that is wrong", () => {
		expect(readConfig(COMPLETE).jwt.claims.names.tenant_id).toEqual(["tenant_id"]);
		const named = readConfig({ ...COMPLETE, JWT_CLAIMS: '{"tenant_id":"https://salesos.example/tenant"}' });
		expect(named.jwt.claims.names).toMatchObject({ tenant_id: ["https://salesos.example/tenant"], role: ["role"] });
		expect(complaint({ ...COMPLETE, JWT_CLAIMS: '{"role":7}' })).toContain(
			"JWT_CLAIMS.role must be the name of a claim",
		);
	});

	it("is closed to other sites, unless some are named", () => {
		expect(readConfig(COMPLETE).corsOrigins).toEqual([]);
		const named = readConfig({ ...COMPLETE, CORS_ORIGINS: "https://app.example, http://localhost:3000," });
		expect(named.corsOrigins).toEqual(["https://app.example", "http://localhost:3000"]);
		for (const wrong of ["app.example", "https://app.example/", "https://app.example/x", "null", "https://a.example b"])
			expect(complaint({ ...COMPLETE, CORS_ORIGINS: wrong })).toContain(`CORS_ORIGINS: ${wrong} is not an origin`);
	});

	it.each([
		["SERVICE_ROLE_KEY", "serviceRoleKeys"],
		["KEY_PEPPER", "peppers"],
		["SIGNING_KEY", "signingKeys"],
	] as const)("has the previous %s behind the current one, while there is one", (name, list) => {
		const previous = "previous-0123456789abcdef0123456789";
		const config = readConfig({ ...COMPLETE, [`${name}_PREVIOUS`]: previous });
		expect(config[list].map((secret) => secret.reveal())).toEqual([SECRETS[name], previous]);
		expect(readConfig({ ...COMPLETE, [`${name}_PREVIOUS`]: "" })[list]).toHaveLength(1);
	});
});

describe("an identity provider to sign in with", () => {
	const OIDC = { OIDC_ISSUER: "https://login.acme.com", OIDC_CLIENT_ID: "salesos" };

	it("is configured by its issuer and its client, with defaults for the rest", () => {
		expect(readConfig(COMPLETE).openid).toBeNull();
		expect(readConfig({ ...COMPLETE, ...OIDC }).openid).toEqual({
			issuer: "https://login.acme.com",
			clientId: "salesos",
			clientSecret: null,
			scopes: "openid email profile",
			name: "login.acme.com",
			signUp: "invited",
			defaultRole: "member",
			tenant: null,
		});
	});

	it("has a secret that is shown nowhere", () => {
		const config = readConfig({ ...COMPLETE, ...OIDC, OIDC_CLIENT_SECRET: "client-secret" });
		expect(config.openid?.clientSecret?.reveal()).toBe("client-secret");
		expect(inspect(config, { depth: 5 }) + JSON.stringify(config)).not.toContain("client-secret");
	});

	it.each<[Partial<Bindings>, string]>([
		[{ OIDC_ISSUER: "http://login.acme.com" }, "OIDC_ISSUER must be an https:// URL"],
		[{ OIDC_ISSUER: "https://login.acme.com?tenant=1" }, "OIDC_ISSUER must be an https:// URL"],
		[{ OIDC_CLIENT_ID: "" }, "OIDC_CLIENT_ID is missing"],
		[{ OIDC_SCOPES: "email profile" }, "OIDC_SCOPES must be like openid email profile"],
		[{ OIDC_SCOPES: "openid  email" }, "OIDC_SCOPES must be like openid email profile"],
		[{ OIDC_NAME: "x".repeat(41) }, "OIDC_NAME must have at most 40 characters"],
		[{ OIDC_SIGN_UP: "everyone" }, "OIDC_SIGN_UP must be invited or just-in-time"],
		[{ OIDC_DEFAULT_ROLE: "owner" }, "OIDC_DEFAULT_ROLE must be admin or member"],
	])("is refused with %j", (wrong, message) => {
		expect(complaint({ ...COMPLETE, ...OIDC, ...wrong })).toContain(message);
	});

	it("is needed by everything that belongs to it, and by a service without passwords", () => {
		for (const name of ["OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_TENANT", "OIDC_SIGN_UP"] as const)
			expect(complaint({ ...COMPLETE, [name]: "x" })).toContain(`${name} needs OIDC_ISSUER`);
		expect(complaint({ ...COMPLETE, PASSWORD_SIGN_IN: "off" })).toContain("people could not sign in");
		expect(complaint({ ...COMPLETE, PASSWORD_SIGN_IN: "of" })).toContain("PASSWORD_SIGN_IN must be on or off");
		expect(readConfig({ ...COMPLETE, ...OIDC, PASSWORD_SIGN_IN: "off" }).passwordSignIn).toBe(false);
		expect(readConfig({ ...COMPLETE, PASSWORD_SIGN_IN: "" }).passwordSignIn).toBe(true);
	});
});

describe("a configuration that will not do", () => {
	it.each(["JWT_SECRET", "SERVICE_ROLE_KEY", "KEY_PEPPER", "SIGNING_KEY", "JWT_ISSUER", "JWT_AUDIENCE"] as const)(
		"is refused without %s, by name",
		(name) => {
			const { [name]: _, ...rest } = COMPLETE;
			expect(complaint(rest)).toContain(`${name} is missing`);
			expect(complaint({ ...COMPLETE, [name]: "" })).toContain(`${name} is missing`);
		},
	);

	it.each(EVERY_SECRET)("is refused with %s too short, by name and without showing it", (name) => {
		const short = "s3cr3t-0123456789abcdef01234567";
		expect(short).toHaveLength(31);
		expect(complaint({ ...COMPLETE, [name]: short })).toMatch(new RegExp(`\\b${name} is shorter than 32 characters`));
		expect(complaint({ ...COMPLETE, [name]: short })).not.toContain("s3cr3t");
		expect(complaint({ ...COMPLETE, [name]: `${short}8` })).toBe("");
	});

	it.each(EVERY_SECRET)("is refused with a weak %s, by name and without showing it", (name) => {
		const weak: [string, string][] = [
			["a".repeat(64), "distinct characters"],
			["ab".repeat(32), "distinct characters"],
			["changeme".repeat(5), "distinct characters"],
			["s3cr3t-q".repeat(5), "distinct characters"],
			["s3cr3t-quiz".repeat(3), "repeats itself"],
			["s3cr3t with spaces 0123456789abcdef", "white space"],
			["s3cr3t-0123456789abcdef0123456789\n", "white space"],
			["s3cr3t-0123456789abcdef0123456789\u0000", "control characters"],
			["s3cr3t-0123456789abcdef0123456789é", "outside of ASCII"],
		];
		for (const [value, why] of weak) {
			const message = complaint({ ...COMPLETE, [name]: value });
			expect(message, value).toMatch(new RegExp(`\\b${name} .*${why}`));
			expect(message).not.toContain(value.slice(0, 6));
		}
	});

	it("is refused with two equal secrets, by their names", () => {
		const equal = { ...COMPLETE, SERVICE_ROLE_KEY: SECRETS.JWT_SECRET };
		expect(complaint(equal)).toContain("JWT_SECRET and SERVICE_ROLE_KEY are equal");
		const mixed = { ...COMPLETE, SIGNING_KEY_PREVIOUS: SECRETS.KEY_PEPPER };
		expect(complaint(mixed)).toContain("KEY_PEPPER and SIGNING_KEY_PREVIOUS are equal");
	});

	it("ignores a previous secret that equals the current one", () => {
		const { peppers } = readConfig({ ...COMPLETE, KEY_PEPPER_PREVIOUS: SECRETS.KEY_PEPPER });
		expect(peppers.map((pepper) => pepper.reveal())).toEqual([SECRETS.KEY_PEPPER]);
	});

	it("accepts secrets as generators make them", () => {
		const bytes = crypto.getRandomValues(new Uint8Array(32));
		const made = [
			[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(""),
			btoa(String.fromCharCode(...bytes)),
			crypto.randomUUID(),
		];
		for (const value of made) expect(complaint({ ...COMPLETE, KEY_PEPPER: value })).toBe("");
	});

	it.each(["no address", "/keys", "idp.example/keys", "http://idp.example/keys", "ftp://localhost/keys"])(
		"is refused with JWKS_URL %j",
		(url) => {
			expect(complaint({ ...COMPLETE, JWKS_URL: url })).toContain("JWKS_URL must be an https:// URL");
		},
	);

	it.each(["https://idp.example/keys", "http://localhost:9000/keys", "http://127.0.0.1/keys", "http://[::1]:1/keys"])(
		"takes JWKS_URL %j",
		(url) => {
			expect(complaint({ ...COMPLETE, JWKS_URL: url })).toBe("");
		},
	);

	it.each([
		["on", true],
		["True", true],
		["1", true],
		["off", false],
		["false", false],
		["0", false],
		["", false],
		[undefined, false],
	])("with LEGACY_KEYS %j admits imported keys: %s", (value, expected) => {
		const config = readConfig({ ...COMPLETE, ...(value === undefined ? {} : { LEGACY_KEYS: value }) });
		expect(config.legacyKeys).toBe(expected);
	});

	it.each(["yes", "enabled", "ON!"])("is refused with LEGACY_KEYS %j, which is neither on nor off", (value) => {
		expect(complaint({ ...COMPLETE, LEGACY_KEYS: value })).toContain("LEGACY_KEYS must be on or off");
	});

	it.each(["0", "-1", "1.5", "often", "3601", ""])("is refused with USAGE_FLUSH_SECONDS %j", (seconds) => {
		expect(complaint({ ...COMPLETE, USAGE_FLUSH_SECONDS: seconds })).toContain("USAGE_FLUSH_SECONDS");
	});

	it("names every invalid setting at once", () => {
		const message = complaint({
			JWT_SECRET: "s3cr3t",
			KEY_PEPPER: "p3pp3r",
			JWKS_URL: "no address",
			USAGE_FLUSH_SECONDS: "0",
		});
		for (const name of ["JWT_SECRET", "KEY_PEPPER", "SIGNING_KEY", "SERVICE_ROLE_KEY", "JWT_ISSUER", "JWT_AUDIENCE"])
			expect(message).toContain(name);
		for (const name of ["JWKS_URL", "USAGE_FLUSH_SECONDS"]) expect(message).toContain(name);
		expect(message).not.toMatch(/s3cr3t|p3pp3r/);
	});

	it.each(["SERVICE_ROLE_KEY", "SERVICE_ROLE_KEY_PREVIOUS"])(
		"refuses a %s that is read as another credential",
		(name) => {
			for (const prefix of ["sk_", "smt_"])
				expect(complaint({ ...COMPLETE, [name]: `${prefix}0123456789abcdef0123456789abcdef` })).toContain(
					`${name} must not begin with ${prefix}`,
				);
		},
	);

	it("shows no secret that is in order beside one that is not", () => {
		const message = complaint({ ...COMPLETE, KEY_PEPPER: "short" });
		for (const secret of Object.values(SECRETS)) expect(message).not.toContain(secret);
	});
});

describe("a secret", () => {
	const VALUE = "s3cr3t-0123456789abcdef0123456789";
	const secret = new Secret(VALUE);
	const config: Config = readConfig({
		...COMPLETE,
		JWT_SECRET: VALUE,
		SERVICE_ROLE_KEY: `${VALUE}-service`,
		KEY_PEPPER: `${VALUE}-pepper`,
		SIGNING_KEY: `${VALUE}-signing`,
	});

	it("is redacted as text and in JSON", () => {
		expect(String(secret)).toBe("[redacted]");
		expect(`${secret}`).toBe("[redacted]");
		expect(`a ${secret}`.concat(String(secret))).toBe("a [redacted][redacted]");
		expect([secret].join()).toBe("[redacted]");
		expect(JSON.stringify(secret)).toBe('"[redacted]"');
		expect(JSON.stringify({ secret })).toBe('{"secret":"[redacted]"}');
	});

	it("is shown only to who asks for it", () => {
		expect(secret.reveal()).toBe(VALUE);
		const shown = [
			inspect(secret, { showHidden: true, depth: null }),
			inspect(config, { showHidden: true, depth: null, getters: true }),
			JSON.stringify(config),
			JSON.stringify(Object.getOwnPropertyDescriptors(secret)),
			Object.entries(secret).join(),
			String(new Error("Failed", { cause: secret }).cause),
		];
		for (const text of shown) expect(text).not.toContain("s3cr3t");
	});

	it("is redacted on the console", () => {
		expect(inspect(secret)).toContain("[redacted]");
		expect(inspect({ deep: { secret } })).toContain("[redacted]");
	});
});
