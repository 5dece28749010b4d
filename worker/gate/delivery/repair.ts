/**
 * Repairs the differences between a gate and D1 that a restore of either has made. The gate wins, except where D1 knows a
 * later state of the same key. docs/decisions/reconcile.md says what is promised.
 */
import type { KeySnapshot } from "../../keys/snapshot.ts";
import { isSame, stricterOf } from "../../keys/stricter.ts";
import type { ChangingGate } from "../changes.ts";
import { isTombstone } from "../key-memory.ts";
import type { GateReport, Outcome } from "../protocol.ts";
import { RETRY_FIRST_MS } from "./back-off.ts";
import { connect, readKey, type StoredKey } from "./d1-records.ts";
import { type Placement, placementOf, repairEvent } from "./d1-repair.ts";

/** Takes over the later state that D1 knows, because the gate's storage was lost or put back. */
export async function takeOver({ memory, store, alarm }: ChangingGate, now: number): Promise<void> {
	const { loaded } = memory;
	// A delivery that took too long may have compared an older state, and then nothing changes.
	if (!loaded || !(await memory.takeOver(loaded.key.id))) return;
	store.putEvent(repairEvent(loaded.key, "storage was lost or outdated", now));
	alarm.scheduleBy(now + RETRY_FIRST_MS);
}

/** Deletes the key, because D1 knows that it was deleted. */
export function forget(
	{ memory, store }: ChangingGate,
	placement: Extract<Placement, "deleted" | "tenant deleted">,
	now: number,
): void {
	const { loaded } = memory;
	if (!loaded) return;
	const { id, tenantId } = loaded.key;
	memory.replace({ id, tenantId, deletedAt: now });
	// The audit log of a deleted tenant takes no more events.
	if (placement === "tenant deleted") store.eraseAllButKey();
	else store.deleteUsage();
}

/** A repair may need a second delivery: of what the gate took over. The third run only shows that nothing is left. */
const RUNS_MAX = 3;

/**
 * Compares the gate with D1 and repairs the difference; a dry run only reports it. `keyId` is null if the object was found
 * by its own id: then it knows its key, or has none. Throws if D1 doesn't respond.
 */
export async function reconcile(
	gate: ChangingGate,
	keyId: string | null,
	isDryRun: boolean,
	now: number,
): Promise<GateReport> {
	const report = await compare(gate, keyId);
	if (isDryRun || report.keyId === null || report.outcome === "unreadable") return report;
	if (report.outcome === "lost") await gate.memory.load(report.keyId);
	for (let run = 0, left: Outcome = report.outcome; run < RUNS_MAX; run++) {
		// The first run also delivers the usage of a key that agrees.
		gate.memory.persistUsage();
		await gate.delivery.run(() => gate.memory.content("with comparison"), now);
		left = (await compare(gate, report.keyId)).outcome;
		if (left === "agrees" || left === "unused" || left === "unlisted") return report;
	}
	return { ...report, isRepaired: false };
}

async function compare({ memory, d1 }: ChangingGate, keyId: string | null): Promise<GateReport> {
	const { state } = memory;
	if (memory.isUnreadable) return { keyId, tenantId: null, outcome: "unreadable", isRepaired: false };
	const known = state && (isTombstone(state) ? state : state.key);
	const id = known?.id ?? keyId;
	if (id === null) return { keyId: null, tenantId: null, outcome: "empty", isRepaired: true };
	const db = connect(d1());
	const inD1 = await readKey(db, id);
	const tenantId = known?.tenantId ?? inD1?.key.tenantId ?? null;
	const report = (outcome: Outcome): GateReport => ({
		...{ keyId: id, tenantId, outcome, isRepaired: true },
		...(memory.loaded ? { suspension: memory.suspension } : {}),
	});
	if (!state) return report(inD1 ? withoutStorage(inD1) : "unknown");
	if (isTombstone(state)) return report(inD1?.key.tenantId === state.tenantId ? "ghost" : "agrees");
	if (inD1?.key.tenantId === state.key.tenantId)
		return report(difference(state.key, state.counter.lifetime.usageCount, inD1));
	return report(OUTCOME_OF[(await placementOf(db, state.key)).placement]);
}

/** The outcome for a key that has no row, by where D1 puts it. */
const OUTCOME_OF: Record<Placement, Outcome> = {
	listed: "missing",
	unlisted: "unlisted",
	deleted: "deleted",
	"tenant deleted": "deleted",
	elsewhere: "elsewhere",
};

/** A key that was never used nor changed has no storage yet. */
const withoutStorage = ({ key, lifetime, newestHour }: StoredKey): Outcome =>
	key.version > 1 || lifetime.usageCount > 0 || newestHour ? "lost" : "unused";

/** D1 may have less usage than the gate: the next delivery brings it. */
function difference(key: KeySnapshot, usageCount: number, inD1: StoredKey): Outcome {
	if (stricterOf(key, inD1.key) !== key || inD1.lifetime.usageCount > usageCount) return "behind";
	return isSame(key, inD1.key) ? "agrees" : "outdated";
}
