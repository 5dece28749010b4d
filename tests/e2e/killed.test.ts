/**
 * Power cuts under load, three times in a row: `kill -9` of all processes of the service while keys are used and changed,
 * then a restart in the same folder. What a response acknowledged before the kill must hold afterwards.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, Service } from "../harness.ts";
import { CallRefused, type Session } from "../session.ts";
import { authorizationOf } from "../sign.ts";
import { Load, type Outcome, send, whoami, windowOf, withStatus } from "./load.ts";

const KILLS = 3;
const USAGE_FLUSH_SECONDS = 1;
/** Max time for lists to catch up after a start: the flush, and a margin for a busy machine. */
const CATCH_UP_MS = USAGE_FLUSH_SECONDS * 1_000 + 15_000;
const LOAD_PATIENCE_MS = 60_000;
/** Signed requests to wait for before each kill. Few enough to send all of them again. */
const SIGNED_PER_KILL = 40;

interface Used {
	id: string;
	key: string;
	limit: number;
	/** Admissions that one crash may cost: those reserved ahead and not used. */
	reserved: number;
	/** Concurrent requests. */
	loops: number;
	/** Number of admitted requests to wait for before each kill. */
	perKill: number;
	outcomes: Outcome[];
}

let service: Service;
let owner: Session;
/** With a small limit, each admission is persisted. A large limit is reserved ahead in hundredths. */
let small: Used;
let large: Used;
/** A key whose name counts its updates. An update that a kill interrupts may have been made or not. */
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
	// Only two loops: a kill may cost the requests in flight, and with more of them it could hide a loss.
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
/** Requests that the kills interrupted. They may have been admitted or not. */
const cutOff = (used: Used) => withStatus(used.outcomes, null);

/** A request of a signed key, and its outcome before the kill. */
interface SignedRequest {
	path: string;
	authorization: string;
	outcome: Outcome;
}
/** The signed key that was in use before the latest kill. Each kill has one of its own: after a kill, a key waits. */
let signed: { key: string; secret: string; requests: SignedRequest[] };

const sendSigned = (path: string, authorization: string) => send(service, path, { headers: { authorization } });

/** Uses a signed key until the service is gone. Each request is signed anew. */
async function useSignedKey(): Promise<Load> {
	const { key, secret } = await owner.mutate("keys.create", { name: "Signed", authentication: "signed" });
	const requests: SignedRequest[] = [];
	signed = { key, secret: secret ?? "", requests };
	let sent = 0;
	return new Load(2, async () => {
		// A parameter that the route ignores makes each request unlike all others.
		const path = `/v1/whoami?tenant_id=${++sent}`;
		const authorization = authorizationOf({ ...signed, path });
		const outcome = await sendSigned(path, authorization);
		requests.push({ path, authorization, outcome });
		return outcome;
	});
}

/** Kills the service while keys are used and changed. */
async function killUnderLoad(round: number): Promise<void> {
	const revoking = await createKey({ name: `Revoked before kill ${round}` });
	const deleting = await createKey({ name: `Deleted before kill ${round}` });
	const rotating = await createKey({ name: `Rotated before kill ${round}` });

	const loads = [small, large].map((used) => ({
		used,
		load: new Load(used.loops, () => whoami(service, used.key)),
	}));
	const signing = await useSignedKey();
	const updates = updateUntilCutOff();
	const known = changing.acknowledged.length;
	await eventually(
		"keys were used and changed",
		LOAD_PATIENCE_MS,
		() =>
			loads.every(({ used, load }) => load.admitted >= used.perKill) &&
			signing.admitted >= SIGNED_PER_KILL &&
			changing.acknowledged.length >= known + 3,
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
	await Promise.all([updates, signing.stop()]);
	for (const { used, load } of loads) {
		await load.stop();
		used.outcomes.push(...load.outcomes);
		// All loops ran until the kill, and no request was rejected before it.
		expect(withStatus(load.outcomes, null).length).toBe(used.loops);
		expect(withStatus(load.outcomes, 200).length).toBe(load.outcomes.length - used.loops);
	}
}

/** Sends one update after the other until the service is gone. */
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

	// First, because lists read D1 only: no request has woken a gate yet.
	it("lists the usage and the changes soon after the start, without any request to the keys", async () => {
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

	it("keeps every acknowledged update and its audit event", async () => {
		const { name, rate_limit } = await owner.query("keys.get", { id: changing.id });
		const present = numberIn(name);
		expect(present).toBeGreaterThanOrEqual(lastAcknowledged());
		expect(present).toBeLessThanOrEqual(changing.sent);
		expect(rate_limit).toBe(2_000 + present);
		const limit = (await whoami(service, changing.key)).headers.get("x-ratelimit-limit");
		expect(limit).toBe(String(rate_limit));

		const told = await eventually("the audit log has the latest update", CATCH_UP_MS, async () => {
			const numbers = await updatesInAuditTrail();
			return numbers.includes(present) && numbers;
		});
		expect(told).toEqual(expect.arrayContaining(changing.acknowledged));
		// Each once, although the service repeats deliveries that a kill has interrupted.
		expect(told).toEqual([...new Set(told)].sort((a, b) => a - b));
	});

	it("admits no signed request again, and says when it can be signed again", async () => {
		const { requests } = signed;
		expect(requests.filter(({ outcome }) => outcome.status === 200).length).toBeGreaterThanOrEqual(SIGNED_PER_KILL);
		for (const { path, authorization } of requests) {
			const { status, body, headers } = await sendSigned(path, authorization);
			// If the start took long, the signature is outdated.
			expect([status, body]).toEqual([
				expect.toBeOneOf([401, 503]),
				expect.stringMatching(
					status === 401 ? /timestamp is outdated/ : /was not processed.* sign again in \d+ second/,
				),
			]);
			if (status === 503) expect(Number(headers.get("retry-after"))).toBeGreaterThan(0);
		}
	});

	it("admits what is signed again as late as it was told to, once", async () => {
		const path = "/v1/whoami?tenant_id=again";
		const now = Math.floor(Date.now() / 1_000);
		let authorization = authorizationOf({ ...signed, path, at: now });
		let outcome = await sendSigned(path, authorization);
		// Admitted at once if the earlier tests took longer than the wait.
		if (outcome.status === 503) {
			// A timestamp may be ahead, so the test need not wait.
			authorization = authorizationOf({ ...signed, path, at: now + Number(outcome.headers.get("retry-after")) });
			outcome = await sendSigned(path, authorization);
		}
		expect(outcome.status).toBe(200);
		expect((await sendSigned(path, authorization)).status).toBe(401);
	});

	it("still admits the created and rotated keys", async () => {
		for (const key of working) expect((await whoami(service, key)).status).toBe(200);
	});

	it("still rejects the revoked and deleted keys", async () => {
		for (const { key } of [...revoked, ...deleted]) expect((await whoami(service, key)).status).toBe(401);
		for (const { id } of revoked) expect(await owner.query("keys.get", { id })).toMatchObject({ status: "revoked" });
		for (const { id } of deleted) await expect(owner.query("keys.get", { id })).rejects.toMatchObject({ status: 404 });
	});

	it("never under-reports requests, and over-reports at most what was reserved", async () => {
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

it("admits at most the limit in an hour despite the kills, and loses at most the interrupted requests", async () => {
	const load = new Load(16, () => whoami(service, small.key));
	await eventually("the limit is reached", LOAD_PATIENCE_MS, () => load.outcomes.find(({ status }) => status === 429));
	await load.stop();
	small.outcomes.push(...load.outcomes);

	for (const within of Map.groupBy(admitted(small), windowOf).values())
		expect(within.length).toBeLessThanOrEqual(small.limit);

	// If a new hour has begun, the kills may have cost admissions of the earlier hour only.
	const full = new Set(withStatus(load.outcomes, 429).map(windowOf));
	for (const window of full) {
		const count = admitted(small).filter((outcome) => windowOf(outcome) === window).length;
		expect(count).toBeGreaterThanOrEqual(small.limit - cutOff(small).length);
	}
});

/** The updates in the audit log, oldest first. */
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
