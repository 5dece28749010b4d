/**
 * The stage of a rotation. It is derived from the two keys alone, so any person can continue a rotation on any device.
 * Pure.
 */

import { DAY_MS } from "../../../../worker/schemas/time.ts";
import type { ApiKey, ApiKeyDetail } from "../../../api/types.ts";
import { type DistinctCaller, distinctCallers, isSameCaller } from "../distinct-callers.ts";
import { hasEnded, keyState } from "../key-state.ts";

/**
 * - `closed`: the key has ended without a rotation, so there is nothing to hand over.
 * - `create`: there is no successor yet.
 * - `replace`: the successor is gone or has ended before the old key, so another one is needed.
 * - `update`: the integration has to get the successor, which was never used.
 * - `watch`: the successor is in use; the old key has not ended.
 * - `cut`: the old key has ended before the successor was used.
 * - `done`: the old key has ended, and nothing is left to do.
 */
export type Stage = "closed" | "create" | "replace" | "update" | "watch" | "cut" | "done";

/** The stages that show the steps. */
export type OpenStage = Exclude<Stage, "closed">;

/** The four steps that people see. */
export const STEPS = ["create", "update", "use", "retire"] as const;
export type Step = (typeof STEPS)[number];
export type StepState = "done" | "current" | "todo";

/** `successor` is the key that `old` points to; null if it does not exist (any more). */
export function stageOf(old: ApiKey, successor: ApiKeyDetail | null, now: number): Stage {
	const ended = hasEnded(keyState(old, now));
	if (old.rotated_to === null) return ended ? "closed" : "create";
	const works = successor !== null && !hasEnded(keyState(successor, now));
	const used = works && ownUse(successor) !== null;
	if (ended) return works && !used ? "cut" : "done";
	if (!works) return "replace";
	return used ? "watch" : "update";
}

/** Which steps are done, and which is the current one. */
export function stepStates(stage: OpenStage): Record<Step, StepState> {
	switch (stage) {
		case "create":
		case "replace":
			return { create: "current", update: "todo", use: "todo", retire: "todo" };
		case "update":
			return { create: "done", update: "current", use: "todo", retire: "todo" };
		case "watch":
			return { create: "done", update: "done", use: "done", retire: "current" };
		case "cut":
			return { create: "done", update: "current", use: "todo", retire: "done" };
		case "done":
			return { create: "done", update: "done", use: "done", retire: "done" };
	}
}

/** Whether the rotation that created `key` is still under way. If so, that one has to be finished first. */
export function isUnderWay(key: ApiKey, predecessor: ApiKey | null, now: number): predecessor is ApiKey {
	if (key.rotated_to !== null || predecessor === null) return false;
	return predecessor.rotated_to === key.id && !hasEnded(keyState(predecessor, now));
}

/** Only tests a key and does no work with it. */
const WHOAMI = "GET /v1/whoami";

export interface Use {
	/** Admitted requests, without tests in a browser. */
	count: number;
	lastAt: string;
	/** So far every request was `whoami`. */
	onlyChecks: boolean;
}

/** How integrations use a key, or null if none does. Tests in a browser and rejected requests do not count. */
export function ownUse(key: ApiKeyDetail): Use | null {
	const { trials, others } = callersOf(key);
	const count = key.usage_count - trials.reduce((sum, trial) => sum + trial.count - trial.refused, 0);
	if (key.last_used_at === null || count <= 0) return null;
	const admitted = others.filter((caller) => caller.count > caller.refused);
	const lastSeen = admitted[0]?.last_seen_at ?? key.last_used_at;
	return {
		count,
		// The caller's last request may have been rejected.
		lastAt: earlier(lastSeen, key.last_used_at),
		onlyChecks: admitted.length > 0 && admitted.every(({ endpoint }) => endpoint === WHOAMI),
	};
}

/** ISO 8601 in UTC sorts as text. */
const earlier = (a: string, b: string) => (a.localeCompare(b) < 0 ? a : b);

/** The callers of a key, newest first, without tests in a browser. */
export const integrationsOf = (key: ApiKeyDetail): DistinctCaller[] => distinctCallers(callersOf(key).others);

/** The last attempt with a key that is not in use: only rejected requests, a test in a browser, or null. */
export type Attempt = { kind: "refused"; caller: DistinctCaller } | { kind: "trial"; at: string };

export function lastAttempt(key: ApiKeyDetail): Attempt | null {
	const [caller] = integrationsOf(key);
	if (caller && key.usage_count === 0) return { kind: "refused", caller };
	const [trial] = callersOf(key).trials;
	return trial ? { kind: "trial", at: trial.last_seen_at } : null;
}

/** A trial is a person's test in this dashboard or another page. Integrations are programs; no key belongs in a browser. */
function callersOf({ recent_callers }: ApiKeyDetail) {
	const isTrial = ({ endpoint, user_agent }: ApiKeyDetail["recent_callers"][number]) =>
		endpoint === WHOAMI && user_agent.startsWith("Mozilla/");
	return { trials: recent_callers.filter(isTrial), others: recent_callers.filter((caller) => !isTrial(caller)) };
}

/** Which key a caller of the old key uses now. */
export type Move = "moved" | "both" | "not-yet";

export function moveOf(caller: DistinctCaller, callersOfSuccessor: readonly DistinctCaller[]): Move {
	const found = callersOfSuccessor.find((other) => isSameCaller(caller, other));
	if (!found) return "not-yet";
	return found.lastSeenAt >= caller.lastSeenAt ? "moved" : "both";
}

/** What a page has seen of the first use of a successor. */
export interface FirstUse {
	id: string;
	/** Time of the first use; null if the page did not see it and there was more than one request. */
	firstAt: string | null;
	used: boolean;
}

/** Updates `before` with what was just fetched. */
export function firstUseOf(before: FirstUse | undefined, key: ApiKeyDetail): FirstUse {
	const use = ownUse(key);
	const known = before?.id === key.id ? before : undefined;
	if (!use) return { id: key.id, firstAt: null, used: false };
	if (known?.used) return known;
	// There may have been several requests between two fetches, but these are only seconds apart.
	return { id: key.id, firstAt: known || use.count === 1 ? use.lastAt : null, used: true };
}

/** An end of the old key within this time gets a warning: a little more than the longest overlap on offer. */
export const SOON_MS = 8 * DAY_MS;

/** When a key ends automatically, or null. */
export function endOf(key: Pick<ApiKey, "revokes_at" | "expires_at">): string | null {
	if (key.revokes_at === null || key.expires_at === null) return key.revokes_at ?? key.expires_at;
	return earlier(key.revokes_at, key.expires_at);
}
