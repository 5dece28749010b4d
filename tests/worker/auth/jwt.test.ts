/** Which tokens are accepted. All others are rejected. */
import { env } from "cloudflare:workers";
import { base64url, exportJWK, exportSPKI, generateKeyPair, importJWK, type JWK, SignJWT, UnsecuredJWT } from "jose";
import { afterEach, describe, expect, inject, it, vi } from "vitest";
import { createApp } from "../../../worker/app.ts";
import { verifyToken } from "../../../worker/auth/jwt.ts";
import { type Bindings, readConfig } from "../../../worker/env.ts";
import type { Me } from "../../../worker/schemas/session.ts";
import { addTenant, ORIGIN, query, token } from "../fixtures.ts";
import { expectNoSecrets } from "./auth-matrix.ts";

const tenantId = await addTenant();
const ISSUER = env.JWT_ISSUER;
const AUDIENCE = env.JWT_AUDIENCE;
const HOUR_S = 3_600;
/** Seconds since the epoch. */
const NOW_S = Math.floor(Date.now() / 1_000);

const ours = new TextEncoder().encode(env.JWT_SECRET);
const jwksUrl = inject("jwksUrl");
const withProvider = readConfig({ ...env, JWKS_URL: jwksUrl });
const withBrokenProvider = readConfig({ ...env, JWKS_URL: jwksUrl.replace("jwks.json", "broken") });

const CLAIMS = {
	sub: "usr_test",
	tenant_id: tenantId,
	role: "admin",
	iss: ISSUER,
	aud: AUDIENCE,
	exp: NOW_S + HOUR_S,
};
type Claims = Record<string, unknown>;

/** A person, as the provider calls them. */
const PERSON = "company|4711";

/** A private key of the provider, with its `kid`. */
function providerKey(alg: string): JWK {
	const key = inject("providerKeys")[alg];
	if (!key) throw new Error(`The provider has no key for ${alg}.`);
	return key;
}

type SigningKey = Parameters<SignJWT["sign"]>[0];

const sign = (claims: Claims, key: SigningKey, { alg, kid }: { alg: string; kid?: string | undefined }) =>
	new SignJWT({ ...CLAIMS, ...claims }).setProtectedHeader(kid === undefined ? { alg } : { alg, kid }).sign(key);

const signAsWe = (claims: Claims = {}, key: SigningKey = ours) => sign(claims, key, { alg: "HS256" });

async function signAsProvider(alg: string, claims: Claims = {}, header: { kid?: string } = {}) {
	const key = providerKey(alg);
	return sign({ sub: PERSON, ...claims }, await importJWK(key, alg), { alg, kid: key.kid, ...header });
}

/** What the service says of a token, with the configuration that it runs with here: no identity provider. */
async function verdictOn(bearer: string): Promise<string> {
	const answer = await query({ authorization: `Bearer ${bearer}` }, "scopes.list");
	expectNoSecrets(JSON.stringify(answer.error));
	if (answer.status !== 401) return String(answer.status);
	return `401 ${answer.error.code} ${answer.headers.get("www-authenticate")}`;
}
const REFUSED = '401 UNAUTHORIZED Bearer error="invalid_token"';

/** What a service with an identity provider says of it. */
async function withProviderVerdictOn(bearer: string, procedure = "scopes.list", config = withProvider) {
	const request = new Request(`${ORIGIN}/trpc/${procedure}`, { headers: { authorization: `Bearer ${bearer}` } });
	// The app uses nothing but its bindings.
	return createApp(config).fetch(request, env as Bindings);
}

describe("a token of this service", () => {
	it("is accepted until it expires, and five seconds longer for clocks that differ", async () => {
		expect(await verdictOn(await signAsWe())).toBe("200");
		const { jwt } = readConfig(env);
		const bearer = await signAsWe({ exp: NOW_S + 60 });
		expect((await verifyToken(bearer, jwt, (NOW_S + 64) * 1_000)).sub).toBe("usr_test");
		await expect(verifyToken(bearer, jwt, (NOW_S + 65) * 1_000)).rejects.toMatchObject({
			code: "UNAUTHORIZED",
			message: "The token has expired.",
		});
	});

	it("is accepted up to five seconds before its nbf and its iat", async () => {
		const { jwt } = readConfig(env);
		const bearer = await signAsWe({ nbf: NOW_S, iat: NOW_S, exp: NOW_S + 60 });
		expect((await verifyToken(bearer, jwt, (NOW_S - 5) * 1_000)).sub).toBe("usr_test");
		await expect(verifyToken(bearer, jwt, (NOW_S - 6) * 1_000)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
		const undated = await signAsWe({ iat: NOW_S, exp: NOW_S + 60 });
		await expect(verifyToken(undated, jwt, (NOW_S - 6) * 1_000)).rejects.toMatchObject({
			message: expect.stringContaining("issued in the future"),
		});
	});

	it("is accepted with a life of 24 hours, and rejected with a longer one", async () => {
		expect(await verdictOn(await signAsWe({ exp: NOW_S + 24 * HOUR_S }))).toBe("200");
		expect(await verdictOn(await signAsWe({ iat: NOW_S - HOUR_S, exp: NOW_S + 23 * HOUR_S }))).toBe("200");
		const answer = await query(await signAsWe({ exp: NOW_S + 25 * HOUR_S }), "scopes.list");
		expect([answer.status, answer.error.message]).toEqual([401, expect.stringContaining("more than 24 hours")]);
		expect(await verdictOn(await signAsWe({ iat: NOW_S - 2 * HOUR_S, exp: NOW_S + 23 * HOUR_S }))).toBe(REFUSED);
	});

	it("is validated at the time that is passed in, not by the clock", async () => {
		const { jwt } = readConfig(env);
		const bearer = await signAsWe({ exp: 2_000 });
		expect((await verifyToken(bearer, jwt, 1_999_000)).tenant_id).toBe(tenantId);
		await expect(verifyToken(bearer, jwt, Date.now())).rejects.toMatchObject({ code: "UNAUTHORIZED" });
	});

	it("may be for several audiences", async () => {
		expect(await verdictOn(await signAsWe({ aud: ["another-api", AUDIENCE] }))).toBe("200");
	});

	it.each([null, 7, {}, "x".repeat(300)])("is accepted whatever it says of name and email: %.20j", async (text) => {
		const answer = await query<Me>(await signAsWe({ name: text, email: text }), "session.me");
		expect(answer.data.user).toMatchObject({ id: "usr_test", name: null, email: null });
	});

	const REFUSED_CLAIMS: Record<string, Claims> = {
		"another issuer": { iss: "https://elsewhere.example" },
		"no issuer": { iss: undefined },
		"another audience": { aud: "another-api" },
		"no audience": { aud: undefined },
		"no expiry": { exp: undefined },
		"an expiry in the past": { exp: NOW_S - 60 },
		"an expiry that is text": { exp: String(NOW_S + HOUR_S) },
		"a beginning in the future": { nbf: NOW_S + HOUR_S },
		"no subject": { sub: undefined },
		"an empty subject": { sub: "" },
		"no tenant": { tenant_id: undefined },
		"an empty tenant": { tenant_id: "" },
		"a tenant that is no text": { tenant_id: [tenantId] },
		"no role": { role: undefined },
		"an unknown role": { role: "superuser" },
		"a role in capitals": { role: "ADMIN" },
		"capabilities that are no list": { capabilities: "admin.integrations" },
	};
	it.each(Object.entries(REFUSED_CLAIMS))("is refused with %s", async (_, claims) => {
		expect(await verdictOn(await signAsWe(claims))).toBe(REFUSED);
	});

	it.each([Date.now() + HOUR_S * 1_000, 1e15, 1e300])("does not break anything with an expiry of %d", async (exp) => {
		const answer = await query<Me>(await signAsWe({ exp }), "session.me");
		expect([200, 401]).toContain(answer.status);
	});

	it("is refused when one character of it was changed", async () => {
		const [header, , signature] = (await signAsWe({ role: "member" })).split(".");
		const promoted = base64url.encode(JSON.stringify({ ...CLAIMS, role: "owner" }));
		expect(await verdictOn([header, promoted, signature].join("."))).toBe(REFUSED);
	});

	it("is refused when its signature is cut off", async () => {
		const bearer = await signAsWe();
		expect(await verdictOn(bearer.slice(0, bearer.lastIndexOf(".") + 1))).toBe(REFUSED);
		expect(await verdictOn(bearer.slice(0, bearer.lastIndexOf(".")))).toBe(REFUSED);
	});
});

describe("a forged token", () => {
	it("is refused without a signature", async () => {
		const { iss, aud, sub, exp, ...claims } = CLAIMS;
		const unsigned = new UnsecuredJWT(claims).setIssuer(iss).setAudience(aud).setSubject(sub).setExpirationTime(exp);
		const bearer = unsigned.encode();
		expect(await verdictOn(bearer)).toBe(REFUSED);
		expect((await withProviderVerdictOn(bearer)).status).toBe(401);
	});

	it.each(["none", "None", "NONE", "", "HS256 "])("is refused where it says alg %j", async (alg) => {
		const [, payload, signature] = (await signAsWe()).split(".");
		const header = base64url.encode(JSON.stringify({ alg }));
		for (const bearer of [`${header}.${payload}.`, `${header}.${payload}.${signature}`]) {
			expect(await verdictOn(bearer)).toBe(REFUSED);
			expect((await withProviderVerdictOn(bearer)).status).toBe(401);
		}
	});

	it("is refused with another secret", async () => {
		expect(await verdictOn(await signAsWe({}, new TextEncoder().encode("x".repeat(40))))).toBe(REFUSED);
	});

	it.each(["SERVICE_ROLE_KEY", "KEY_PEPPER", "SIGNING_KEY"] as const)(
		"is refused when signed with %s",
		async (name) => {
			expect(await verdictOn(await signAsWe({}, new TextEncoder().encode(env[name])))).toBe(REFUSED);
		},
	);

	it.each(["HS384", "HS512"])("is refused as %s, even with the right secret", async (alg) => {
		const bearer = await sign({}, ours, { alg });
		expect(await verdictOn(bearer)).toBe(REFUSED);
		expect((await withProviderVerdictOn(bearer)).status).toBe(401);
	});

	it("is refused where a header must be understood and is not", async () => {
		const bearer = await new SignJWT(CLAIMS)
			.setProtectedHeader({ alg: "HS256", crit: ["unknown"], unknown: true })
			.sign(ours, { crit: { unknown: true } });
		expect(await verdictOn(bearer)).toBe(REFUSED);
	});

	const GARBAGE = ["x", ".", "..", "...", "a.b.c", "eyJ", "eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJIUzI1NiJ9..", "null"];
	it.each([...GARBAGE, "%00", "🔑".codePointAt(0)?.toString() ?? "", "a".repeat(8_000), "..".repeat(500)])(
		"is refused when it is %.40j",
		async (garbage) => {
			expect(await verdictOn(garbage)).toBe(REFUSED);
			expect((await withProviderVerdictOn(garbage)).status).toBe(401);
		},
	);
});

describe("without an identity provider", () => {
	it.each(["RS256", "ES256", "EdDSA"])("a token signed as %s is refused", async (alg) => {
		expect(await verdictOn(await signAsProvider(alg))).toBe(REFUSED);
	});

	it("a token that brings its own key is refused", async () => {
		const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
		const jwk = await exportJWK(publicKey);
		const bearer = await new SignJWT(CLAIMS).setProtectedHeader({ alg: "ES256", jwk, jku: jwksUrl }).sign(privateKey);
		expect(await verdictOn(bearer)).toBe(REFUSED);
		expect((await withProviderVerdictOn(bearer)).status).toBe(401);
	});
});

describe("with an identity provider", () => {
	describe.each(["RS256", "ES256", "EdDSA"])("a token signed as %s", (alg) => {
		it("is accepted, by every procedure", async () => {
			const bearer = await signAsProvider(alg, { role: "member", capabilities: ["admin.integrations"] });
			expect(await verifyToken(bearer, withProvider.jwt, Date.now())).toMatchObject({
				sub: PERSON,
				tenant_id: tenantId,
				role: "member",
				capabilities: ["admin.integrations"],
			});
			const me = await withProviderVerdictOn(bearer, "session.me");
			expect(me.status).toBe(200);
			// Of tRPC's shape; what matters is compared.
			const { result } = (await me.json()) as { result: { data: Me } };
			expect(result.data).toMatchObject({ user: { id: PERSON, tenant_id: tenantId, role: "member" } });
		});

		it("is refused from another issuer, for another audience, expired or without expiry", async () => {
			for (const claims of [
				{ iss: "https://elsewhere.example" },
				{ iss: undefined },
				{ aud: "another-api" },
				{ aud: undefined },
				{ exp: NOW_S - 60 },
				{ exp: NOW_S + 25 * HOUR_S },
				{ sub: "service_role" },
				{ exp: undefined },
				{ sub: undefined },
				{ tenant_id: undefined },
				{ role: "superuser" },
			]) {
				const bearer = await signAsProvider(alg, claims);
				const verified = verifyToken(bearer, withProvider.jwt, Date.now());
				await expect(verified, JSON.stringify(claims)).rejects.toMatchObject({ code: "UNAUTHORIZED" });
			}
		});

		it.each(["usr_0123456789abcdefghij", "tok_0123456789abcdefghij", "USR_x", "ｕsr_x"])(
			"is refused with a subject that is like an id of this service: %s",
			async (sub) => {
				const verified = verifyToken(await signAsProvider(alg, { sub }), withProvider.jwt, Date.now());
				await expect(verified).rejects.toMatchObject({
					code: "UNAUTHORIZED",
					message: "The token's sub must not begin with usr_ or tok_, like an id of this service.",
				});
			},
		);

		it("is refused when its key id is not in the provider's set", async () => {
			const answer = await withProviderVerdictOn(await signAsProvider(alg, {}, { kid: "another" }));
			expect(answer.status).toBe(401);
			expect(answer.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
		});

		it("is refused when another key than the named one has signed it", async () => {
			const { privateKey } = await generateKeyPair(alg);
			const bearer = await sign({}, privateKey, { alg, kid: providerKey(alg).kid });
			expect((await withProviderVerdictOn(bearer)).status).toBe(401);
		});

		it("is refused when its own public key has signed it as a secret", async () => {
			const { d: _, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...jwk } = providerKey(alg);
			const publicKey = await importJWK({ ...jwk, ext: true }, alg, { extractable: true });
			if (publicKey instanceof Uint8Array) throw new Error("A public key was expected.");
			const pem = await exportSPKI(publicKey);
			const texts = [pem, pem.trim(), JSON.stringify(jwk), jwk.n ?? jwk.x ?? ""];
			for (const text of texts) {
				for (const kid of [jwk.kid, undefined]) {
					const bearer = await sign({}, new TextEncoder().encode(text), { alg: "HS256", kid });
					expect((await withProviderVerdictOn(bearer)).status).toBe(401);
					expect(await verdictOn(bearer)).toBe(REFUSED);
				}
			}
		});

		it("names its user by email only if the provider has verified the email", async () => {
			const emailOf = async (claims: Claims) =>
				(await verifyToken(await signAsProvider(alg, claims), withProvider.jwt, Date.now())).email;
			const email = "owner@acme.example";
			expect(await emailOf({ email, email_verified: true })).toBe(email);
			for (const email_verified of [false, undefined, null, "false", "true", 1])
				expect(await emailOf({ email, email_verified }), String(email_verified)).toBeNull();
		});

		it("never refers to a session of ours with its own session_id", async () => {
			const bearer = await signAsProvider(alg, { session_id: "a session of the provider" });
			expect((await verifyToken(bearer, withProvider.jwt, Date.now())).session_id).toBeUndefined();
			expect((await withProviderVerdictOn(bearer)).status).toBe(200);
		});
	});

	it.each(["RS384", "RS512", "PS256"])("a token signed with its key as %s is refused", async (alg) => {
		const { alg: _, use: _use, ...jwk } = providerKey("RS256");
		// The key set does not name an algorithm, so that only the service can reject one.
		const url = `https://provider.example/${alg}`;
		const keySet = { keys: [{ kty: jwk.kty, kid: jwk.kid, n: jwk.n, e: jwk.e }] };
		vi.spyOn(globalThis, "fetch").mockImplementation(async () => Response.json(keySet));
		const config = readConfig({ ...env, JWKS_URL: url });
		const bearer = await sign({}, await importJWK(jwk, alg), { alg, kid: jwk.kid });
		expect((await withProviderVerdictOn(bearer, "scopes.list", config)).status).toBe(401);
		expect((await withProviderVerdictOn(await signAsProvider("RS256"), "scopes.list", config)).status).toBe(200);
		vi.restoreAllMocks();
	});

	it("tokens of this service go on being accepted", async () => {
		expect((await withProviderVerdictOn(await token({ tenantId }))).status).toBe(200);
	});
});

describe("with an identity provider that cannot be reached", () => {
	it.each(["RS256", "ES256", "EdDSA"])("a token signed as %s is neither accepted nor called wrong", async (alg) => {
		const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
		const bearer = await signAsProvider(alg);
		await expect(verifyToken(bearer, withBrokenProvider.jwt, Date.now())).rejects.toMatchObject({
			code: "UNAVAILABLE",
		});
		const answer = await withProviderVerdictOn(bearer, "scopes.list", withBrokenProvider);
		expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
		const text = await answer.text();
		expectNoSecrets(text);
		expect(text).not.toContain("127.0.0.1");
		expect(log).toHaveBeenCalledExactlyOnceWith(expect.stringContaining(answer.headers.get("x-request-id") ?? "none"));
		expect(JSON.stringify(log.mock.calls)).not.toContain(bearer);
		log.mockRestore();
	});

	it("tokens of this service are still accepted", async () => {
		const answer = await withProviderVerdictOn(await token({ tenantId }), "scopes.list", withBrokenProvider);
		expect(answer.status).toBe(200);
	});

	it("a malformed token is still rejected", async () => {
		const [header] = (await signAsProvider("RS256")).split(".");
		for (const bearer of ["garbage", `${header}.x`]) {
			const answer = await withProviderVerdictOn(bearer, "scopes.list", withBrokenProvider);
			expect(answer.status, bearer).toBe(401);
		}
	});
});

describe("the keys of an identity provider", () => {
	const MINUTE_MS = 60_000;
	const NOW = NOW_S * 1_000;
	/** A provider of its own for each test, since keys are kept by URL. */
	let providers = 0;

	/** A provider that responds as `respond` says, and the tokens that it signs. */
	function provider(respond: (fetches: number) => Response | Promise<Response>) {
		const url = `https://provider-${++providers}.example/jwks.json`;
		const fetched = vi.spyOn(globalThis, "fetch").mockImplementation(async () => respond(fetched.mock.calls.length));
		const config = readConfig({ ...env, JWKS_URL: url });
		const verify = async (now: number, claims: Claims = {}, header: { kid?: string } = {}) => {
			const bearer = await signAsProvider("ES256", { exp: now / 1_000 + 600, ...claims }, header);
			return verifyToken(bearer, config.jwt, now).then(
				() => "accepted",
				(thrown: { code: string }) => thrown.code,
			);
		};
		return { fetched, verify };
	}
	const { d: _, ...publicJwk } = providerKey("ES256");
	const keySet = (...keys: JWK[]) => Response.json({ keys });
	const down = () => new Response("down", { status: 500 });
	afterEach(() => vi.restoreAllMocks());

	it("keep working for a day while the provider is down, with a fetch every 30 seconds at most", async () => {
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		const { fetched, verify } = provider((fetches) => (fetches === 1 ? keySet(publicJwk) : down()));
		expect(await verify(NOW)).toBe("accepted");
		expect(await verify(NOW + 9 * MINUTE_MS)).toBe("accepted");
		expect(fetched).toHaveBeenCalledTimes(1);
		const later = NOW + 60 * MINUTE_MS;
		for (let call = 0; call < 20; call++) expect(await verify(later + call * 1_000)).toBe("accepted");
		expect(fetched).toHaveBeenCalledTimes(2);
		expect(await verify(later + 31_000)).toBe("accepted");
		expect(fetched).toHaveBeenCalledTimes(3);
		expect(await verify(NOW + 23 * 60 * MINUTE_MS)).toBe("accepted");
		expect(await verify(NOW + 24 * 60 * MINUTE_MS)).toBe("UNAVAILABLE");
	});

	it("are not fetched again right after a failure, also if none are known", async () => {
		const { fetched, verify } = provider(down);
		for (let call = 0; call < 20; call++) expect(await verify(NOW + call * 1_000)).toBe("UNAVAILABLE");
		expect(fetched).toHaveBeenCalledTimes(1);
	});

	it("are fetched once for 50 forged tokens that name an unknown key", async () => {
		const { fetched, verify } = provider(() => keySet(publicJwk));
		expect(await verify(NOW)).toBe("accepted");
		const forged = Array.from({ length: 50 }, (_, index) => verify(NOW + MINUTE_MS, {}, { kid: `forged-${index}` }));
		expect(new Set(await Promise.all(forged))).toEqual(new Set(["UNAUTHORIZED"]));
		for (let index = 0; index < 20; index++)
			expect(await verify(NOW + MINUTE_MS + index, {}, { kid: `later-${index}` })).toBe("UNAUTHORIZED");
		expect(fetched).toHaveBeenCalledTimes(2);
	});

	it("are fetched once for many first requests, and a new key of the provider is found", async () => {
		const { fetched, verify } = provider((fetches) =>
			fetches === 1 ? keySet({ ...publicJwk, kid: "old" }) : keySet(publicJwk),
		);
		const first = Array.from({ length: 10 }, () => verify(NOW, {}, { kid: "old" }));
		expect(new Set(await Promise.all(first))).toEqual(new Set(["accepted"]));
		expect(fetched).toHaveBeenCalledTimes(1);
		expect(await verify(NOW + MINUTE_MS)).toBe("accepted");
	});

	it("are not waited for longer than two seconds", async () => {
		const { verify } = provider((_fetches) => new Promise(() => undefined));
		vi.mocked(fetch).mockImplementation(
			(_url, init) =>
				new Promise((_, reject) => init?.signal?.addEventListener("abort", () => reject(new Error("timeout")))),
		);
		const from = performance.now();
		expect(await verify(NOW)).toBe("UNAVAILABLE");
		expect(performance.now() - from).toBeLessThan(4_000);
		expect(await verify(NOW + 1_000)).toBe("UNAVAILABLE");
	});
});
