/**
 * Sweeps: calls of every gate of a tenant, in portions, until each has acknowledged. Every caller who waits for a sweep works
 * on it, and so does the scheduled run, so a sweep that was interrupted completes without anyone's help.
 *
 * A portion is claimed first, so that two callers seldom do the same one. If they do, calling a gate twice changes nothing.
 * The position in the list of keys advances only after every gate of the portion has acknowledged or is recorded as failed.
 */
import { and, asc, eq, gt, lte, type SQL, sql } from "drizzle-orm";
import { runBatch, type Statement } from "../../db/client.ts";
import { toPlace } from "../../db/places.ts";
import { apiKeys, gateSweepFailures, gateSweeps, quotas, tenants } from "../../db/schema.ts";
import { NUMBERS_PER_TENANT } from "../../db/search.ts";
import { retryOnce } from "../admission/retry-once.ts";
import type { Suspension } from "../gate/protocol.ts";
import { withTimeout } from "../gate/timers.ts";
import { logError, logEvent } from "../log.ts";
import { MINUTE_MS } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { eachGate } from "./each-gate.ts";
import { forEachTenant } from "./for-each-tenant.ts";
import { requireJurisdiction } from "./jurisdiction.ts";
import { deleteRows, endDeletion } from "./tenant-rows.ts";

type Sweep = typeof gateSweeps.$inferSelect;

/** Keys of one portion: about a second of work, after which the progress is recorded. */
const PORTION = 250;
/** Gates called at the same time. A call that wakes a gate waits for a machine, so many at once take hardly longer than one. */
const AT_ONCE = 50;
/** Gates called in one request or scheduled run. The platform allows 10,000 calls, of which a retry needs a second one. */
const CALLS_MAX = 4_500;
/** How long a gate may take to acknowledge. After that it counts as failed, and is called again at the end. */
const CALL_TIMEOUT_MS = 5_000;
/** A caller that has died leaves its claim behind. After this, others take the portion. */
const CLAIM_MS = MINUTE_MS / 2;
/** How often a request checks whether another caller has finished its portion. */
const WAIT_MS = 200;

/** How long one scheduled run works on all sweeps: the next one begins a minute later. */
const RUN_MS = 45_000;
/** Few tenants are suspended at the same time. The others have their turn in the next run. */
const SWEEPS_PER_RUN = 6;

/** What the gates of a tenant are called with. */
interface Order {
	suspension: Suspension;
	/** Where gates of keys that were never used are created. */
	place: ReturnType<typeof toPlace>;
}

const ofSweep = ({ tenantId, suspensionNo }: Sweep) =>
	and(eq(gateSweeps.tenantId, tenantId), eq(gateSweeps.suspensionNo, suspensionNo));

/**
 * The statements that begin a sweep in the batch that changes the tenant. They delete the previous sweep and its failures.
 * They come before the change: `condition` is on the row of the tenant as it was read. If it doesn't hold, another request
 * was faster, and its sweep stays.
 */
export function beginSweep(
	{ db, now }: Pick<Deps, "db" | "now">,
	{ tenantId, kind, suspensionNo }: Pick<Sweep, "tenantId" | "kind" | "suspensionNo">,
	condition: SQL,
): [Statement, Statement] {
	return [
		db.delete(gateSweeps).where(and(eq(gateSweeps.tenantId, tenantId), condition)),
		db.insert(gateSweeps).select(
			sql`select ${quotas.tenantId}, ${kind}, ${suspensionNo}, ${quotas.apiKeys}, 0, 0, 0, ${now}, ${now}
				from ${quotas} where ${quotas.tenantId} = ${tenantId} and ${condition}`,
		),
	];
}

/**
 * Works on the sweep of a tenant, and waits while another caller does. Returns when the sweep is finished, when gates fail
 * again and again, or when the time or the number of calls is used up.
 */
export async function workOnSweep(
	deps: Deps,
	tenantId: string,
	{ forMs, callsMax = CALLS_MAX }: { forMs: number; callsMax?: number },
): Promise<void> {
	// Gates of another jurisdiction would acknowledge too, and the keys would still be admitted once JURISDICTION is set back.
	await requireJurisdiction(deps);
	const startedAt = performance.now();
	const elapsed = () => performance.now() - startedAt;
	for (let calls = 0; calls + PORTION <= callsMax && elapsed() < forMs; ) {
		const worked = await workOnPortion({ ...deps, now: deps.now + Math.round(elapsed()) }, tenantId);
		if (worked === "finished" || worked === "failing") return;
		if (worked === "busy") await scheduler.wait(WAIT_MS);
		else calls += worked;
	}
}

/** Works on the sweeps of all tenants, the least recently advanced first. */
export async function workOnSweeps(deps: Deps): Promise<void> {
	const waiting = await deps.db
		.select({ tenantId: gateSweeps.tenantId })
		.from(gateSweeps)
		.where(lte(gateSweeps.claimedUntil, deps.now))
		.orderBy(asc(gateSweeps.updatedAt))
		.limit(SWEEPS_PER_RUN);
	// They share the time and the calls of the run.
	const share = { forMs: RUN_MS / waiting.length, callsMax: CALLS_MAX / waiting.length };
	await forEachTenant(
		waiting.map(({ tenantId }) => tenantId),
		(tenantId) => workOnSweep(deps, tenantId, share),
	);
}

/** The number of gates that were called. `busy`: another caller has the portion. `failing`: no gate has acknowledged. */
type Worked = number | "busy" | "failing" | "finished";

/** Calls the gates of one portion. */
async function workOnPortion(deps: Deps, tenantId: string): Promise<Worked> {
	const { db, now } = deps;
	const [sweep] = await db
		.update(gateSweeps)
		.set({ claimedUntil: now + CLAIM_MS })
		.where(and(eq(gateSweeps.tenantId, tenantId), lte(gateSweeps.claimedUntil, now)))
		.returning();
	if (!sweep) return (await hasSweep(deps, tenantId)) ? "busy" : "finished";
	const [tenant] = await db
		.select({
			no: tenants.suspensionNo,
			at: tenants.suspendedAt,
			locationHint: tenants.locationHint,
			tenantNo: quotas.tenantNo,
		})
		.from(tenants)
		.leftJoin(quotas, eq(quotas.tenantId, tenants.id))
		.where(eq(tenants.id, tenantId));
	if (!tenant) throw new Error(`The tenant ${tenantId} of a sweep does not exist`);
	const { tenantNo, locationHint, ...suspension } = tenant;
	const order: Order = { suspension, place: toPlace(locationHint) };
	// A deletion that is nearly finished has deleted the row with the number. Then the tenant has no keys.
	const first = (tenantNo ?? 0) * NUMBERS_PER_TENANT;
	const keys = await db
		.select({ id: apiKeys.id, no: apiKeys.searchNo })
		.from(apiKeys)
		.where(
			and(gt(apiKeys.searchNo, Math.max(first, sweep.lastNo)), lte(apiKeys.searchNo, first + NUMBERS_PER_TENANT - 1)),
		)
		.orderBy(asc(apiKeys.searchNo))
		.limit(PORTION);
	const last = keys.at(-1);
	if (last) {
		const failed = await tellGates(deps, sweep, keys, order);
		await runBatch(db, [
			...recordFailures(deps, sweep, failed),
			advance(deps, sweep, last.no, keys.length - failed.length),
		]);
		return keys.length;
	}
	return retryFailures(deps, sweep, order);
}

async function hasSweep({ db }: Pick<Deps, "db">, tenantId: string): Promise<boolean> {
	return (await db.$count(gateSweeps, eq(gateSweeps.tenantId, tenantId))) > 0;
}

/** Calls the gates that have failed, once all others have acknowledged. Finishes the sweep when none is left. */
async function retryFailures(deps: Deps, sweep: Sweep, order: Order): Promise<Worked> {
	const { db, now } = deps;
	const { tenantId } = sweep;
	const keys = await db
		.select({ id: gateSweepFailures.keyId })
		.from(gateSweepFailures)
		.where(eq(gateSweepFailures.tenantId, tenantId))
		.orderBy(asc(gateSweepFailures.at))
		.limit(PORTION);
	if (keys.length === 0) {
		if (sweep.kind === "delete") return deleteTenantRows(deps, sweep);
		await db
			.delete(gateSweeps)
			.where(
				and(
					ofSweep(sweep),
					sql`not exists (select 1 from ${gateSweepFailures} failure where failure.tenant_id = ${tenantId})`,
				),
			);
		return "finished";
	}
	const failed = await tellGates(deps, sweep, keys, order);
	const acknowledged = keys.map(({ id }) => id).filter((id) => !failed.includes(id));
	await runBatch(db, [
		db.delete(gateSweepFailures).where(
			and(
				eq(gateSweepFailures.tenantId, tenantId),
				// One parameter for all ids: D1 allows 100 parameters.
				sql`key_id in (select value from json_each(${JSON.stringify(acknowledged)}))`,
				isCurrent(sweep),
			),
		),
		...recordFailures(deps, sweep, failed),
		db
			.update(gateSweeps)
			.set({
				done: sql`done + ${acknowledged.length}`,
				claimedUntil: 0,
				updatedAt: now,
			})
			.where(ofSweep(sweep)),
	]);
	return acknowledged.length === 0 ? "failing" : keys.length;
}

/** Deletes a portion of the rows of a tenant, now that every gate is erased. */
async function deleteTenantRows(deps: Deps, sweep: Sweep): Promise<Worked> {
	const { db, now } = deps;
	if (await deleteRows(deps, sweep.tenantId)) {
		await runBatch(db, endDeletion(deps, sweep.tenantId));
		// The log is outside of the databases: after a restore, it says what to delete again.
		logEvent("tenant_deleted", { tenant_id: sweep.tenantId });
		return "finished";
	}
	await db.update(gateSweeps).set({ claimedUntil: 0, updatedAt: now }).where(ofSweep(sweep));
	return 0;
}

/**
 * Calls the gates, to set whether their tenant is suspended or to erase their keys. Returns the ids of those that have not
 * acknowledged.
 */
async function tellGates(
	{ gates }: Pick<Deps, "gates">,
	{ kind, tenantId }: Sweep,
	keys: readonly { id: string }[],
	{ suspension, place }: Order,
): Promise<string[]> {
	const failed: string[] = [];
	const tell = async ({ id }: { id: string }) => {
		try {
			await withTimeout(
				CALL_TIMEOUT_MS,
				retryOnce(() => {
					const gate = gates.getByName(id, place);
					return kind === "delete" ? gate.erase(id, tenantId) : gate.suspend(suspension);
				}),
				"The gate of a key",
			);
		} catch (error) {
			// One line for a portion: all its gates may fail for the same reason.
			if (failed.length === 0) logError("A gate did not acknowledge a sweep, which will be retried", error);
			failed.push(id);
		}
	};
	await eachGate(keys, tell, AT_ONCE);
	return failed;
}

const isCurrent = ({ tenantId, suspensionNo }: Sweep) =>
	sql`exists (select 1 from ${gateSweeps} sweep where sweep.tenant_id = ${tenantId} and sweep.suspension_no = ${suspensionNo})`;

function recordFailures({ db, now }: Deps, sweep: Sweep, ids: readonly string[]): Statement[] {
	if (ids.length === 0) return [];
	return [
		db
			.insert(gateSweepFailures)
			.select(
				sql`select ${sweep.tenantId}, value, ${now} from json_each(${JSON.stringify(ids)}) where ${isCurrent(sweep)}`,
			)
			.onConflictDoUpdate({ target: [gateSweepFailures.tenantId, gateSweepFailures.keyId], set: { at: now } }),
	];
}

/** Moves on to the key after `lastNo`, unless another caller has had the same portion and was faster. */
function advance({ db, now }: Deps, sweep: Sweep, lastNo: number | null, acknowledged: number): Statement {
	return db
		.update(gateSweeps)
		.set({ lastNo: lastNo ?? sweep.lastNo, done: sql`done + ${acknowledged}`, claimedUntil: 0, updatedAt: now })
		.where(and(ofSweep(sweep), eq(gateSweeps.lastNo, sweep.lastNo)));
}
