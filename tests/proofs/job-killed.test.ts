/**
 * Power cuts in the middle of a job: `kill -9` of all processes of the service while the job revokes keys, and after it was
 * stopped. The job must be finished after the restarts, with nothing lost and nothing done twice.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { whoami } from "../e2e/load.ts";
import { eventually, Service } from "../harness.ts";
import type { OutputOf, Session } from "../session.ts";
import { killDuring } from "./kill-during.ts";

/** When the service is killed, from the call that works on a portion: early, and after some of its keys are revoked. */
const KILLED_AFTER_MS = [5, 50, 100, 200];
/** Each call works on a portion of 50 keys, or on fewer. */
const KEYS = KILLED_AFTER_MS.length * 50 + 20;
/** Keys that a dead worker has claimed are free again after a minute. The rest is for a busy machine. */
const FINISH_PATIENCE_MS = 60_000 + 60_000;

let service: Service;
let owner: Session;
const keys: { id: string; key: string }[] = [];

beforeAll(async () => {
	service = await Service.start();
	owner = await service.signIn();
	for (let count = 0; count < KEYS; count += 10) {
		const made = await Promise.all(Array.from({ length: 10 }, () => owner.mutate("keys.create", { name: "In a job" })));
		keys.push(...made.map(({ key, api_key }) => ({ key, id: api_key.id })));
	}
});
afterAll(() => service?.dispose());

it("finishes a job that kills have interrupted, and revokes each key once", { timeout: 240_000 }, async () => {
	const { id } = await owner.mutate("jobs.create", {
		kind: "revoke_keys",
		ids: keys.map((key) => key.id),
		reason: "Partner left",
	});
	const interrupted: boolean[] = [];
	for (const afterMs of KILLED_AFTER_MS)
		interrupted.push(await killDuring(service, owner.mutate("jobs.advance", { id }), afterMs));
	expect(interrupted).toContain(true);

	// A job that was stopped stays so.
	await owner.mutate("jobs.stop", { id });
	await service.kill();
	await service.restart();
	const stopped = await owner.mutate("jobs.advance", { id });
	expect(stopped.state).toBe("stopped");
	await owner.mutate("jobs.resume", { id });

	const job = await eventually("the job is finished", FINISH_PATIENCE_MS, async () => {
		const advanced = await owner.mutate("jobs.advance", { id });
		return advanced.state === "finished" && advanced;
	});
	expect(job).toMatchObject({ total: KEYS, succeeded: KEYS, failed: 0 });

	const { items } = await owner.query("jobs.items", { id, limit: 1_000 });
	expect(items.map(({ key_id, outcome }) => [key_id, outcome])).toEqual(keys.map((key) => [key.id, "succeeded"]));
	for (const { key } of keys) expect((await whoami(service, key)).status).toBe(401);

	const events = await auditEvents();
	const revocations = events.filter(({ action }) => action === "api_key.revoke");
	expect(revocations.map(({ key_id }) => key_id).sort()).toEqual(keys.map((key) => key.id).sort());
	expect(revocations.filter(({ changes }) => changes.reason?.to !== "Partner left")).toEqual([]);
	const ofJob = events.filter(({ action }) => action.startsWith("job."));
	expect(ofJob.map(({ action }) => action).sort()).toEqual(["job.create", "job.resume", "job.stop"]);

	// What the tenant has used of its quota is what it has.
	const { items: quotas } = await owner.query("tenants.quotas");
	expect(quotas.find(({ name }) => name === "api_keys")?.used).toBe(KEYS);
});

async function auditEvents(): Promise<OutputOf<"audit.list">["items"]> {
	const events: OutputOf<"audit.list">["items"] = [];
	for (let cursor: string | null | undefined; cursor !== null; ) {
		const page = await owner.query("audit.list", { limit: 100, ...(cursor === undefined ? {} : { cursor }) });
		events.push(...page.items);
		cursor = page.next_cursor;
	}
	return events;
}
