/**
 * Where a rotation stands. Everything is read off the two keys themselves, so a rotation can be left and taken up again
 * on any machine by anybody. Pure.
 */
import type { ApiKey, ApiKeyDetail } from "../../../../worker/schemas/api-key.ts";
import { type DistinctCaller, distinctCallers, isSameCaller } from "../distinct-callers.ts";
import { hasEnded, keyState } from "../key-state.ts";

/**
 * - `closed`: never rotated, and ended: there is nothing to hand over.
 * - `create`: no successor yet.
 * - `replace`: the successor is gone or has ended, and the old key has not: another one is needed.
 * - `update`: the integration is to get the successor, which nobody has used.
 * - `watch`: the successor is in use; the old key has not ended.
 * - `cut`: the old key has ended before the successor was ever used.
 * - `done`: the old key has ended, and nothing is left to do.
 */
export type Stage = "closed" | "create" | "replace" | "update" | "watch" | "cut" | "done";

/** The stages that show the steps. */
export type OpenStage = Exclude<Stage, "closed">;

/** The four steps that people see. */
export const STEPS = ["create", "update", "use", "retire"] as const;
export type Step = (typeof STEPS)[number];
export type StepState = "done" | "current" | "todo";

/** `successor` is the key that `old` points to; null where there is none, or none any more. */
export function stageOf(old: ApiKey, successor: ApiKeyDetail | null, now: number): Stage {
	const ended = hasEnded(keyState(old, now));
	if (old.rotated_to === null) return ended ? "closed" : "create";
	const works = successor !== null && !hasEnded(keyState(successor, now));
	const used = works && ownUse(successor) !== null;
	if (ended) return works && !used ? "cut" : "done";
	if (!works) return "replace";
	return used ? "watch" : "update";
}

/** What has been done, and what is to be done now. */
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

/** Whether the rotation that `key` came from is still under way: then that is the one to go on with. */
export function isUnderWay(key: ApiKey, predecessor: ApiKey | null, now: number): predecessor is ApiKey {
	if (key.rotated_to !== null || predecessor === null) return false;
	return predecessor.rotated_to === key.id && !hasEnded(keyState(predecessor, now));
}

/** What asks a key about itself, and does no work with it. */
const WHOAMI = "GET /v1/whoami";

export interface Use {
	/** Admitted requests, without trials. */
	count: number;
	lastAt: string;
	/** Nothing but questions about the key itself so far. */
	onlyChecks: boolean;
}

/** What integrations have done with a key, or null for nothing. Trials and what was refused do not count. */
export function ownUse(key: ApiKeyDetail): Use | null {
	const { trials, others } = callersOf(key);
	const count = key.usage_count - trials.reduce((sum, trial) => sum + trial.count - trial.refused, 0);
	if (key.last_used_at === null || count <= 0) return null;
	const admitted = others.filter((caller) => caller.count > caller.refused);
	const lastSeen = admitted[0]?.last_seen_at ?? key.last_used_at;
	return {
		count,
		// The caller's last request may have been refused.
		lastAt: earlier(lastSeen, key.last_used_at),
		onlyChecks: admitted.length > 0 && admitted.every(({ endpoint }) => endpoint === WHOAMI),
	};
}

/** ISO 8601 in UTC sorts as text. */
const earlier = (a: string, b: string) => (a.localeCompare(b) < 0 ? a : b);

/** Who works with a key, most recent first; trials are left out. */
export const integrationsOf = (key: ApiKeyDetail): DistinctCaller[] => distinctCallers(callersOf(key).others);

/** What has come of a key that is not in use: nothing (null), requests that were all refused, or a trial in a browser. */
export type Attempt = { kind: "refused"; caller: DistinctCaller } | { kind: "trial"; at: string };

export function lastAttempt(key: ApiKeyDetail): Attempt | null {
	const [caller] = integrationsOf(key);
	if (caller && key.usage_count === 0) return { kind: "refused", caller };
	const [trial] = callersOf(key).trials;
	return trial ? { kind: "trial", at: trial.last_seen_at } : null;
}

/**
 * A trial is a person who has tested the key in this dashboard or another page: integrations are programs, and no key
 * belongs into a browser.
 */
function callersOf({ recent_callers }: ApiKeyDetail) {
	const isTrial = ({ endpoint, user_agent }: ApiKeyDetail["recent_callers"][number]) =>
		endpoint === WHOAMI && user_agent.startsWith("Mozilla/");
	return { trials: recent_callers.filter(isTrial), others: recent_callers.filter((caller) => !isTrial(caller)) };
}

/** Which key a caller of the old one uses now, by what has been seen. */
export type Move = "moved" | "both" | "not-yet";

export function moveOf(caller: DistinctCaller, callersOfSuccessor: readonly DistinctCaller[]): Move {
	const found = callersOfSuccessor.find((other) => isSameCaller(caller, other));
	if (!found) return "not-yet";
	return found.lastSeenAt >= caller.lastSeenAt ? "moved" : "both";
}

/** What a page that looks at a successor has seen of its beginning. */
export interface Witness {
	id: string;
	/** When it was used first, where that can be told: it was watched, or there was but one request. */
	firstAt: string | null;
	used: boolean;
}

/** The next look at a successor, after `before`. */
export function witness(before: Witness | undefined, key: ApiKeyDetail): Witness {
	const use = ownUse(key);
	const known = before?.id === key.id ? before : undefined;
	if (!use) return { id: key.id, firstAt: null, used: false };
	if (known?.used) return known;
	// Between two looks there may have been several; they are seconds apart.
	return { id: key.id, firstAt: known || use.count === 1 ? use.lastAt : null, used: true };
}

/** An end of the old key that is so near has to be thought of: a little more than the longest overlap on offer. */
export const SOON_MS = 8 * 86_400_000;

/** When a key ends by itself, or null. */
export function endOf(key: Pick<ApiKey, "revokes_at" | "expires_at">): string | null {
	if (key.revokes_at === null || key.expires_at === null) return key.revokes_at ?? key.expires_at;
	return earlier(key.revokes_at, key.expires_at);
}
