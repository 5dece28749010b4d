/**
 * The specification of the gate: what one key must do if calls come one after the other. It is as short as possible and
 * shares no code with the gate. Pure.
 *
 * A crash may make the count of the current hour too high, by the reservation: nothing up to a limit of 1,000, a hundredth
 * of a larger one. So counts are ranges. The next response that shows a count makes them exact again.
 *
 * A signed request is admitted at most once, whatever the gate has forgotten. After a crash, it may be refused as uncertain
 * if it was signed before the gate woke.
 */
import type { Call, CallResponse, Settings, Signature } from "./operations.ts";

const HOUR_MS = 3_600_000;
const SMALL_LIMIT = 1_000;
/** How long before and after its timestamp a signature is valid. */
const SIGNATURE_VALID_MS = 30_000;
/** How far ahead of the clock of a gate that wakes after a crash the requests that it refuses may be signed. */
const UNCERTAIN_AHEAD_MS = 40_000;

/** The lowest and the highest possible value. */
type Range = readonly [number, number];

export interface KeyState {
	readonly settings: Settings;
	/** `settings` as JSON, to compare states. */
	readonly text: string;
	/** Rises by one with every change. */
	readonly version: number;
	readonly deleted: boolean;
	readonly revoked: boolean;
	/** Whether the tenant is suspended. */
	readonly suspended: boolean;
	/** The time at which a rotated key is revoked: a range, because the clock may have moved during the call. */
	readonly stopsAt: Range | null;
	/** The hour of the count, as its first millisecond. */
	readonly hour: number;
	/** Admissions in that hour, and in all earlier hours. */
	readonly count: Range;
	readonly before: Range;
	/** The signed requests that were admitted, one bit for each, by number. They are copied with every step. */
	readonly admitted: bigint;
	/** Those whose response was lost, in the same way. */
	readonly perhapsAdmitted: bigint;
	/** The latest timestamp, in milliseconds, that may be refused as uncertain. */
	readonly uncertainUntil: number;
	/** Whether the gate has crashed since the latest signed request, and may have forgotten some. */
	readonly mayHaveForgotten: boolean;
}

const EXACTLY_NONE: Range = [0, 0];

export function newKey(settings: Settings): KeyState {
	return {
		settings,
		text: JSON.stringify(settings),
		version: 1,
		deleted: false,
		revoked: false,
		suspended: false,
		stopsAt: null,
		hour: 0,
		count: EXACTLY_NONE,
		before: EXACTLY_NONE,
		admitted: 0n,
		perhapsAdmitted: 0n,
		uncertainUntil: 0,
		mayHaveForgotten: false,
	};
}

/** Equal states have the same identity. */
export const identityOf = (s: KeyState): string =>
	`${s.version} ${s.deleted} ${s.revoked} ${s.suspended} ${s.stopsAt} ${s.hour} ${s.count} ${s.before} ${s.text} ${identityOfSigned(s)}`;

const identityOfSigned = ({ admitted, perhapsAdmitted, uncertainUntil, mayHaveForgotten }: KeyState): string =>
	`${admitted.toString(36)} ${perhapsAdmitted.toString(36)} ${uncertainUntil} ${mayHaveForgotten}`;

/**
 * The state after the call, if the call takes effect in this state. Returns the same object if the call changes nothing,
 * and null if this state can't give the response. `contended`: other changes of the key overlap with this one.
 */
export function step(state: KeyState, call: Call, contended: boolean): KeyState | null {
	const { invocation, response } = call;
	if (invocation.kind === "crash") return crashed(state, invocation.wasIdle ?? false);
	if (invocation.kind === "suspend" || invocation.kind === "resume") {
		const suspended = invocation.kind === "suspend";
		return state.suspended === suspended ? state : { ...state, suspended };
	}
	// While the tenant is being suspended or resumed, its gates change one after the other.
	if (response?.kind === "tenant suspended") return contended || state.suspended ? state : null;
	if (isRefusedByWorker(call)) return mayBeOutdated(invocation, call) ? state : null;
	if (state.deleted) {
		return response === null || response.kind === "not found" || refusedForGood(state, call) ? state : null;
	}
	switch (invocation.kind) {
		case "admit":
			if (response === null) return invocation.consume ? perhapsAdmitted(state, call, invocation) : state;
			return response.kind === "verdict" ? admit(state, call, invocation, response) : null;
		case "read":
			return response === null ? state : response.kind === "key" ? read(state, call, response) : null;
		case "usage":
			return response === null ? state : response.kind === "usage" ? total(state, response.allowed) : null;
		case "update":
			if (response?.kind === "conflict")
				return mayBeRevoked(state, call) || isOutdated(state, invocation) ? state : null;
			// The expiry was in the future when the client chose it, and in the past when the request arrived.
			if (response?.kind === "invalid") return (invocation.patch.expiresAt ?? Infinity) <= call.clock[1] ? state : null;
			return response === null || response.kind === "done"
				? changed(state, call, invocation, updated(state, call, invocation.patch))
				: null;
		case "rotate":
			if (response?.kind === "conflict")
				return contended || state.suspended || mayBeRevoked(state, call) || isOutdated(state, invocation)
					? state
					: null;
			if (response?.kind === "rotated" && !sameSettings(response.successor, state.settings)) return null;
			return response === null || response.kind === "rotated"
				? changed(state, call, invocation, rotated(state, call, invocation.overlapMs))
				: null;
		case "revoke":
			if (state.revoked) return response === null || response.kind === "done" ? state : null;
			if (response?.kind === "conflict") return isOutdated(state, invocation) ? state : null;
			return response === null || response.kind === "done"
				? changed(state, call, invocation, { ...state, revoked: true, version: state.version + 1 })
				: null;
		case "delete":
			if (response?.kind === "conflict") return isOutdated(state, invocation) ? state : null;
			if (isOutdated(state, invocation)) return response === null ? state : null;
			return response === null || response.kind === "done" ? { ...state, deleted: true } : null;
		case "create":
			return null;
		default:
			return invocation satisfies never;
	}
}

type Admission = Extract<Call["invocation"], { kind: "admit" }>;
type Verdict = Extract<CallResponse, { kind: "verdict" }>;

function admit(before: KeyState, call: Call, invocation: Admission, response: Verdict): KeyState | null {
	const { code, window } = response;
	if (code === "NOT_FOUND" || window === undefined) return null;
	// A revoked key may be rejected from memory, without the state of the hour.
	if (code === "REVOKED") return mayBeRevoked(before, call) && window.remaining === 0 ? before : null;

	const state = inHour(before, call, window.hour);
	if (state === null) return null;
	const earliest = Math.max(call.clock[0], window.hour);
	const latest = Math.min(call.clock[1], window.hour + HOUR_MS - 1);
	if (!mayBeUnrevoked(state, earliest)) return null;
	const { settings } = state;
	if (window.limit !== settings.limit) return null;
	if (code === "EXPIRED")
		return settings.expiresAt !== null && settings.expiresAt <= latest && window.remaining === 0 ? state : null;
	if (settings.expiresAt !== null && settings.expiresAt <= earliest) return null;
	if (code === "TENANT_SUSPENDED") return state.suspended ? seen(state, window) : null;
	if (state.suspended) return null;

	const used = settings.limit - window.remaining;
	const addressed =
		settings.addresses.length === 0 || (invocation.address !== null && settings.addresses.includes(invocation.address));
	if (code === "ADDRESS_NOT_ALLOWED") return addressed ? null : seen(state, window);
	const scoped =
		invocation.scope === null || settings.scopes.length === 0 || settings.scopes.includes(invocation.scope);
	if (code === "MISSING_SCOPE") return addressed && !scoped ? seen(state, window) : null;
	if (!addressed || !scoped) return null;
	const { signature } = invocation;
	const after = signature ? signedState(state, call, signature, response) : state;
	if (after === null) return null;
	if (code === "REPLAYED" || code === "UNCERTAIN" || code === "OUTDATED") return signature ? seen(after, window) : null;
	if (code === "RATE_LIMITED") return window.remaining === 0 ? seen(after, window) : null;

	const first = invocation.consume ? used - 1 : used;
	if (first < 0 || first >= settings.limit || !within(first, after.count)) return null;
	return invocation.consume ? { ...after, count: [first + 1, first + 1] } : exact(after, first);
}

/** The state after a signed request that nothing else refuses, apart from the count. Null if it can't have this verdict. */
function signedState(before: KeyState, call: Call, signature: Signature, { code, retryAfter = 0 }: Verdict) {
	const state = awake(before, call);
	const wasAdmitted = hasBit(state.admitted, signature);
	switch (code) {
		case "VALID":
			return wasAdmitted || !mayBeTimely(signature, call) ? null : afterAdmission(state, signature);
		case "REPLAYED":
			if (wasAdmitted) return state;
			return hasBit(state.perhapsAdmitted, signature) ? afterAdmission(state, signature) : null;
		case "OUTDATED":
			return isTimely(signature, call) ? null : state;
		case "UNCERTAIN": {
			const signedAt = signature.at * 1_000;
			if (signedAt > state.uncertainUntil || retryAfter === 0) return null;
			// Signed again after this time, it must be admitted.
			const uncertainUntil = Math.min(state.uncertainUntil, signedAt + retryAfter * 1_000 - 1);
			return uncertainUntil === state.uncertainUntil ? state : { ...state, uncertainUntil };
		}
		default:
			// The hourly limit comes after a replay.
			return wasAdmitted ? null : state;
	}
}

const bitOf = ({ no }: Signature): bigint => 1n << BigInt(no);
const hasBit = (set: bigint, signature: Signature): boolean => (set & bitOf(signature)) !== 0n;
const afterAdmission = (state: KeyState, signature: Signature): KeyState => ({
	...state,
	admitted: state.admitted | bitOf(signature),
});

/** The state of a gate that has certainly looked for what it forgot in a crash. */
function awake(state: KeyState, { clock }: Call): KeyState {
	if (!state.mayHaveForgotten) return state;
	return { ...state, mayHaveForgotten: false, uncertainUntil: clock[1] + UNCERTAIN_AHEAD_MS };
}

const mayBeTimely = ({ at }: Signature, { clock }: Call): boolean =>
	at * 1_000 - SIGNATURE_VALID_MS <= clock[1] && clock[0] <= at * 1_000 + SIGNATURE_VALID_MS;

/** The Worker refuses an outdated signature before it asks the gate, whatever the state of the key. */
const isRefusedByWorker = ({ response }: Call): boolean =>
	response?.kind === "verdict" && response.code === "OUTDATED" && response.window === undefined;

const mayBeOutdated = (invocation: Call["invocation"], call: Call): boolean =>
	invocation.kind === "admit" && invocation.signature !== undefined && !isTimely(invocation.signature, call);

/** Whether the signature was valid during the whole call. */
const isTimely = ({ at }: Signature, { clock }: Call): boolean =>
	at * 1_000 - SIGNATURE_VALID_MS <= clock[0] && clock[1] <= at * 1_000 + SIGNATURE_VALID_MS;

/** Counts an admission without a response in the hour in which it began, unless a later hour has begun to count. */
function perhapsAdmitted(before: KeyState, call: Call, { signature }: Admission): KeyState {
	const [began] = call.clock;
	const state = inHour(before, call, began - (began % HOUR_MS)) ?? before;
	const count: Range = [state.count[0], state.count[1] + 1];
	const perhapsAdmitted = signature ? state.perhapsAdmitted | bitOf(signature) : state.perhapsAdmitted;
	return { ...state, count, perhapsAdmitted };
}

/** The count that a window shows, if this call used nothing of it. */
function seen(state: KeyState, { limit, remaining }: { limit: number; remaining: number }): KeyState | null {
	if (remaining > 0) return exact(state, limit - remaining);
	const [low, high] = state.count;
	// Nothing remains: the count is the limit, or higher if the limit was lowered.
	if (high < limit) return null;
	return low >= limit ? state : { ...state, count: [limit, high] };
}

function exact(state: KeyState, count: number): KeyState | null {
	const [low, high] = state.count;
	if (!within(count, state.count)) return null;
	return low === high ? state : { ...state, count: [count, count] };
}

function read(before: KeyState, call: Call, response: Extract<CallResponse, { kind: "key" }>): KeyState | null {
	if (!sameSettings(response.settings, before.settings)) return null;
	if (response.settings.expiresAt !== before.settings.expiresAt) return null;
	if (response.version !== undefined && response.version !== before.version) return null;
	const { status, used } = response;
	if (status === "revoked" ? !mayBeRevoked(before, call) : !mayBeUnrevoked(before, call.clock[0])) return null;
	const { expiresAt } = before.settings;
	if (status === "expired" && (expiresAt === null || expiresAt > call.clock[1])) return null;
	if (status === "active" && expiresAt !== null && expiresAt <= call.clock[0]) return null;
	if (!used) return before;
	const state = inHour(before, call, used.hour);
	const counted = state && exact(state, used.count);
	return counted && total(counted, used.total);
}

/** Narrows the count of the earlier hours by the total. */
function total(state: KeyState, sum: number): KeyState | null {
	const { count, before } = state;
	const low = Math.max(before[0], sum - count[1]);
	const high = Math.min(before[1], sum - count[0]);
	if (low > high) return null;
	if (low === before[0] && high === before[1]) return state;
	return { ...state, before: [low, high] };
}

/** The state in this hour. Null if the hour had ended, or had not begun, during the call. */
function inHour(state: KeyState, call: Call, hour: number): KeyState | null {
	if (hour < state.hour || hour > call.clock[1]) return null;
	if (hour === state.hour) return hour + HOUR_MS > call.clock[0] ? state : null;
	if (hour + HOUR_MS <= call.clock[0]) return null;
	const { before, count } = state;
	return { ...state, hour, count: EXACTLY_NONE, before: [before[0] + count[0], before[1] + count[1]] };
}

/** Whether the change expects a version that the key does not have. */
const isOutdated = ({ version }: KeyState, { expectedVersion }: { expectedVersion?: number | undefined }): boolean =>
	expectedVersion !== undefined && expectedVersion !== version;

/** The state after a change. Null if the change must fail, or its response shows another version. */
function changed(
	before: KeyState,
	{ response }: Call,
	invocation: { expectedVersion?: number | undefined },
	after: KeyState | null,
): KeyState | null {
	if (isOutdated(before, invocation)) return response === null ? before : null;
	const shown = response !== null && "version" in response ? response.version : undefined;
	return shown === undefined || shown === after?.version ? after : null;
}

function updated(state: KeyState, call: Call, patch: Partial<Settings>): KeyState | null {
	if (!mayBeUnrevoked(state, call.clock[0])) return call.response === null ? state : null;
	const settings = { ...state.settings, ...patch };
	return { ...state, settings, text: JSON.stringify(settings), version: state.version + 1 };
}

function rotated(state: KeyState, call: Call, overlapMs: number | null): KeyState | null {
	if (!mayBeUnrevoked(state, call.clock[0])) return call.response === null ? state : null;
	const version = state.version + 1;
	if (overlapMs === null) return { ...state, version };
	if (overlapMs === 0) return { ...state, version, revoked: true };
	const [low, high] = state.stopsAt ?? [Infinity, Infinity];
	const [from, to] = call.clock;
	// An earlier end stays.
	return { ...state, version, stopsAt: [Math.min(low, from + overlapMs), Math.min(high, to + overlapMs)] };
}

function crashed(state: KeyState, wasIdle: boolean): KeyState {
	const { limit } = state.settings;
	const block = limit <= SMALL_LIMIT ? 1 : Math.floor(limit / 100);
	const [low, high] = state.count;
	const most = Math.max(high, Math.min(high + block - 1, limit));
	// A new object even if nothing is lost: the crash may also have come at another moment.
	return {
		...state,
		count: [low, high === 0 ? 0 : most],
		mayHaveForgotten: state.mayHaveForgotten || !wasIdle,
	};
}

/** A key that was revoked before it was deleted may be rejected from memory as revoked. */
function refusedForGood(state: KeyState, call: Call): boolean {
	if (call.response?.kind !== "verdict") return false;
	const { code } = call.response;
	return code === "NOT_FOUND" || (code === "REVOKED" && mayBeRevoked(state, call));
}

const within = (n: number, [low, high]: Range): boolean => low <= n && n <= high;

/** Whether the key may have been revoked at some moment of the call. */
const mayBeRevoked = ({ revoked, stopsAt }: KeyState, { clock }: Call): boolean =>
	revoked || (stopsAt !== null && stopsAt[0] <= clock[1]);
const mayBeUnrevoked = ({ revoked, stopsAt }: KeyState, earliest: number): boolean =>
	!revoked && (stopsAt === null || stopsAt[1] > earliest);

const sameList = (a: readonly string[], b: readonly string[]) =>
	a.length === b.length && a.every((element, index) => element === b[index]);
/** Settings without the expiry, which a successor does not inherit. */
function sameSettings(a: Settings, b: Settings): boolean {
	return a.name === b.name && a.limit === b.limit && sameList(a.scopes, b.scopes) && sameList(a.addresses, b.addresses);
}
