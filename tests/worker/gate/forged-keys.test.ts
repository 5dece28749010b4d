/** A forged key costs nothing: it is refused before D1 or any gate is asked. */
import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALPHABET } from "../../../db/ids.ts";
import { type Bindings, readConfig } from "../../../worker/env.ts";
import { createFetchHandler } from "../../../worker/fetch.ts";
import { mintKey } from "../../../worker/keys/format.ts";
import { addTenant, createKey, mutate, ORIGIN, query, token } from "../fixtures.ts";

const admin = await token({ tenantId: await addTenant() });
const config = readConfig(env);
const front = createFetchHandler(config);
const [pepper] = config.peppers;
if (!pepper) throw new Error("no pepper");

let touched = 0;
/** A binding that counts every use of it, and allows none. */
const untouchable = new Proxy(
	{},
	{
		get() {
			touched++;
			throw new Error("touched");
		},
	},
);
// Stands in for bindings that nothing may be asked of.
const sealed = { ...env, DB: untouchable, KEY_GATE: untouchable } as unknown as Bindings;

async function present(key: string, path = "/v1/whoami"): Promise<Response> {
	return front(new Request(ORIGIN + path, { headers: { authorization: `Bearer ${key}` } }), sealed);
}

describe("a key that fails its tag", () => {
	it.each(["/v1/whoami", "/v1/leads", "/trpc/keys.list"])("is refused at %s without any I/O", async (path) => {
		const { key } = mintKey("live", pepper);
		const last = key.at(-1) === "0" ? "1" : "0";
		const response = await present(key.slice(0, -1) + last, path);
		expect(response.status).toBe(401);
		expect(touched).toBe(0);
	});

	it("is refused without any I/O whatever single change was made to it", async () => {
		await fc.assert(
			fc.asyncProperty(fc.nat(55), fc.constantFrom(...ALPHABET), async (at, replacement) => {
				const { key } = mintKey("live", pepper);
				fc.pre(key[at] !== replacement);
				const changed = await present(key.slice(0, at) + replacement + key.slice(at + 1));
				const cut = await present(key.slice(0, at) || "x");
				expect([changed.status, cut.status]).toEqual([401, 401]);
			}),
		);
		expect(touched).toBe(0);
	});

	it("is told apart from a real one, which does ask its gate", async () => {
		const { key } = mintKey("live", pepper);
		const response = await present(key);
		expect(touched).toBeGreaterThan(0);
		expect(response.status).toBe(503);
	});
});

describe("an id that no key has", () => {
	it.each(["keys.get", "keys.usage", "keys.update", "keys.revoke", "keys.rotate", "keys.delete"])(
		"creates no object on %s, and is 404",
		async (procedure) => {
			const before = (await listDurableObjectIds(env.KEY_GATE)).length;
			for (let index = 0; index < 5; index++) {
				const id = `Unknown${String(index).padStart(5, "0")}`;
				const isRead = procedure === "keys.get" || procedure === "keys.usage";
				const answer = isRead ? await query(admin, procedure, { id }) : await mutate(admin, procedure, { id });
				expect([answer.status, answer.error.code]).toEqual([404, "NOT_FOUND"]);
			}
			expect((await listDurableObjectIds(env.KEY_GATE)).length).toBe(before);
		},
	);

	it("of another tenant is 404 without waking its gate", async () => {
		const { api_key } = await createKey(admin);
		const other = await token({ tenantId: await addTenant() });
		const before = (await listDurableObjectIds(env.KEY_GATE)).length;
		expect((await query(other, "keys.get", { id: api_key.id })).status).toBe(404);
		expect((await listDurableObjectIds(env.KEY_GATE)).length).toBe(before);
	});
});
