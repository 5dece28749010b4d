/** Keys with `authentication: signed`: how they are created, shown, found and rotated, and that they are no credentials. */
import { env, exports } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { apiKeys } from "../../../db/schema.ts";
import { readConfig } from "../../../worker/env.ts";
import { pepperIdOf } from "../../../worker/keys/format.ts";
import type { ApiKey, IssuedKey, RotatedKey } from "../../../worker/schemas/api-key.ts";
import type { KeyList } from "../../../worker/schemas/key-list.ts";
import type { Verification } from "../../../worker/schemas/key-verify.ts";
import { addTenant, asIntegration, createKey, db, mutate, query, request, token } from "../fixtures.ts";

let admin: string;
let signed: IssuedKey;

const createSigned = async (input: object = {}) =>
	(await mutate<IssuedKey>(admin, "keys.create", { name: "Signed", authentication: "signed", ...input })).data;

beforeAll(async () => {
	admin = await token({ tenantId: await addTenant() });
	signed = await createSigned();
});

describe("a new signed key", () => {
	it("has a key of the usual shape, and a secret that is shown once", async () => {
		expect(signed.key).toMatch(/^sk_live_[0-9A-Za-z]{48}$/);
		expect(signed.secret).toMatch(/^sks_live_[0-9a-f]{48}$/);
		expect((await createSigned({ environment: "test" })).secret).toMatch(/^sks_test_/);
		expect(signed.api_key.authentication).toBe("signed");
		const shown = JSON.stringify((await query(admin, "keys.get", { id: signed.api_key.id })).data);
		expect(shown).toContain('"authentication":"signed"');
		for (const text of [signed.secret ?? "", signed.key]) expect(shown).not.toContain(text);
	});

	it("is stored without its secret", async () => {
		const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, signed.api_key.id));
		expect(row).toMatchObject({
			secretHash: `signed:${createHash("sha256").update(signed.key).digest("hex")}`,
			authentication: "signed",
		});
		expect(JSON.stringify(row)).not.toContain(signed.secret?.slice("sks_live_".length));
	});

	it("depends on the signing key and not on the pepper", () => {
		const { peppers, signingKeys } = readConfig(env);
		expect(signed.api_key.pepper_id).toBe(signingKeys.map(pepperIdOf)[0]);
		expect(signed.api_key.pepper_id).not.toBe(peppers.map(pepperIdOf)[0]);
	});

	it("is created without a secret where it is not signed", async () => {
		const made = await mutate<IssuedKey>(admin, "keys.create", { name: "Bearer" });
		expect([made.data.secret, made.data.api_key.authentication]).toEqual([null, "bearer"]);
		const other = await mutate(admin, "keys.create", { name: "Other", authentication: "hmac" });
		expect([other.status, other.error.details?.[0]?.field]).toEqual([400, "authentication"]);
	});

	it("keeps its authentication: an update cannot name it", async () => {
		const { id } = signed.api_key;
		expect((await mutate(admin, "keys.update", { id, authentication: "bearer" })).status).toBe(400);
		const renamed = await mutate<ApiKey>(admin, "keys.update", { id, name: "Renamed" });
		expect(renamed.data).toMatchObject({ name: "Renamed", authentication: "signed" });
	});
});

describe("the successor of a signed key", () => {
	it("is signed, with a secret of its own", async () => {
		const before = await createSigned({ environment: "test" });
		const { data } = await mutate<RotatedKey>(admin, "keys.rotate", { id: before.api_key.id });
		expect(data.api_key).toMatchObject({ authentication: "signed", environment: "test" });
		expect(data.secret).toMatch(/^sks_test_[0-9a-f]{48}$/);
		expect(data.secret).not.toBe(before.secret);
		const ofBearer = await mutate<RotatedKey>(admin, "keys.rotate", { id: (await createKey(admin)).api_key.id });
		expect([ofBearer.data.secret, ofBearer.data.api_key.authentication]).toEqual([null, "bearer"]);
	});
});

describe("an idempotent retry over REST", () => {
	it.each(["create", "rotate"])("of %s shows the key and the secret only the first time", async (operation) => {
		const path = operation === "create" ? "/v1/api-keys" : `/v1/api-keys/${(await createSigned()).api_key.id}/rotate`;
		const body = operation === "create" ? { name: "Once", authentication: "signed" } : {};
		const send = async () => {
			const response = await request(path, {
				method: "POST",
				headers: {
					authorization: `Bearer ${admin}`,
					"content-type": "application/json",
					"idempotency-key": `once-${operation}`,
				},
				body: JSON.stringify(body),
			});
			return { status: response.status, ...((await response.json()) as { data: IssuedKey }).data };
		};
		const [first, second] = [await send(), await send()];
		expect([first.status, second.status]).toEqual([201, 200]);
		expect(first.secret).toMatch(/^sks_live_/);
		expect([second.key, second.secret, second.api_key.id]).toEqual([null, null, first.api_key.id]);
	});
});

describe("a list", () => {
	it("finds the keys of one authentication, with the other filters too", async () => {
		const other = await token({ tenantId: await addTenant() });
		for (const authentication of ["bearer", "signed"])
			for (const environment of ["live", "test"])
				await createKey(other, { name: `${authentication} ${environment}`, authentication, environment });
		const names = async (input: object) =>
			(await query<KeyList>(other, "keys.list", { sort: "name", ...input })).data.items.map(({ name }) => name);
		expect(await names({ authentication: "signed" })).toEqual(["signed live", "signed test"]);
		expect(await names({ authentication: "bearer" })).toEqual(["bearer live", "bearer test"]);
		expect(await names({ authentication: "signed", environment: "test", status: "active" })).toEqual(["signed test"]);
		expect(await names({ authentication: "signed", search: "live" })).toEqual(["signed live"]);
		expect(await names({ authentication: "signed", expires_within_days: 14 })).toEqual([]);
		expect(await names({ authentication: "signed", pepper: "previous" })).toEqual([]);
		expect(await names({ authentication: "signed", rotation: "unfinished" })).toEqual([]);
	});
});

/** Without what differs between any two responses. */
async function content(response: Response) {
	const headers = new Headers(response.headers);
	headers.delete("x-request-id");
	const { meta: _, ...body } = (await response.json()) as Record<string, unknown>;
	return { status: response.status, headers: [...headers], body };
}

describe("the key of a signed key as a credential", () => {
	/** One that this service never made. */
	const unknown = `sk_live_${"4".repeat(48)}`;

	it.each([
		["Authorization", (key: string) => asIntegration(key)],
		["X-API-Key", (key: string) => request("/v1/whoami", { headers: { "x-api-key": key } })],
		["a route with a scope", (key: string) => asIntegration(key, "/v1/leads")],
		["a management route", (key: string) => asIntegration(key, "/v1/api-keys")],
	])("is refused exactly like an unknown key, in %s", async (_, send) => {
		const refused = await content(await send(signed.key));
		expect(refused.status).toBe(401);
		expect(refused).toEqual(await content(await send(unknown)));
	});

	it("is unknown to verify, on every interface", async () => {
		const overTrpc = await mutate<Verification>(admin, "keys.verify", { key: signed.key });
		expect(overTrpc.data).toEqual({ valid: false, code: "NOT_FOUND" });
		const call = { method: "POST", headers: { authorization: `Bearer ${admin}`, "content-type": "application/json" } };
		const verify = (key: string) => request("/v1/api-keys/verify", { ...call, body: JSON.stringify({ key }) });
		expect(await content(await verify(signed.key))).toEqual(await content(await verify(unknown)));
		const { KeyVerifier } = exports as unknown as { KeyVerifier: { verify(key: string): Promise<unknown> } };
		expect(await KeyVerifier.verify(signed.key)).toEqual(await KeyVerifier.verify(unknown));
	});

	it("never reaches the gate of the key", async () => {
		const { data } = await query<ApiKey & { recent_callers: unknown[] }>(admin, "keys.get", { id: signed.api_key.id });
		expect([data.usage_count, data.recent_callers]).toEqual([0, []]);
	});
});
