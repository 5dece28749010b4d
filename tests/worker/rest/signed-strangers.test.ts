/**
 * A stranger who has a public key and no secret. Whatever the request looks like, its response is that for a key that was
 * never made, so it doesn't tell whether the key exists, was deleted, or is a key of another kind.
 */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../../worker/env.ts";
import { createFetchHandler } from "../../../worker/fetch.ts";
import { authorizationOf } from "../../sign.ts";
import { addTenant, createKey, mutate, ORIGIN, request, token } from "../fixtures.ts";

const LIMIT = 1_048_576;
const WRONG_SECRET = `sks_live_${"0".repeat(48)}`;
const NEVER_MADE = `sk_live_${"7".repeat(48)}`;

const admin = await token({ tenantId: await addTenant() });
const signed = { authentication: "signed", scopes: [] };
const existing = await createKey(admin, signed);
const deleted = await createKey(admin, signed);
await mutate(admin, "keys.delete", { id: deleted.api_key.id });
const revoked = await createKey(admin, signed);
await mutate(admin, "keys.revoke", { id: revoked.api_key.id });
const bearer = await createKey(admin);

const KEYS: Record<string, string> = {
	existing: existing.key,
	deleted: deleted.key,
	revoked: revoked.key,
	"a bearer key": bearer.key,
};

type Body = string | (() => ReadableStream) | null;

const CHUNK = 65_536;

/** A body that is sent in chunks. */
const chunked = (size: number) => () =>
	new ReadableStream({
		start(controller) {
			for (let left = size; left > 0; left -= CHUNK)
				controller.enqueue(new TextEncoder().encode("x".repeat(Math.min(left, CHUNK))));
			controller.close();
		},
	});

const BODIES: Record<string, [Body, headers?: Record<string, string>]> = {
	"no body": [null],
	"a small body": ["{}"],
	"a small body in chunks": [chunked(20)],
	"a body of the largest size": ["x".repeat(LIMIT)],
	"a body of the largest size in chunks": [chunked(LIMIT)],
	"a body that is too large": ["x".repeat(LIMIT + 1)],
	"a body that is too large in chunks": [chunked(LIMIT + 1)],
	"a length that is too large": [chunked(20), { "content-length": String(LIMIT + 1) }],
	"a length of 20 digits": [chunked(20), { "content-length": "9".repeat(20) }],
	"a length that is no number": [chunked(20), { "content-length": "many" }],
	"a compressed body": ["{}", { "content-encoding": "gzip" }],
	"a body of another type": ["a=b", { "content-type": "text/plain" }],
	"a body that is no JSON": ["{"],
};

const PATHS: [method: string, path: string][] = [
	["GET", "/v1/whoami"],
	["POST", "/v1/leads"],
	["PATCH", "/v1/leads/00000000-0000-4000-8000-000000000000"],
	["POST", "/v1/sync_activities"],
	["POST", "/functions/v1/default-integration"],
	["POST", "/v1/api-keys"],
	["POST", "/v1/api-keys/000000000000/revoke"],
	["POST", "/v1/tenants"],
	["GET", "/trpc/keys.list"],
	["POST", "/trpc/keys.create"],
	["POST", "/trpc/session.logout"],
	["POST", "/v1/nothing"],
];

const open = createFetchHandler(readConfig({ ...env, CORS_ORIGINS: "https://app.example" }));

/** Everything that the response tells, except for what differs in every response. */
async function told(response: Response): Promise<unknown> {
	const headers = [...response.headers].filter(([name]) => name !== "x-request-id");
	const text = (await response.text()).replace(/"(request_id|timestamp)":"[^"]*"/g, "");
	return { status: response.status, headers, text };
}

describe.each(PATHS)("the response to %s %s", (method, path) => {
	it.each(Object.entries(BODIES))("is the same for every key, with %s", async (_, [body, headers = {}]) => {
		// A request of a page of another origin is decided by the app, all others before it is loaded.
		for (const origin of [null, "https://app.example"]) {
			const send = async (key: string) => {
				const sent = new Request(ORIGIN + path, {
					method,
					headers: {
						authorization: authorizationOf({ key, secret: WRONG_SECRET, method, path, body: "signed" }),
						"content-type": "application/json",
						...headers,
						...(origin === null ? {} : { origin }),
					},
					...(body === null || method === "GET" ? {} : { body: typeof body === "string" ? body : body() }),
				});
				return told(await (origin === null ? request(sent) : open(sent, env)));
			};
			const expected = await send(NEVER_MADE);
			for (const [which, key] of Object.entries(KEYS)) expect(await send(key), which).toEqual(expected);
		}
	});
});
