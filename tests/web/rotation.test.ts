/** The stage of a rotation, derived from its two keys. */
import { describe, expect, it } from "vitest";
import type { ApiKeyDetail } from "../../web/api/types.ts";
import {
	endOf,
	firstUseOf,
	integrationsOf,
	isUnderWay,
	lastAttempt,
	moveOf,
	ownUse,
	stageOf,
	stepStates,
} from "../../web/features/keys/rotation/rotation.ts";
import { apiKeyDetail } from "../api-key.ts";

const NOW = Date.parse("2031-05-06T12:00:00.000Z");
const minutes = (count: number) => new Date(NOW + count * 60_000).toISOString();

type Caller = ApiKeyDetail["recent_callers"][number];
const job: Caller = {
	ip: "203.0.113.7",
	user_agent: "python-requests/2.32",
	endpoint: "POST /v1/sync_activities",
	last_seen_at: minutes(-2),
	count: 1,
	refused: 0,
};
const check: Caller = { ...job, endpoint: "GET /v1/whoami" };
const trial: Caller = { ...check, ip: "198.51.100.1", user_agent: "Mozilla/5.0 (X11) Chrome/147" };

const key = (changes: Partial<ApiKeyDetail> = {}) => apiKeyDetail({ id: "old", created_at: minutes(-600), ...changes });
const rotated = (changes: Partial<ApiKeyDetail> = {}) => key({ rotated_to: "new", ...changes });
const successor = (changes: Partial<ApiKeyDetail> = {}) => key({ id: "new", rotated_from: "old", ...changes });
const used = (callers: Caller[], count: number, at = minutes(-2)) =>
	successor({ usage_count: count, last_used_at: at, recent_callers: callers });
const revoked = { status: "revoked", revoked_at: minutes(-1) } as const;

describe("the stage of a rotation", () => {
	it.each([
		["a key that was never rotated", key(), null, "create"],
		["a revoked key that was never rotated", key(revoked), null, "closed"],
		["an expired key that was never rotated", key({ status: "expired", expires_at: minutes(-1) }), null, "closed"],
		["an unused successor", rotated(), successor(), "update"],
		["a successor in use", rotated(), used([job], 1), "watch"],
		["a successor that was revoked", rotated(), successor(revoked), "replace"],
		["a successor that was revoked after it was used", rotated(), { ...used([job], 1), ...revoked }, "replace"],
		["a successor that was deleted", rotated(), null, "replace"],
		["an old key that was revoked", rotated(revoked), used([job], 1), "done"],
		["an old key that was revoked too early", rotated(revoked), successor(), "cut"],
		["an old key that has expired", rotated({ status: "expired", expires_at: minutes(-1) }), used([job], 1), "done"],
		["both keys revoked", rotated(revoked), successor(revoked), "done"],
		["an old key that was revoked, and a successor that was deleted", rotated(revoked), null, "done"],
	] as const)("is right for %s", (_, old, next, stage) => {
		expect(stageOf(old, next, NOW)).toBe(stage);
	});

	it("changes when the old key ends, before the service confirms it", () => {
		const old = rotated({ revokes_at: minutes(1) });
		expect(stageOf(old, used([job], 1), NOW)).toBe("watch");
		expect(stageOf(old, used([job], 1), NOW + 60_000)).toBe("done");
		expect(stageOf(old, successor(), NOW + 60_000)).toBe("cut");
	});

	it("has exactly one current step until the rotation is done", () => {
		const current = (stage: Parameters<typeof stepStates>[0]) =>
			Object.entries(stepStates(stage)).flatMap(([step, state]) => (state === "current" ? [step] : []));
		expect(current("create")).toEqual(["create"]);
		expect(current("replace")).toEqual(["create"]);
		expect(current("update")).toEqual(["update"]);
		expect(current("watch")).toEqual(["retire"]);
		expect(current("cut")).toEqual(["update"]);
		expect(current("done")).toEqual([]);
		expect(Object.values(stepStates("done"))).toEqual(["done", "done", "done", "done"]);
	});
});

describe("use of a new key", () => {
	it("includes requests of a program", () => {
		expect(ownUse(used([job], 3))).toEqual({ count: 3, lastAt: minutes(-2), onlyChecks: false });
	});

	it("does not include a test in a browser, which the page itself offers", () => {
		expect(ownUse(used([trial], 1))).toBeNull();
		expect(ownUse(used([{ ...trial, count: 4 }], 4))).toBeNull();
		expect(lastAttempt(used([trial], 1))).toEqual({ kind: "trial", at: trial.last_seen_at });
	});

	it("does not count tests, not even as the last request", () => {
		const later: Caller = { ...trial, last_seen_at: minutes(-1), count: 2 };
		expect(ownUse(used([later, job], 5, minutes(-1)))).toEqual({ count: 3, lastAt: minutes(-2), onlyChecks: false });
	});

	it("marks a program that only calls whoami", () => {
		expect(ownUse(used([check], 1))).toMatchObject({ onlyChecks: true });
		expect(ownUse(used([check, { ...job, last_seen_at: minutes(-3) }], 2))).toMatchObject({ onlyChecks: false });
	});

	it("is not reduced by tests that were rejected", () => {
		const refusedTrials: Caller = { ...trial, count: 9, refused: 9 };
		expect(ownUse(used([refusedTrials, job], 1))).toMatchObject({ count: 1, onlyChecks: false });
		const alsoChecked: Caller = { ...check, last_seen_at: minutes(-1) };
		const refusedJob: Caller = { ...job, refused: 1 };
		expect(ownUse(used([alsoChecked, refusedJob], 1))).toMatchObject({ count: 1, onlyChecks: true });
	});

	it("does not include a rejected request, which is shown as such", () => {
		const refused = successor({ recent_callers: [{ ...job, refused: 1 }] });
		expect(ownUse(refused)).toBeNull();
		expect(lastAttempt(refused)).toMatchObject({ kind: "refused", caller: { ip: job.ip, endpoint: job.endpoint } });
	});

	it("does not end with a rejection after the last admitted request", () => {
		const refusedSince: Caller = { ...job, endpoint: "GET /v1/leads", last_seen_at: minutes(-1), refused: 1 };
		expect(ownUse(used([refusedSince, job], 1, minutes(-2)))?.lastAt).toBe(minutes(-2));
	});

	it("includes requests whose callers are no longer listed, so that the key does not look unused", () => {
		expect(ownUse(used([], 2))).toEqual({ count: 2, lastAt: minutes(-2), onlyChecks: false });
	});

	it("does not exist without requests", () => {
		expect(ownUse(successor())).toBeNull();
		expect(lastAttempt(successor())).toBeNull();
	});
});

describe("the time of the first request", () => {
	it("is known if the page saw it, even after more requests", () => {
		const waiting = firstUseOf(undefined, successor());
		const first = firstUseOf(waiting, used([job], 3));
		expect(first.firstAt).toBe(minutes(-2));
		expect(firstUseOf(first, used([{ ...job, last_seen_at: minutes(-1) }], 300, minutes(-1))).firstAt).toBe(
			minutes(-2),
		);
	});

	it("is known if it is the only request", () => {
		expect(firstUseOf(undefined, used([job], 1)).firstAt).toBe(minutes(-2));
	});

	it("stays unknown if the page opened after several requests", () => {
		const late = firstUseOf(undefined, used([job], 345));
		expect(late.firstAt).toBeNull();
		expect(firstUseOf(late, used([job], 346)).firstAt).toBeNull();
	});

	it("is kept per successor", () => {
		const first = firstUseOf(undefined, used([job], 1));
		expect(firstUseOf(first, { ...successor(), id: "another" })).toEqual({ id: "another", firstAt: null, used: false });
	});
});

describe("callers that use the new key", () => {
	const [caller] = integrationsOf(used([job], 1));
	if (!caller) throw new Error("The job is a caller.");
	const at = (last_seen_at: string, changes: Partial<Caller> = {}) =>
		integrationsOf(used([{ ...job, last_seen_at, ...changes }], 1));

	it("include a caller that was seen with the new key last", () => {
		expect(moveOf(caller, at(minutes(-1), { endpoint: "GET /v1/leads" }))).toBe("moved");
	});
	it("do not include a caller that returned to the old key", () => {
		expect(moveOf(caller, at(minutes(-3)))).toBe("both");
	});
	it("do not include another program at the same IP address, or the same program at another one", () => {
		expect(moveOf(caller, at(minutes(-1), { user_agent: "curl/8" }))).toBe("not-yet");
		expect(moveOf(caller, at(minutes(-1), { ip: "203.0.113.8" }))).toBe("not-yet");
		expect(moveOf(caller, [])).toBe("not-yet");
	});
	it("do not include tests in a browser", () => {
		expect(integrationsOf(used([trial], 1))).toEqual([]);
	});
});

describe("a rotation that is under way", () => {
	it("is continued from its successor's page", () => {
		expect(isUnderWay(successor(), rotated(), NOW)).toBe(true);
		expect(isUnderWay(successor(revoked), rotated(), NOW)).toBe(true);
	});
	it("is over when the old key has ended", () => {
		expect(isUnderWay(successor(), rotated(revoked), NOW)).toBe(false);
		expect(isUnderWay(successor(), rotated({ revokes_at: minutes(-1) }), NOW)).toBe(false);
		expect(isUnderWay(successor(), null, NOW)).toBe(false);
	});
	it("does not include a successor that was replaced or rotated", () => {
		expect(isUnderWay(successor(), rotated({ rotated_to: "another" }), NOW)).toBe(false);
		expect(isUnderWay(successor({ rotated_to: "third" }), rotated(), NOW)).toBe(false);
	});
});

it("a key ends at its expiry or the end of its rotation, whichever is earlier", () => {
	expect(endOf(key())).toBeNull();
	expect(endOf(key({ expires_at: minutes(5) }))).toBe(minutes(5));
	expect(endOf(key({ revokes_at: minutes(6) }))).toBe(minutes(6));
	expect(endOf(key({ expires_at: minutes(5), revokes_at: minutes(6) }))).toBe(minutes(5));
	expect(endOf(key({ expires_at: minutes(7), revokes_at: minutes(6) }))).toBe(minutes(6));
});
