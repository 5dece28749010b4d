/** The checker finds histories that break a guarantee, and accepts those that keep it. */
import { describe, expect, it } from "vitest";
import { disagreements, type Event, type Row } from "./agreement.ts";
import { check } from "./checker.ts";
import { type CallResponse, type Invocation, Recorder, type Settings } from "./operations.ts";

const HOUR_MS = 3_600_000;
const HOUR = 500_000 * HOUR_MS;
const SETTINGS: Settings = { name: "A", scopes: [], limit: 2, addresses: [], expiresAt: null };

/** Builds a history by hand, with sequential and overlapping calls. */
class Script {
	now = HOUR + 60_000;
	readonly recorder = new Recorder(() => this.now);

	constructor(settings: Partial<Settings> = {}) {
		this.begin()("k", { kind: "create", settings: { ...SETTINGS, ...settings } }, { kind: "done" });
	}

	begin() {
		return this.recorder.begin();
	}

	say(invocation: Invocation, response: CallResponse | null): this {
		this.begin()("k", invocation, response);
		return this;
	}

	admitted(remaining: number, limit = 2, about: Partial<Presented> = {}): this {
		return this.say(admit(about), verdict("VALID", remaining, limit, this.hour));
	}

	refused(code: Code, remaining = 0, limit = 2, about: Partial<Presented> = {}): this {
		return this.say(admit(about), verdict(code, remaining, limit, this.hour));
	}

	update(patch: Partial<Settings>, expectedVersion?: number): this {
		return this.say({ kind: "update", patch: { name: "B", ...patch }, expectedVersion }, { kind: "done" });
	}

	go(ms: number): this {
		this.now += ms;
		return this;
	}

	get hour() {
		return this.now - (this.now % HOUR_MS);
	}

	get violations() {
		return check(this.recorder.calls).length;
	}
}

type Code = Extract<CallResponse, { kind: "verdict" }>["code"];
type Presented = Omit<Extract<Invocation, { kind: "admit" }>, "kind">;
const admit = (about: Partial<Presented> = {}): Invocation => ({
	kind: "admit",
	scope: null,
	address: null,
	consume: true,
	...about,
});
const verdict = (code: Code, remaining: number, limit = 2, hour = HOUR): CallResponse => ({
	kind: "verdict",
	code,
	window: { limit, remaining, hour },
});
/** A request that was signed some seconds after the beginning of the history. */
const signed = (no: number, seconds = 0): Partial<Presented> => ({
	signature: { no, at: (HOUR + 60_000) / 1_000 + seconds },
});
const uncertain = (retryAfter: number, remaining = 2): CallResponse => ({
	kind: "verdict",
	code: "UNCERTAIN",
	window: { limit: 2, remaining, hour: HOUR },
	retryAfter,
});
const NOT_FOUND: CallResponse = { kind: "verdict", code: "NOT_FOUND" };
const CONFLICT: CallResponse = { kind: "conflict" };
const DONE: CallResponse = { kind: "done" };
const REVOKE: Invocation = { kind: "revoke", reason: "r" };
const DELETE: Invocation = { kind: "delete" };
const READ: Invocation = { kind: "read" };
const usage = (allowed: number, rateLimited = 0, denied = 0): CallResponse => ({
	kind: "usage",
	allowed,
	rateLimited,
	denied,
});
const told = (count: number, total: number, more: Partial<Settings> = {}, hour = HOUR): CallResponse => ({
	kind: "key",
	settings: { ...SETTINGS, ...more },
	status: "active",
	used: { hour, count, total },
});

/** Makes the call for each number from 1 to n. */
const times = (n: number, call: (i: number) => void) => {
	for (let i = 1; i <= n; i++) call(i);
};

describe("accepts", () => {
	it.each<[string, (s: Script) => void]>([
		["use up to the limit", (s) => s.admitted(1).admitted(0).refused("RATE_LIMITED")],
		["a new hour", (s) => s.admitted(1).admitted(0).go(HOUR_MS).admitted(1)],
		[
			"a revocation and a deletion",
			(s) => s.admitted(1).say(REVOKE, DONE).refused("REVOKED").say(DELETE, DONE).say(admit(), NOT_FOUND),
		],
		[
			"a suspension and a resumption of the tenant",
			(s) =>
				s
					.admitted(1)
					.say({ kind: "suspend" }, DONE)
					.refused("TENANT_SUSPENDED", 1)
					.say({ kind: "update", patch: { name: "B" } }, { kind: "tenant suspended" })
					.say({ kind: "resume" }, DONE)
					.admitted(0),
		],
		["a raised limit", (s) => s.admitted(1).admitted(0).refused("RATE_LIMITED").update({ limit: 3 }).admitted(0, 3)],
		[
			"changes that expect the current version",
			(s) => s.update({}, 1).update({}, 2).say({ kind: "revoke", reason: "r", expectedVersion: 3 }, DONE),
		],
		[
			"changes that expect another version and are rejected",
			(s) =>
				s
					.update({})
					.say({ kind: "update", patch: { name: "C" }, expectedVersion: 1 }, CONFLICT)
					.say({ kind: "rotate", overlapMs: 0, expectedVersion: 1 }, CONFLICT)
					.say({ kind: "revoke", reason: "r", expectedVersion: 1 }, CONFLICT)
					.say({ kind: "delete", expectedVersion: 1 }, CONFLICT)
					.admitted(1),
		],
		["a read", (s) => s.admitted(1).say(READ, told(1, 1)).say({ kind: "usage" }, usage(1))],
		["a call that does not consume", (s) => s.admitted(2, 2, { consume: false }).admitted(1)],
		[
			"scopes and IP addresses",
			(s) =>
				s
					.update({ scopes: ["leads:read"], addresses: ["1.1.1.1"] })
					.refused("MISSING_SCOPE", 2, 2, { scope: "leads:write", address: "1.1.1.1" })
					.refused("ADDRESS_NOT_ALLOWED", 2, 2, { address: "2.2.2.2" })
					.refused("ADDRESS_NOT_ALLOWED", 2)
					.admitted(1, 2, { scope: "leads:read", address: "1.1.1.1" }),
		],
	])("%s", (_name, play) => {
		const script = new Script();
		play(script);
		expect(script.violations).toBe(0);
	});

	it("an admission that overlaps with the revocation, whichever ends first", () => {
		const script = new Script();
		const [admission, revocation] = [script.begin(), script.begin()];
		revocation("k", REVOKE, DONE);
		admission("k", admit(), verdict("VALID", 1));
		expect(script.refused("REVOKED").violations).toBe(0);
	});

	it("responses in another order than the count", () => {
		const script = new Script();
		const ends = [script.begin(), script.begin()];
		ends[0]?.("k", admit(), verdict("VALID", 0));
		ends[1]?.("k", admit(), verdict("VALID", 1));
		expect(script.violations).toBe(0);
	});

	it("a call without a response, done or not", () => {
		for (const remaining of [1, 0]) expect(new Script().say(admit(), null).admitted(remaining).violations).toBe(0);
	});

	it.each<[string, (s: Script) => void]>([
		[
			"a replay that is refused, and a new request",
			(s) => s.admitted(1, 2, signed(1)).refused("REPLAYED", 1, 2, signed(1)).admitted(0, 2, signed(2)),
		],
		[
			"a replay that is refused although the limit is used up",
			(s) => s.admitted(0, 1, signed(1)).refused("REPLAYED", 0, 1, signed(1)).refused("RATE_LIMITED", 0, 1, signed(2)),
		],
		[
			"a request that was refused, and is sent again",
			(s) =>
				s
					.update({ addresses: ["1"] })
					.refused("ADDRESS_NOT_ALLOWED", 2, 2, signed(1))
					.admitted(1, 2, { ...signed(1), address: "1" }),
		],
		[
			"an old request, refused by the gate or before it",
			(s) =>
				s.refused("OUTDATED", 2, 2, signed(1, -31)).say(admit(signed(1, -31)), { kind: "verdict", code: "OUTDATED" }),
		],
		[
			"a lost response, and then either verdict on a replay",
			(s) =>
				s
					.say(admit(signed(1)), null)
					.say(admit(signed(2)), null)
					.refused("REPLAYED", 1, 2, signed(1)),
		],
		[
			"a refusal after a crash, and an admission of what is signed again after the wait",
			(s) =>
				s
					.admitted(1, 2, signed(1))
					.say({ kind: "crash" }, DONE)
					.say(admit(signed(2)), uncertain(12, 1))
					.admitted(0, 2, signed(3, 12)),
		],
	])("signed requests: %s", (name, play) => {
		const script = new Script({ limit: name.includes("used up") ? 1 : 2 });
		play(script);
		expect(script.violations).toBe(0);
	});

	it("a crash with a large limit, which may cost a hundredth", () => {
		for (const used of [1, 30]) {
			const script = new Script({ limit: 3_000 });
			script.admitted(2_999, 3_000).say({ kind: "crash" }, DONE);
			script.say(READ, told(used, used, { limit: 3_000 }));
			expect(script.violations).toBe(0);
		}
	});
});

describe("rejects", () => {
	it.each<[string, (s: Script) => void]>([
		["one admission too many", (s) => s.admitted(1).admitted(0).admitted(0)],
		["an admission after a suspension", (s) => s.say({ kind: "suspend" }, DONE).admitted(1)],
		["a suspension that was not made", (s) => s.refused("TENANT_SUSPENDED", 2)],
		[
			"a suspension that stays after the resumption",
			(s) => s.say({ kind: "suspend" }, DONE).say({ kind: "resume" }, DONE).refused("TENANT_SUSPENDED", 2),
		],
		[
			"a refusal of a suspended tenant that uses up the limit",
			(s) => s.admitted(1).say({ kind: "suspend" }, DONE).refused("TENANT_SUSPENDED", 0),
		],
		["one admission too few", (s) => s.admitted(1).refused("RATE_LIMITED")],
		["a count that decreases", (s) => s.admitted(1).admitted(1)],
		["a count that skips one", (s) => s.admitted(0)],
		[
			"a new hour that starts without the whole limit",
			(s) => s.admitted(1).admitted(0).go(HOUR_MS).refused("RATE_LIMITED"),
		],
		["an hour that is still counted after its end", (s) => s.admitted(1).go(HOUR_MS).say(admit(), verdict("VALID", 0))],
		["an admission after the revocation", (s) => s.admitted(1).say(REVOKE, DONE).admitted(0)],
		["an admission after the deletion", (s) => s.say(DELETE, DONE).admitted(1)],
		["a revocation that no client requested", (s) => s.refused("REVOKED")],
		["a deletion that no client requested", (s) => s.say(admit(), NOT_FOUND)],
		["a key that comes back", (s) => s.say(DELETE, DONE).say(READ, told(0, 0))],
		["a lowered limit that is not applied", (s) => s.update({ limit: 1 }).admitted(1)],
		["a removed scope that is still admitted", (s) => s.update({ scopes: ["a"] }).admitted(1, 2, { scope: "b" })],
		["a refusal for a scope that the key has", (s) => s.refused("MISSING_SCOPE", 2, 2, { scope: "b" })],
		[
			"an admitted IP address that is not on the list",
			(s) => s.update({ addresses: ["1"] }).admitted(1, 2, { address: "2" }),
		],
		["a request without an IP address on a key with a list", (s) => s.update({ addresses: ["1"] }).admitted(1)],
		["a refused IP address without a list", (s) => s.refused("ADDRESS_NOT_ALLOWED", 2, 2, { address: "2" })],
		[
			"an admission after the expiry",
			(s) =>
				s
					.update({ expiresAt: HOUR + 60_001 })
					.go(1)
					.admitted(1),
		],
		["a refusal before the expiry", (s) => s.update({ expiresAt: HOUR + 60_001 }).refused("EXPIRED")],
		["a refusal that is counted", (s) => s.update({ scopes: ["a"] }).refused("MISSING_SCOPE", 1, 2, { scope: "b" })],
		["a call that does not consume but is counted", (s) => s.admitted(2, 2, { consume: false }).admitted(0)],
		["usage too low", (s) => s.admitted(1).say({ kind: "usage" }, usage(0))],
		["usage too high", (s) => s.admitted(1).say({ kind: "usage" }, usage(2))],
		[
			"total usage that is lost in a new hour",
			(s) =>
				s
					.admitted(1)
					.go(HOUR_MS)
					.say(READ, told(0, 0, {}, HOUR + HOUR_MS)),
		],
		["a read that does not show a change", (s) => s.update({ limit: 5 }).say(READ, told(0, 0))],
		[
			"a successor with outdated settings",
			(s) =>
				s
					.update({ scopes: ["a"] })
					.say({ kind: "rotate", overlapMs: null }, { kind: "rotated", successorId: "s", successor: SETTINGS }),
		],
		[
			"a rotated key that is admitted after its overlap",
			(s) =>
				s
					.say({ kind: "rotate", overlapMs: 5 }, { kind: "rotated", successorId: "s", successor: SETTINGS })
					.go(5)
					.admitted(1),
		],
		["a successful change that expects another version", (s) => s.update({}).update({}, 1)],
		[
			"a successful revocation that expects another version",
			(s) => s.update({}).say({ kind: "revoke", reason: "r", expectedVersion: 1 }, DONE),
		],
		[
			"a successful deletion that expects another version",
			(s) => s.update({}).say({ kind: "delete", expectedVersion: 1 }, DONE),
		],
		[
			"a version that does not increase",
			(s) => s.update({}).say(READ, { ...told(0, 0, { name: "B" }), version: 1 } as CallResponse),
		],
		["a conflict although the version is current", (s) => s.say({ kind: "delete", expectedVersion: 1 }, CONFLICT)],
		["a conflict without a reason", (s) => s.say({ kind: "rotate", overlapMs: null }, { kind: "conflict" })],
		[
			"a crash with a small limit that costs an admission",
			(s) => s.admitted(1).say({ kind: "crash" }, DONE).say(READ, told(2, 2)),
		],
		["a crash that loses an admission", (s) => s.admitted(1).say({ kind: "crash" }, DONE).admitted(1)],
	])("%s", (_name, play) => {
		const script = new Script();
		play(script);
		expect(script.violations).toBe(1);
	});

	it.each<[string, (s: Script) => void]>([
		["a request that is admitted twice", (s) => s.admitted(1, 2, signed(1)).admitted(0, 2, signed(1))],
		[
			"a request that is admitted twice, before and after a crash",
			(s) => s.admitted(1, 2, signed(1)).say({ kind: "crash" }, DONE).admitted(0, 2, signed(1)),
		],
		[
			"a request that is admitted after its replay was refused as one",
			(s) =>
				s
					.say(admit(signed(1)), null)
					.refused("REPLAYED", 1, 2, signed(1))
					.admitted(0, 2, signed(1)),
		],
		["a replay of a request that was never admitted", (s) => s.refused("REPLAYED", 2, 2, signed(1))],
		["a replay that is counted", (s) => s.admitted(1, 2, signed(1)).refused("REPLAYED", 0, 2, signed(1))],
		["an admitted request that is too old", (s) => s.admitted(1, 2, signed(1, -31))],
		["an admitted request that is too far ahead", (s) => s.admitted(1, 2, signed(1, 31))],
		["a timely request that is refused as outdated", (s) => s.refused("OUTDATED", 2, 2, signed(1, -30))],
		["an uncertain refusal without a crash", (s) => s.say(admit(signed(1)), uncertain(12))],
		[
			"an uncertain refusal after an eviction",
			(s) =>
				s
					.admitted(1, 2, signed(1))
					.say({ kind: "crash", wasIdle: true }, DONE)
					.say(admit(signed(2)), uncertain(12, 1)),
		],
		[
			"an uncertain refusal of what was signed again after the wait",
			(s) =>
				s
					.say({ kind: "crash" }, DONE)
					.say(admit(signed(1)), uncertain(12))
					.say(admit(signed(1, 12)), uncertain(12)),
		],
	])("signed requests: %s", (_name, play) => {
		const script = new Script();
		play(script);
		expect(script.violations).toBe(1);
	});

	it("a crash that costs more than a hundredth", () => {
		const script = new Script({ limit: 3_000 });
		script
			.admitted(2_999, 3_000)
			.say({ kind: "crash" }, DONE)
			.say(READ, told(31, 31, { limit: 3_000 }));
		expect(script.violations).toBe(1);
	});

	it("an admission with a raised limit, and then a refusal with the old one", () => {
		const script = new Script().admitted(1).admitted(0);
		const change = script.begin();
		script.admitted(0, 3);
		// The change has taken effect, because an admission depended on it.
		script.refused("RATE_LIMITED");
		change("k", { kind: "update", patch: { name: "B", limit: 3 } }, DONE);
		expect(script.violations).toBe(1);
	});

	it("two overlapping admissions with the same count", () => {
		const script = new Script();
		const ends = [script.begin(), script.begin()];
		for (const end of ends) end("k", admit(), verdict("VALID", 1));
		expect(script.violations).toBe(1);
	});

	it("more admissions than the calls without a response explain", () => {
		const script = new Script({ limit: 10 });
		times(3, () => script.say(admit(), null));
		expect(script.admitted(6, 10).violations).toBe(0);
		expect(script.admitted(9, 10).violations).toBe(1);
	});

	it("a violation of one key among several", () => {
		const { recorder } = new Script().admitted(1);
		const end = recorder.begin();
		end("other", { kind: "create", settings: SETTINGS }, DONE);
		recorder.begin()("other", admit(), verdict("VALID", 0));
		expect(check(recorder.calls).map(({ keyId }) => keyId)).toEqual(["other"]);
	});
});

describe("the contents of D1", () => {
	const row: Row = { name: "B", status: "active", rate_limit: 2, usage_count: 1 };
	const event = (id: string, action: string, changes: Event["changes"] = {}): Event => ({
		id,
		action,
		key_id: "k",
		changes,
	});
	const created = event("1", "api_key.create");
	const updated = event("2", "api_key.update", { name: { from: "A", to: "B" } });
	const history = () =>
		new Script()
			.admitted(1)
			.update({})
			.say(READ, told(1, 1, { name: "B" })).recorder.calls;
	const judge = (rows: Row[], events: Event[], calls = history()) =>
		disagreements(calls, { rows: new Map(rows.map((it) => ["k", it])), events }).length;

	it("agree if they match the responses", () => {
		expect(judge([row], [created, updated])).toBe(0);
		const lost = new Script().say({ kind: "update", patch: { name: "B" } }, null).say(READ, told(0, 0)).recorder.calls;
		const unused = { ...row, name: "A", usage_count: 0 };
		expect(judge([unused], [created], lost)).toBe(0);
		expect(judge([unused], [created, updated], lost)).toBe(0);
	});

	it.each<[string, Row[], Event[]]>([
		["usage is missing", [{ ...row, usage_count: 0 }], [created, updated]],
		["usage is doubled", [{ ...row, usage_count: 2 }], [created, updated]],
		["a change is missing", [{ ...row, name: "A" }], [created, updated]],
		["a key is missing", [], [created, updated]],
		["an event is missing", [row], [created]],
		["an event occurs twice", [row], [created, updated, { ...updated, id: "3" }]],
		["there is an event without a call", [row], [created, updated, event("4", "api_key.revoke")]],
	])("disagree if %s", (_name, rows, events) => {
		expect(judge(rows, events)).toBe(1);
	});

	it.each([
		[[1, 1, 1], 0],
		[[1, 1, 2], 0],
		[[1, 0, 1], 1],
		[[1, 2, 1], 1],
		[[1, 1, 0], 1],
		[[1, 1, 3], 1],
	])("with the usage %j disagree %i times about refusals", ([allowed = 0, rateLimited, denied], times) => {
		const { calls } = new Script({ limit: 1, scopes: ["leads:read"] })
			.admitted(0, 1)
			.refused("RATE_LIMITED", 0, 1)
			.refused("MISSING_SCOPE", 0, 1, { scope: "leads:write" })
			.refused("MISSING_SCOPE", 0, 1, { scope: "leads:write", consume: false })
			.say(REVOKE, DONE)
			.refused("REVOKED", 0, 1)
			.say({ kind: "usage" }, usage(allowed, rateLimited, denied))
			.say(READ, { ...told(1, 1, { limit: 1 }), status: "revoked" } as CallResponse).recorder;
		const revoked = { ...row, name: "A", status: "revoked", rate_limit: 1 };
		expect(judge([revoked], [created, event("2", "api_key.revoke")], calls)).toBe(times);
	});

	it("disagree if a deleted key is still listed, or if a failed rotation left a successor", () => {
		const gone = new Script().say(DELETE, DONE).say(READ, { kind: "not found" }).recorder.calls;
		expect(judge([row], [created, event("2", "api_key.delete")], gone)).toBe(1);
		const left = { ...event("3", "api_key.create", { rotated_from: { from: null, to: "k" } }), key_id: "s" };
		const rows = new Map([
			["k", row],
			["s", row],
		]);
		expect(disagreements(history(), { rows, events: [created, updated, left] })).toHaveLength(1);
	});
});
