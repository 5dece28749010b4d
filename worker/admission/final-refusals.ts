/**
 * Refusals that can never change, in the memory of the isolate: a revoked key stays revoked, and a deleted key stays
 * deleted. So the isolate refuses them without asking the gate.
 *
 * The gate still counts the requests of a revoked key, because an admin who revoked a leaked key wants to see who still
 * uses it. The isolate counts them by caller, and sends the counts to the gate a few seconds later, in one call for many
 * requests. If the isolate ends before that, the counts of those seconds are lost.
 */
import { waitUntil } from "cloudflare:workers";
import { putLast } from "../bounded-map.ts";
import type { CallerRefusals } from "../gate/protocol.ts";
import type { Refused, Verdict } from "../keys/verdict.ts";
import { windowState } from "../keys/window.ts";
import { logError } from "../log.ts";

type FinalRefusal = { code: "REVOKED"; limit: number } | { code: "NOT_FOUND" };

type Caller = [ip: string | null, userAgent: string | null, endpoint: string];

/** Sends counts to the gate of the key. */
type SendCounts = (refusals: CallerRefusals[]) => Promise<unknown>;

interface Entry {
	refusal: FinalRefusal;
	until: number;
	/** Requests that the gate hasn't counted yet, by caller. */
	uncounted: Map<string, CallerRefusals>;
	send: SendCounts;
	/** Until when a flush is expected. A later request schedules another one, in case the first was cancelled. */
	flushExpectedUntil: number;
}

const entries = new Map<string, Entry>();
const ENTRIES_MAX = 10_000;
/** After this, the gate is asked again. Nothing can have changed, unless its storage was restored from a backup. */
const KEPT_MS = 10_000;
/** How late the gate counts a refusal. `waitUntil` allows at most 30 seconds. */
const FLUSH_AFTER_MS = 5_000;
/** Callers choose their user agents, so the memory for them is bounded. The requests of others are counted together. */
const CALLERS_MAX = 20;
const OTHER_CALLERS: Caller = [null, null, "other"];

/** Remembers the verdict on the key with this hash if it can never change. */
export function rememberIfFinal(secretHash: string, verdict: Verdict, send: SendCounts, now: number): void {
	const refusal = finalRefusalOf(verdict);
	if (!refusal) return;
	const entry = entries.get(secretHash) ?? { refusal, until: 0, uncounted: new Map(), send, flushExpectedUntil: 0 };
	entry.until = now + KEPT_MS;
	putLast(entries, secretHash, entry, ENTRIES_MAX);
}

function finalRefusalOf(verdict: Verdict): FinalRefusal | null {
	if (verdict.code === "REVOKED") return { code: "REVOKED", limit: verdict.window.limit };
	return verdict.code === "NOT_FOUND" && verdict.final ? { code: "NOT_FOUND" } : null;
}

/**
 * Refuses the key with this hash; null if the gate has to be asked. `caller` is null for a request that is not to be
 * counted.
 */
export function refuseFromMemory(secretHash: string, caller: Caller | null, now: number): Refused | null {
	const entry = entries.get(secretHash);
	if (!entry || entry.until <= now) return null;
	const { refusal } = entry;
	if (refusal.code === "NOT_FOUND") return { code: "NOT_FOUND", final: true };
	if (caller) {
		count(entry.uncounted, caller, 1, now);
		scheduleFlush(entry, now);
	}
	// With the whole limit used, nothing remains.
	return { code: "REVOKED", window: windowState(refusal.limit, refusal.limit, now) };
}

function count(uncounted: Entry["uncounted"], caller: Caller, requests: number, now: number): void {
	const id = caller.join("\n");
	const known = uncounted.get(id);
	if (known) {
		known[3] += requests;
		known[4] = now;
	} else if (uncounted.size < CALLERS_MAX || caller === OTHER_CALLERS) uncounted.set(id, [...caller, requests, now]);
	else count(uncounted, OTHER_CALLERS, requests, now);
}

function scheduleFlush(entry: Entry, now: number): void {
	if (entry.flushExpectedUntil > now) return;
	entry.flushExpectedUntil = now + 2 * FLUSH_AFTER_MS;
	waitUntil(scheduler.wait(FLUSH_AFTER_MS).then(() => flush(entry)));
}

async function flush(entry: Entry): Promise<void> {
	const refusals = [...entry.uncounted.values()];
	entry.uncounted.clear();
	entry.flushExpectedUntil = 0;
	try {
		await entry.send(refusals);
	} catch (error) {
		logError("A gate did not count refusals from memory, which are kept for the next time", error);
		for (const [ip, userAgent, endpoint, requests, lastSeenAt] of refusals)
			count(entry.uncounted, [ip, userAgent, endpoint], requests, lastSeenAt);
	}
}
