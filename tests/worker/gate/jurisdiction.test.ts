/** Gates are in the jurisdiction that the first key was made in. Those of another one admit nothing and make nothing. */
import { createExecutionContext, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { LocationHint } from "../../../db/places.ts";
import { apiKeys, serviceState, tenants } from "../../../db/schema.ts";
import { type Bindings, readConfig } from "../../../worker/env.ts";
import { createFetchHandler } from "../../../worker/fetch.ts";
import type { KeyGate } from "../../../worker/gate/key-gate.ts";
import { keyGates, passwordHashers } from "../../../worker/namespaces.ts";
import { scheduled } from "../../../worker/scheduled.ts";
import type { IssuedKey } from "../../../worker/schemas/api-key.ts";
import type { Tenant } from "../../../worker/schemas/tenant.ts";
import { checkJurisdiction } from "../../../worker/services/jurisdiction.ts";
import { KeyVerifier } from "../../../worker/verifier.ts";
import { authorizationOf } from "../../sign.ts";
import { addTenant, asIntegration, createKey, db, gateOf, mutate, ORIGIN, token } from "../fixtures.ts";

type Place = Parameters<Bindings["KEY_GATE"]["getByName"]>[1];

/** Calls of gates, with where each would be created. */
let called: { keyId: string; place: Place }[];

/** Bindings as in the EU. Asking for an object outside of the EU is an error. */
function inEu(more: Partial<Bindings> = {}): Bindings {
	const outside = <T extends object>(inside: T, getByName: (name: string, place?: Place) => unknown) => ({
		getByName: () => {
			throw new Error("An object outside of the jurisdiction was called");
		},
		jurisdiction: (name: string) => {
			expect(name).toBe("eu");
			return { ...inside, getByName };
		},
	});
	const europe: Bindings = {
		...env,
		JURISDICTION: "eu",
		...more,
		// Only `getByName` and `jurisdiction` are called.
		KEY_GATE: outside(env.KEY_GATE, (keyId, place) => {
			called.push({ keyId, place });
			const gate = env.KEY_GATE.getByName(keyId);
			// workerd has no jurisdictions, so the object learns its own when it is called.
			const moved = runInDurableObject(gate, (instance: KeyGate) => void Object.assign(instance, { env: europe }));
			return new Proxy(gate, {
				get:
					(target, method) =>
					async (...args: unknown[]) => {
						await moved;
						// Every property that is read is a method of the gate.
						return (Reflect.get(target, method) as (...args: unknown[]) => unknown)(...args);
					},
			});
		}) as unknown as Bindings["KEY_GATE"],
		PASSWORD_HASHER: outside(env.PASSWORD_HASHER, (name) =>
			env.PASSWORD_HASHER.getByName(name),
		) as unknown as Bindings["PASSWORD_HASHER"],
	};
	return europe;
}

const record = (value: string) => db.insert(serviceState).values({ name: "jurisdiction", value, updatedAt: 0 });
const recorded = async () =>
	(await db.select().from(serviceState).where(eq(serviceState.name, "jurisdiction")))[0]?.value;

/** Calls the service as it runs with these bindings. */
function serviceWith(bindings: Bindings) {
	const handle = createFetchHandler(readConfig(bindings));
	return async <T>(who: string, method: string, path: string, body?: object) => {
		const response = await handle(
			new Request(ORIGIN + path, {
				method,
				headers: {
					authorization: who.startsWith("P2S") ? who : `Bearer ${who}`,
					...(body ? { "content-type": "application/json" } : {}),
				},
				...(body ? { body: JSON.stringify(body) } : {}),
			}),
			bindings,
			createExecutionContext(),
		);
		const text = await response.text();
		// A test asserts what it needs of the shape.
		const { data, error } = (text === "" ? {} : JSON.parse(text)) as { data: T; error?: { message: string } };
		return { status: response.status, data, message: error?.message };
	};
}

beforeEach(async () => {
	called = [];
	await db.delete(serviceState);
});

describe("a service in a jurisdiction", () => {
	it("calls every gate in it: those that admit, those that management reads and changes, and successors", async () => {
		await db.delete(apiKeys);
		const bindings = inEu();
		const call = serviceWith(bindings);
		const admin = await token({ tenantId: await addTenant() });
		const { data: made } = await call<IssuedKey>(admin, "POST", "/v1/api-keys", { name: "Europe", scopes: [] });
		expect(await recorded()).toBe("eu");
		const signed = await call<IssuedKey>(admin, "POST", "/v1/api-keys", { name: "S", authentication: "signed" });
		const { key, secret } = signed.data;
		const path = `/v1/api-keys/${made.api_key.id}`;
		const statuses = [
			await call(made.key, "GET", "/v1/whoami"),
			await call(made.key, "GET", "/v1/leads"),
			await call(authorizationOf({ key, secret: secret ?? "" }), "GET", "/v1/whoami"),
			await call(made.key, "GET", "/v1/api-keys"),
			await call(admin, "GET", path),
			await call(admin, "GET", `${path}/usage`),
			await call(admin, "PATCH", path, { name: "Renamed" }),
			await call(admin, "POST", "/v1/api-keys/verify", { key: made.key }),
			await call(admin, "POST", `${path}/rotate`),
			await call(admin, "POST", `${path}/revoke`),
			await call(admin, "DELETE", path),
		].map(({ status }) => status);
		expect(statuses).toEqual([200, 200, 200, 403, 200, 200, 200, 200, 201, 200, 204]);
		const other = await call<IssuedKey>(admin, "POST", "/v1/api-keys", { name: "Verified" });
		const verdict = await new KeyVerifier(createExecutionContext(), bindings).verify(other.data.key);
		expect(verdict.code).toBe("VALID");
		expect(passwordHashers(bindings).getByName("known 1")).toBeDefined();
	});

	it("calls gates in it for sweeps", async () => {
		await db.delete(apiKeys);
		const bindings = inEu();
		const call = serviceWith(bindings);
		const tenantId = await addTenant();
		const { data } = await call<IssuedKey>(await token({ tenantId }), "POST", "/v1/api-keys", { name: "Europe" });
		const suspended = await call<Tenant>(env.SERVICE_ROLE_KEY, "POST", `/v1/tenants/${tenantId}/suspend`, {});
		expect(suspended.data.state).toBe("suspended");
		expect(called.map(({ keyId }) => keyId)).toEqual([data.api_key.id]);
		const cron = { scheduledTime: Date.now(), cron: "* * * * *", noRetry: () => undefined } as ScheduledController;
		await expect(scheduled(cron, bindings)).resolves.toBeUndefined();
	});
});

describe("a jurisdiction that differs from that of the keys", () => {
	it("admits no key that its gate has not seen, and still admits those that it has", async () => {
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		const admin = await token({ tenantId: await addTenant() });
		const [seen, unseen] = [await createKey(admin), await createKey(admin)];
		expect((await asIntegration(seen.key)).status).toBe(200);
		await db.delete(serviceState);
		await record("eu");
		expect((await asIntegration(unseen.key)).status).toBe(503);
		expect((await mutate(admin, "keys.revoke", { id: unseen.api_key.id })).status).toBe(503);
		expect((await asIntegration(seen.key)).status).toBe(200);
		// Nothing is kept of the key in the wrong place, so it works as before once the configuration is right.
		await db.delete(serviceState);
		expect((await asIntegration(unseen.key)).status).toBe(200);
	});

	it("makes neither keys nor tenants, and says what to set", async () => {
		await record("");
		const call = serviceWith(inEu());
		const tenantId = await addTenant();
		const admin = await token({ tenantId });
		const refused = [
			await call(admin, "POST", "/v1/api-keys", { name: "New" }),
			await call(env.SERVICE_ROLE_KEY, "POST", "/v1/api-keys/import", {
				tenant_id: tenantId,
				keys: [{ name: "Old", hash: "0".repeat(64), key_prefix: "sk_live_abcd", created_at: "2024-01-01T00:00:00Z" }],
			}),
			await call(env.SERVICE_ROLE_KEY, "POST", "/v1/tenants", { name: "New", slug: "new-in-europe" }),
		];
		for (const { status, message } of refused) {
			expect(status).toBe(503);
			expect(message).toBe(
				'The API keys were made in no jurisdiction, but this service is configured for the jurisdiction eu. Set JURISDICTION back to "".',
			);
		}
	});

	it("suspends no tenant, because the gates that admit its keys would not know", async () => {
		const tenantId = await addTenant();
		const admin = await token({ tenantId });
		await createKey(admin);
		await db.delete(serviceState);
		await record("");
		const call = serviceWith(inEu());
		expect((await call(env.SERVICE_ROLE_KEY, "POST", `/v1/tenants/${tenantId}/suspend`, {})).status).toBe(503);
		expect(called).toEqual([]);
	});

	it("is that of none for keys of a release before it was recorded", async () => {
		await createKey(await token({ tenantId: await addTenant() }));
		await db.delete(serviceState);
		const config = readConfig(inEu());
		await expect(checkJurisdiction({ db, config })).rejects.toThrow("made in no jurisdiction");
		await expect(checkJurisdiction({ db, config: readConfig(env) })).resolves.toBeUndefined();
	});

	it("can still be chosen while there is no key", async () => {
		await db.delete(apiKeys);
		await expect(checkJurisdiction({ db, config: readConfig(inEu()) })).resolves.toBeUndefined();
	});
});

describe("where a gate is created", () => {
	const placesOf = async (tenantHint: LocationHint | null, more: Partial<Bindings>) => {
		await db.delete(apiKeys);
		const call = serviceWith(inEu(more));
		const tenantId = await addTenant();
		await db.update(tenants).set({ locationHint: tenantHint }).where(eq(tenants.id, tenantId));
		const admin = await token({ tenantId });
		const { data } = await call<IssuedKey>(admin, "POST", "/v1/api-keys", { name: "Placed" });
		called = [];
		await call(admin, "GET", `/v1/api-keys/${data.api_key.id}`);
		await call(data.key, "GET", "/v1/whoami");
		return called.map(({ place }) => place?.locationHint);
	};

	it("is near the caller without any configuration", async () => {
		expect(await placesOf(null, {})).toEqual([undefined, undefined]);
	});

	it("is where the configuration says", async () => {
		expect(await placesOf(null, { LOCATION_HINT: "weur" })).toEqual(["weur", "weur"]);
	});

	it("is where the tenant's integrations are, if an admin looks first", async () => {
		expect(await placesOf("sam", { LOCATION_HINT: "weur" })).toEqual(["sam", "weur"]);
		expect(await placesOf("sam", {})).toEqual(["sam", undefined]);
	});

	it("is set by the platform, shown, and kept in the audit log", async () => {
		const platform = env.SERVICE_ROLE_KEY;
		const input = { name: "Placed", slug: "placed", location_hint: "sam" };
		const created = await mutate<Tenant>(platform, "tenants.create", input);
		expect(created.data.location_hint).toBe("sam");
		const { id } = created.data;
		const updated = await mutate<Tenant>(platform, "tenants.update", { id, location_hint: null });
		expect(updated.data.location_hint).toBeNull();
		expect((await mutate<Tenant>(platform, "tenants.update", { id, name: "Same" })).data.location_hint).toBeNull();
		expect((await mutate(platform, "tenants.update", { id, location_hint: "moon" })).status).toBe(400);
	});
});

it("workerd knows no jurisdictions, so a Worker that is configured for one doesn't start there", () => {
	expect(() => keyGates({ ...env, JURISDICTION: "eu" })).toThrow("Jurisdiction restrictions are not implemented");
	expect(gateOf("a")).toBeDefined();
});
