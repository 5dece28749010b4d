/** Ids that D1 doesn't know create no object, and a database that is down doesn't stop the management of known keys. */
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { database } from "../../../db/client.ts";
import { randomText } from "../../../db/ids.ts";
import { apiKeys } from "../../../db/schema.ts";
import { readConfig } from "../../../worker/env.ts";
import type { Gates } from "../../../worker/namespaces.ts";
import { rotateKey } from "../../../worker/services/key-issue.ts";
import * as keys from "../../../worker/services/keys.ts";
import { keyUsage } from "../../../worker/services/usage.ts";
import { addTenant, createKey, db, product, token } from "../fixtures.ts";
import { admitMany } from "./gate-control.ts";

const tenantId = await addTenant();
const admin = await token({ tenantId });
const author = { tenantId, actor: "usr_test", actorEmail: null, ip: null, userAgent: null };

beforeEach(() => {
	vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
	vi.restoreAllMocks();
});

/** The gates, and the names of those that were called. */
function watched() {
	const names: string[] = [];
	const gates = new Proxy(env.KEY_GATE, {
		get(target, property) {
			if (property !== "getByName") throw new Error(`Reaches gates by ${String(property)}`);
			return (name: string) => {
				names.push(name);
				return target.getByName(name);
			};
		},
	}) as Gates;
	return { gates, names };
}

const depsWith = (gates: Gates, d1 = env.DB) => ({
	db: database(d1),
	product,
	gates,
	config: readConfig(env),
	now: Date.now(),
	loginLimiter: { limit: async () => ({ success: true }) },
});
type Deps = ReturnType<typeof depsWith>;

const CALLS: [string, (deps: Deps, id: string) => Promise<unknown>][] = [
	["get", (deps, id) => keys.getKey(deps, tenantId, id)],
	["usage", (deps, id) => keyUsage(deps, tenantId, { id, granularity: "hour" })],
	["update", (deps, id) => keys.updateKey(deps, author, { id, name: "x" })],
	["rotate", (deps, id) => rotateKey(deps, author, { id })],
	["revoke", (deps, id) => keys.revokeKey(deps, author, { id })],
	["delete", (deps, id) => keys.deleteKey(deps, author, { id })],
];

describe.each(CALLS)("%s", (_name, call) => {
	it("of an unknown id is not found, and calls no gate", async () => {
		const { gates, names } = watched();
		for (const id of [randomText(12), "000000000000", "x", "../../etc", randomText(64)])
			await expect(call(depsWith(gates), id)).rejects.toMatchObject({ code: "NOT_FOUND" });
		expect(names).toEqual([]);
	});

	it("of another tenant's key is not found, and calls no gate", async () => {
		const { api_key } = await createKey(await token({ tenantId: await addTenant() }));
		const { gates, names } = watched();
		await expect(call(depsWith(gates), api_key.id)).rejects.toMatchObject({ code: "NOT_FOUND" });
		expect(names).toEqual([]);
	});

	it("of a known key calls its gate", async () => {
		const { api_key } = await createKey(admin);
		const { gates, names } = watched();
		await call(depsWith(gates), api_key.id);
		expect(new Set(names)).toEqual(new Set([api_key.id]));
	});
});

describe("while D1 is down", () => {
	const down = new Proxy(env.DB, {
		get: () => () => {
			throw new Error("D1_ERROR: no route to the database");
		},
	});

	it("a known key can be read, changed and revoked", async () => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 1);
		const deps = depsWith(env.KEY_GATE, down);
		expect(await keys.getKey(deps, tenantId, api_key.id)).toMatchObject({ usage_count: 1 });
		await keys.updateKey(deps, author, { id: api_key.id, name: "Renamed" });
		expect(await keys.revokeKey(deps, author, { id: api_key.id })).toMatchObject({ status: "revoked" });
		expect(await admitMany(key, 1)).toEqual({ REVOKED: 1 });
	});
});

it("the platform can revoke a key that D1 has lost, and a tenant cannot", async () => {
	const { key, api_key } = await createKey(admin);
	await admitMany(key, 1);
	await db.delete(apiKeys).where(eq(apiKeys.id, api_key.id));
	const deps = depsWith(env.KEY_GATE);
	await expect(keys.revokeKey(deps, author, { id: api_key.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
	await keys.revokeKey(deps, { ...author, actor: "service_role" }, { id: api_key.id });
	expect(await admitMany(key, 1)).toEqual({ REVOKED: 1 });
});
