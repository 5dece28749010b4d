/** Signed requests: what is admitted, what is refused, and that a refusal names its cause only where it is proven. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { type Bindings, readConfig } from "../../../worker/env.ts";
import { createFetchHandler } from "../../../worker/fetch.ts";
import type { ApiKeyDetail, IssuedKey } from "../../../worker/schemas/api-key.ts";
import { authorizationOf, type ToSign } from "../../sign.ts";
import { addTenant, createKey, mutate, ORIGIN, query, request, token } from "../fixtures.ts";

let admin: string;
/** For requests that differ: the same one in the same second would be a replay. */
let key: { key: string; secret: string; id: string };

async function signedKey(input: object = {}) {
	const made = (await createKey(admin, { authentication: "signed", rate_limit: 10_000, ...input })) as IssuedKey;
	return { key: made.key, secret: made.secret ?? "", id: made.api_key.id };
}

const now = () => Math.floor(Date.now() / 1_000);

/** Sends what was signed, or something else in its place. */
function send(signed: ToSign, sent: { method?: string; path?: string; body?: string; headers?: object } = {}) {
	const { method = "GET", path = "/v1/whoami", body } = { ...signed, ...sent };
	return request(path, {
		method,
		headers: {
			authorization: authorizationOf(signed),
			...(body === undefined ? {} : { "content-type": "application/json" }),
			...sent.headers,
		},
		...(body === undefined ? {} : { body }),
	});
}

async function errorOf(response: Response) {
	const { error } = (await response.json()) as { error: { code: string; message: string; retry_after?: number } };
	return { status: response.status, challenge: response.headers.get("www-authenticate"), ...error };
}

const usage = async (id: string) => {
	const { data } = await query<ApiKeyDetail>(admin, "keys.get", { id });
	return data.current_hour.used;
};

beforeAll(async () => {
	admin = await token({ tenantId: await addTenant(), expiresIn: 86_400 });
	key = await signedKey();
});

describe("a signed request", () => {
	it("is admitted, and its response has the rate limit", async () => {
		const response = await send({ ...key });
		expect(response.status).toBe(200);
		expect(response.headers.get("x-ratelimit-limit")).toBe("10000");
		expect(await response.json()).toMatchObject({ data: { id: key.id } });
	});

	it("gives the handler its body", async () => {
		const body = JSON.stringify({ collaborators: [{ external_id: "1", name: "Ána", email: "ana@example.com" }] });
		const response = await send({ ...key, method: "POST", path: "/v1/sync_collaborators", body });
		expect([response.status, await response.json()]).toMatchObject([200, { data: { total: 1, errors: [] } }]);
	});

	it("may sign the path alone, or the path with its query", async () => {
		const reader = await signedKey({ scopes: ["leads:read"] });
		const path = "/v1/leads?search=a%20b&limit=1";
		expect((await send({ ...reader, path: "/v1/leads" }, { path })).status).toBe(200);
		expect((await send({ ...reader, path }, { path })).status).toBe(200);
		expect((await send({ ...reader, path }, { path: "/v1/leads?limit=2" })).status).toBe(401);
	});

	it("is admitted for paths that only the router knows, and for pages of other origins", async () => {
		const reader = await signedKey({ scopes: ["leads:read"] });
		expect((await send({ ...reader, path: "/v1/leads/no%20lead" })).status).toBe(404);
		const open = createFetchHandler(readConfig({ ...env, CORS_ORIGINS: "https://app.example" }));
		const body = '{"name":"Ana","email":"ana@example.com"}';
		const writer = await signedKey({ scopes: ["leads:write"] });
		const headers = {
			authorization: authorizationOf({ ...writer, method: "POST", path: "/v1/leads", body }),
			"content-type": "application/json",
			origin: "https://app.example",
		};
		const response = await open(new Request(`${ORIGIN}/v1/leads`, { method: "POST", headers, body }), env as Bindings);
		expect(response.status).toBe(201);
	});

	it.each([0, 60, 65_536, 1_000_000])("is admitted with a body of %i bytes in several chunks", async (size) => {
		const bytes = new TextEncoder().encode(`{"x":"${"é".repeat(size / 2)}"}`);
		const chunks = [bytes.slice(0, size / 3), bytes.slice(size / 3, size / 2), bytes.slice(size / 2)];
		const body = new ReadableStream({
			start(controller) {
				for (const chunk of chunks) controller.enqueue(chunk);
				controller.close();
			},
		});
		const path = "/v1/sync_collaborators";
		const response = await request(
			new Request(ORIGIN + path, {
				method: "POST",
				headers: {
					authorization: authorizationOf({ ...key, method: "POST", path, body: bytes }),
					"content-type": "application/json",
				},
				body,
			}),
		);
		// The signature is right: the route says what is wrong with the content.
		expect((await errorOf(response)).code).toBe("VALIDATION_ERROR");
	});

	it("with a body over 1 MiB is refused as too large", async () => {
		const body = "x".repeat(1_048_577);
		const refused = await errorOf(await send({ ...key, method: "POST", path: "/v1/sync_collaborators", body }));
		expect([refused.status, refused.code]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
	});

	it("is valid for 30 seconds before and after its timestamp", async () => {
		const own = await signedKey();
		for (const offset of [-29, 29]) expect((await send({ ...own, at: now() + offset })).status).toBe(200);
		for (const offset of [-32, 32]) expect((await send({ ...own, at: now() + offset })).status).toBe(401);
	});

	it("is admitted under the previous signing key, and refused when that is removed", async () => {
		const NEXT = "next-signing-key-0123456789abcdef0123456";
		const own = await signedKey();
		const rotated = readConfig({ ...env, SIGNING_KEY: NEXT, SIGNING_KEY_PREVIOUS: env.SIGNING_KEY });
		const dropped = readConfig({ ...env, SIGNING_KEY: NEXT });
		const statusWith = async (config: typeof rotated, at: number) => {
			const headers = { authorization: authorizationOf({ ...own, at }) };
			const handle = createFetchHandler(config);
			return (await handle(new Request(`${ORIGIN}/v1/whoami`, { headers }), env as Bindings)).status;
		};
		expect(await statusWith(rotated, now() - 5)).toBe(200);
		expect(await statusWith(dropped, now() - 6)).toBe(401);
	});

	it("never manages keys, whatever its path", async () => {
		const refused = await errorOf(await send({ ...key, path: "/v1/api-keys" }));
		expect([refused.status, refused.code]).toEqual([403, "FORBIDDEN"]);
		const trpc = await request("/trpc/keys.list", {
			headers: { authorization: authorizationOf({ ...key, path: "/trpc/keys.list" }) },
		});
		expect(trpc.status).toBe(403);
		expect((await errorOf(await send({ ...key, path: "/v1/whoami" }, { path: "/v1/api-keys" }))).status).toBe(401);
	});
});

describe("a replay", () => {
	it("is refused, and uses up nothing of the hourly limit", async () => {
		const own = await signedKey({ rate_limit: 2 });
		const first = { ...own, at: now() };
		expect((await send(first)).status).toBe(200);
		for (let n = 0; n < 5; n++) {
			const refused = await errorOf(await send(first));
			expect([refused.status, refused.challenge]).toEqual([401, "P2S-SIGN-V1"]);
			expect(refused.message).toContain("already received");
		}
		expect(await usage(own.id)).toBe(1);
		expect((await send({ ...own, at: first.at - 1 })).status).toBe(200);
		// With the limit used up, a replay is still named as one, and a new request is rate-limited.
		expect((await errorOf(await send(first))).message).toContain("already received");
		expect((await send({ ...own, at: first.at - 2 })).status).toBe(429);
	});

	it("of a request that was refused is not one: it can be sent again", async () => {
		const own = await signedKey({ scopes: ["leads:read"] });
		const refused = { ...own, method: "POST", path: "/v1/sync_collaborators", body: '{"collaborators":[]}', at: now() };
		for (let n = 0; n < 2; n++) expect((await errorOf(await send(refused))).message).toContain("lacks the scope");
	});

	it("is admitted once of a hundred that arrive at the same time", async () => {
		const own = await signedKey();
		const same = { ...own, at: now() };
		const statuses = await Promise.all(Array.from({ length: 100 }, async () => (await send(same)).status));
		expect(statuses.filter((status) => status === 200)).toHaveLength(1);
		expect(await usage(own.id)).toBe(1);
	});
});

describe("the cause of a refusal", () => {
	const path = "/v1/sync_collaborators";
	const body = '{"collaborators":[]}';

	it.each<[why: string, said: RegExp, signed: Partial<ToSign>, sent?: object]>([
		[
			"another body",
			/body was changed after signing, or the API key or its secret is wrong/,
			{ method: "POST", path, body },
			{ body: `${body} ` },
		],
		[
			"a body where none was signed",
			/body was changed after signing: the signature is for an empty body/,
			{ method: "POST", path },
			{ body },
		],
		[
			"a slash at the end",
			/path is not canonical: it was signed with a trailing slash\./,
			{ path: "/v1/whoami/" },
			{ path: "/v1/whoami" },
		],
		[
			"the whole URL",
			/path is not canonical: it was signed with the host in front/,
			{ path: `${ORIGIN}/v1/whoami` },
			{ path: "/v1/whoami" },
		],
		[
			"a path without /v1",
			/path is not canonical: it was signed without \/v1/,
			{ path: "/whoami" },
			{ path: "/v1/whoami" },
		],
		[
			"a decoded query",
			/path is not canonical: it was signed with percent-encoding decoded/,
			{ path: "/v1/leads?search=a b" },
			{ path: "/v1/leads?search=a%20b" },
		],
		["another method", /signed for the method POST/, { method: "POST", path: "/v1/whoami" }, { method: "GET" }],
		["the method in lower case", /signed for the method get/, { method: "get" }, { method: "GET" }],
		[
			"an old timestamp",
			/signature is right, but its timestamp is outdated: it is \d+ seconds behind/,
			{ at: now() - 300 },
		],
		["a timestamp in the future", /outdated: it is \d+ seconds ahead of the server/, { at: now() + 300 }],
	])("is proven and named for %s", async (_, said, signed, sent = {}) => {
		const refused = await errorOf(await send({ ...key, ...signed }, sent));
		expect([refused.status, refused.code, refused.challenge]).toEqual([401, "UNAUTHORIZED", "P2S-SIGN-V1"]);
		expect(refused.message).toMatch(said);
	});

	it("is the same for a stranger with a real key as for a key that never existed", async () => {
		const never = `sk_live_${"7".repeat(48)}`;
		const wrong = `sks_live_${"0".repeat(48)}`;
		for (const signed of [{}, { at: now() - 300 }, { path: "/v1/leads/" }, { method: "POST", body: "x" }]) {
			const sent = { path: "/v1/leads", method: "POST", body: "{}" };
			const ofReal = await errorOf(await send({ ...signed, key: key.key, secret: wrong }, sent));
			expect(ofReal).toEqual(await errorOf(await send({ ...signed, key: never, secret: wrong }, sent)));
			expect(ofReal.message).toMatch(/^The signature does not match\. /);
		}
	});

	it("is not looked for in a query over 2 KB, which would cost the service more than the caller", async () => {
		for (const [digits, said] of [
			[1_900, "path is not canonical"],
			[2_100, "signature does not match"],
		] as const) {
			const sent = { path: `/v1/leads?search=${"x".repeat(digits)}` };
			expect((await errorOf(await send({ ...key, path: "/v1/leads/" }, sent))).message).toContain(said);
		}
	});

	it("is the same for a key that is no signed key", async () => {
		const bearer = (await createKey(admin)).key;
		const refused = await errorOf(await send({ key: bearer, secret: "x" }));
		expect(refused).toEqual(await errorOf(await send({ key: `sk_live_${"7".repeat(48)}`, secret: "x" })));
	});

	it.each([
		"P2S-SIGN-V1",
		"P2S-SIGN-V1 ",
		"p2s-sign-v1 a:b:c",
		`P2S-SIGN-V1 sk_live_${"0".repeat(48)}:1.5:${"a".repeat(64)}`,
		`P2S-SIGN-V1 sk_live_${"0".repeat(48)}:-5:${"a".repeat(64)}`,
		`P2S-SIGN-V1 sk_live_${"0".repeat(48)}:1795898110:${"A".repeat(64)}`,
		`P2S-SIGN-V1 sk_live_${"0".repeat(48)}:1795898110:${"a".repeat(64)}:x`,
	])("is the format for %s", async (authorization) => {
		const refused = await errorOf(
			await request("/v1/whoami", { headers: { authorization, "x-api-key": "sk_live_1" } }),
		);
		expect(refused.status).toBe(401);
		expect(refused.message).toContain("Malformed Authorization header. Send Authorization: P2S-SIGN-V1");
	});

	it("is the state of the key for a right signature: revoked comes before a replay", async () => {
		const own = await signedKey();
		const first = { ...own, at: now() };
		expect((await send(first)).status).toBe(200);
		await mutate(admin, "keys.revoke", { id: own.id });
		for (let n = 0; n < 3; n++) expect((await errorOf(await send(first))).message).toContain("has been revoked");
		const { data } = await query<ApiKeyDetail>(admin, "keys.get", { id: own.id });
		expect(data.usage_count).toBe(1);
	});
});
