/**
 * The power goes in the middle of everything, three times in a row: `kill -9` of every process of the service while
 * keys are used and changed, and a new start in the same folder. What was answered before must hold after.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, Service } from "../harness.ts";
import { CallRefused, type Session } from "../session.ts";
import { Load, type Outcome, whoami, windowOf, withStatus } from "./load.ts";

const KILLS = 3;
const USAGE_FLUSH_SECONDS = 1;
/** For the list to catch up after a start: the flush, and time for a machine that is busy. */
const CATCH_UP_MS = USAGE_FLUSH_SECONDS * 1_000 + 15_000;
const LOAD_PATIENCE_MS = 60_000;

interface Used {
	id: string;
	key: string;
	limit: number;
	/** Admissions that one crash may cost: what was reserved ahead and not used. */
	reserved: number;
	/** Requests in flight at once. */
	loops: number;
	/** Requests to be admitted before each kill. */
	perKill: number;
	outcomes: Outcome[];
}

let service: Service;
let owner: Session;
/** Every admission of a small limit is durable on its own, a large limit is reserved by the hundredth. */
let small: Used;
let large: Used;
/** Its name counts the updates. One that a kill cuts off may have been made or not. */
let changing: { id: string; key: string; sent: number; acknowledged: number[] };
/** Keys that must work, and keys that must not. */
const working: string[] = [];
const revoked: { id: string; key: string }[] = [];
const deleted: { id: string; key: string }[] = [];

beforeAll(async () => {
	service = await Service.start({ settings: { USAGE_FLUSH_SECONDS: String(USAGE_FLUSH_SECONDS) } });
	owner = await service.signIn();
	const use = async (limit: number, expected: Pick<Used, "reserved" | "loops" | "perKill">): Promise<Used> => {
		const { key, id } = await createKey({ name: `Limit ${limit}`, rate_limit: limit });
		return { id, key, limit, ...expected, outcomes: [] };
	};
	// Two loops: what is in flight at a kill is all that may be lost, so with more of them a loss could hide.
	small = await use(1_000, { reserved: 0, loops: 2, perKill: 100 });
	large = await use(50_000, { reserved: 500, loops: 16, perKill: 600 });
	changing = { ...(await createKey({ name: "Update 0" })), sent: 0, acknowledged: [] };
	const before = await createKey({ name: "Revoked before the first kill" });
	await owner.mutate("keys.revoke", { id: before.id });
	revoked.push(before);
});
afterAll(() => service?.dispose());

async function createKey(input: { name: string; rate_limit?: number }): Promise<{ id: string; key: string }> {
	const { key, api_key } = await owner.mutate("keys.create", input);
	return { id: api_key.id, key };
}

const admitted = (used: Used) => withStatus(used.outcomes, 200);
/** Requests that the kills cut off: nobody knows whether they were admitted. */
const cutOff = (used: Used) => withStatus(used.outcomes, null);

/** Uses and changes keys, and kills the service in the middle of it. */
async function killUnderLoad(round: number): Promise<void> {
	const revoking = await createKey({ name: `Revoked before kill ${round}` });
	const deleting = await createKey({ name: `Deleted before kill ${round}` });
	const rotating = await createKey({ name: `Rotated before kill ${round}` });

	const loads = [small, large].map((used) => ({
		used,
		load: new Load(used.loops, () => whoami(service, used.key)),
	}));
	const updates = updateUntilCutOff();
	const known = changing.acknowledged.length;
	await eventually(
		"keys were used and changed",
		LOAD_PATIENCE_MS,
		() => loads.every(({ used, load }) => load.admitted >= used.perKill) && changing.acknowledged.length >= known + 3,
	);
	const [created, rotated] = await Promise.all([
		createKey({ name: `Created before kill ${round}` }),
		owner.mutate("keys.rotate", { id: rotating.id }),
		owner.mutate("keys.revoke", { id: revoking.id }),
		owner.mutate("keys.delete", { id: deleting.id }),
	]);
	await service.kill();

	working.push(created.key, rotating.key, rotated.key);
	revoked.push(revoking);
	deleted.push(deleting);
	await updates;
	for (const { used, load } of loads) {
		await load.stop();
		used.outcomes.push(...load.outcomes);
		// All loops ran until the kill, and until then none was refused.
		expect(withStatus(load.outcomes, null).length).toBe(used.loops);
		expect(withStatus(load.outcomes, 200).length).toBe(load.outcomes.length - used.loops);
	}
}

/** One update after the other, until one finds nobody to talk to. */
async function updateUntilCutOff(): Promise<void> {
	for (;;) {
		changing.sent++;
		try {
			await owner.mutate("keys.update", nthUpdate(changing.sent));
		} catch (error) {
			if (error instanceof CallRefused) throw error;
			return;
		}
		changing.acknowledged.push(changing.sent);
	}
}

const nthUpdate = (n: number) => ({ id: changing.id, name: `Update ${n}`, rate_limit: 2_000 + n });
const numberIn = (name: unknown) => Number(String(name).replace("Update ", ""));
const lastAcknowledged = () => changing.acknowledged.at(-1) ?? 0;

describe.each(Array.from({ length: KILLS }, (_, i) => i + 1))("after kill %i under load", (round) => {
	beforeAll(async () => {
		await killUnderLoad(round);
		await service.restart();
	});

	// First, since it asks only D1: no gate has been woken by a request yet.
	it("lists usage and changes by itself soon after the start", async () => {
		await eventually("the list has caught up", CATCH_UP_MS, async () => {
			const { items } = await owner.query("keys.list", { limit: 100 });
			const listed = new Map(items.map((item) => [item.id, item]));
			const name = listed.get(changing.id)?.name;
			return (
				[small, large].every((used) => (listed.get(used.id)?.usage_count ?? 0) >= admitted(used).length) &&
				name !== undefined &&
				numberIn(name) >= lastAcknowledged() &&
				revoked.every(({ id }) => listed.get(id)?.status === "revoked") &&
				deleted.every(({ id }) => !listed.has(id))
			);
		});
	});

	it("keeps every update that was acknowledged, and the event that tells of it", async () => {
		const { name, rate_limit } = await owner.query("keys.get", { id: changing.id });
		const present = numberIn(name);
		expect(present).toBeGreaterThanOrEqual(lastAcknowledged());
		expect(present).toBeLessThanOrEqual(changing.sent);
		expect(rate_limit).toBe(2_000 + present);
		const limit = (await whoami(service, changing.key)).headers.get("x-ratelimit-limit");
		expect(limit).toBe(String(rate_limit));

		const told = await eventually("the audit trail has the latest update", CATCH_UP_MS, async () => {
			const numbers = await updatesInAuditTrail();
			return numbers.includes(present) && numbers;
		});
		expect(told).toEqual(expect.arrayContaining(changing.acknowledged));
		// Each once, although a kill makes the service repeat what it had not finished to deliver.
		expect(told).toEqual([...new Set(told)].sort((a, b) => a - b));
	});

	it("still admits keys that were created or rotated", async () => {
		for (const key of working) expect((await whoami(service, key)).status).toBe(200);
	});

	it("still refuses keys that were revoked or deleted", async () => {
		for (const { key } of [...revoked, ...deleted]) expect((await whoami(service, key)).status).toBe(401);
		for (const { id } of revoked) expect(await owner.query("keys.get", { id })).toMatchObject({ status: "revoked" });
		for (const { id } of deleted) await expect(owner.query("keys.get", { id })).rejects.toMatchObject({ status: 404 });
	});

	it("reports no request too few, and not many too many", async () => {
		for (const used of [small, large]) {
			const count = admitted(used).length;
			const most = count + cutOff(used).length + round * used.reserved;

			const { current_hour, usage_count } = await owner.query("keys.get", { id: used.id });
			const thisHour = (outcome: Outcome) => windowOf(outcome) * 1_000 === Date.parse(current_hour.resets_at);
			expect(current_hour.used).toBeGreaterThanOrEqual(admitted(used).filter(thisHour).length);
			expect(usage_count).toBeGreaterThanOrEqual(count);
			expect(usage_count).toBeLessThanOrEqual(most);

			const { totals } = await owner.query("keys.usage", { id: used.id });
			expect(totals.allowed).toBeGreaterThanOrEqual(count);
			expect(totals.allowed).toBeLessThanOrEqual(most);
		}
	});
});

it("admits no more in an hour than the limit in spite of all kills, and loses at most what they cut off", async () => {
	const load = new Load(16, () => whoami(service, small.key));
	await eventually("the limit is reached", LOAD_PATIENCE_MS, () => load.outcomes.find(({ status }) => status === 429));
	await load.stop();
	small.outcomes.push(...load.outcomes);

	for (const within of Map.groupBy(admitted(small), windowOf).values())
		expect(within.length).toBeLessThanOrEqual(small.limit);

	// Should the hour have turned meanwhile, the kills may have cost the hour before; this one still counts to its end.
	const full = new Set(withStatus(load.outcomes, 429).map(windowOf));
	for (const window of full) {
		const count = admitted(small).filter((outcome) => windowOf(outcome) === window).length;
		expect(count).toBeGreaterThanOrEqual(small.limit - cutOff(small).length);
	}
});

/** The updates that the audit trail tells of, oldest first. */
async function updatesInAuditTrail(): Promise<number[]> {
	const numbers: number[] = [];
	for (let cursor: string | null | undefined; cursor !== null; ) {
		const query = { key_id: changing.id, action: "api_key.update", limit: 100 } as const;
		const page = await owner.query("audit.list", cursor === undefined ? query : { ...query, cursor });
		numbers.push(...page.items.map(({ changes }) => numberIn(changes.name?.to)));
		cursor = page.next_cursor;
	}
	return numbers.reverse();
}
