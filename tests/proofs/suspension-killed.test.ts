/**
 * Power cuts in the middle of suspending a tenant: `kill -9` of all processes of the service while it calls the gates. The
 * suspension must be completed afterwards, and once the service says so, no key is admitted.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { whoami, withStatus } from "../e2e/load.ts";
import { eventually, Service } from "../harness.ts";
import { Session } from "../session.ts";
import { killDuring } from "./kill-during.ts";

/** When the service is killed, from the call that suspends: before its first portion of 250 gates, and later. */
const KILLED_AFTER_MS = [10, 60, 150, 300];
/** Further kills, each after twice the time, while the tenant is still active. */
const LATER_FROM_MS = 600;
const LATER_TO_MS = 10_000;
const KEYS = 600;
/** A portion that a dead caller has claimed is free again after 30 seconds. The rest is for a busy machine. */
const FINISH_PATIENCE_MS = 120_000;

let service: Service;
let platform: Session;
let tenantId: string;
const keys: string[] = [];

beforeAll(async () => {
	service = await Service.start();
	platform = new Session(service, service.vars.SERVICE_ROLE_KEY ?? "");
	const owner = await service.signIn();
	tenantId = (await owner.query("session.me")).user.tenant_id;
	for (let count = 0; count < KEYS; count += 20) {
		const made = await Promise.all(
			Array.from({ length: 20 }, () => owner.mutate("keys.create", { name: "Suspended" })),
		);
		keys.push(...made.map(({ key }) => key));
	}
	// Some gates know their keys. The others were never called.
	for (const key of keys.slice(0, 100)) expect((await whoami(service, key)).status).toBe(200);
}, 120_000);
afterAll(() => service?.dispose());

/** The outcomes of one request with each key. */
async function tryAll(): Promise<Awaited<ReturnType<typeof whoami>>[]> {
	const outcomes = [];
	for (let start = 0; start < keys.length; start += 50)
		outcomes.push(...(await Promise.all(keys.slice(start, start + 50).map((key) => whoami(service, key)))));
	return outcomes;
}

it("completes a suspension that kills have interrupted, and then admits no key, also after another kill", {
	timeout: 300_000,
}, async () => {
	const interrupted: boolean[] = [];
	for (const afterMs of KILLED_AFTER_MS)
		interrupted.push(await killDuring(service, platform.mutate("tenants.suspend", { id: tenantId }), afterMs));
	const stateNow = async () => (await platform.query("tenants.get", { id: tenantId })).state;
	// On a busy machine all of these kills can come before the suspension has begun.
	for (let afterMs = LATER_FROM_MS; afterMs <= LATER_TO_MS && (await stateNow()) === "active"; afterMs *= 2)
		interrupted.push(await killDuring(service, platform.mutate("tenants.suspend", { id: tenantId }), afterMs));
	expect(interrupted).toContain(true);
	expect(["suspending", "suspended"]).toContain(await stateNow());

	const done = await eventually("the tenant is suspended", FINISH_PATIENCE_MS, async () => {
		const tenant = await platform.mutate("tenants.suspend", { id: tenantId });
		return tenant.state === "suspended" && tenant;
	});
	expect(done.progress).toBeNull();
	await service.kill();
	await service.restart();
	const refused = await tryAll();
	expect(withStatus(refused, 403).length).toBe(KEYS);

	await killDuring(service, platform.mutate("tenants.resume", { id: tenantId }), 100);
	await eventually("the tenant is active", FINISH_PATIENCE_MS, async () => {
		const tenant = await platform.mutate("tenants.resume", { id: tenantId });
		return tenant.state === "active";
	});
	expect(withStatus(await tryAll(), 200).length).toBe(KEYS);

	const { items } = await platform.query("audit.list", { tenant_id: tenantId, limit: 100 });
	const events = items.map(({ action }) => action).filter((action) => action.startsWith("tenant."));
	// A repetition has an event of its own if the scheduled run has completed the sweep before it.
	const changes = events.toReversed().filter((action, index, all) => action !== all[index - 1]);
	expect(changes.slice(-2)).toEqual(["tenant.suspend", "tenant.resume"]);
});
