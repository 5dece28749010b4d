/**
 * Checks whether a history is linearisable (Herlihy and Wing 1990): is there an order of the calls in which each takes
 * effect at one moment between its beginning and its end, and in which the model gives every response? Pure.
 *
 * Keys are independent, so each is checked on its own. The method is just-in-time linearisation (Lowe 2017). It reads the
 * history once and keeps the set of all worlds that are possible so far. When a call ends, it must have taken effect. If
 * the set becomes empty, the history has a violation.
 */
import { identityOf, type KeyState, newKey, step } from "./model.ts";
import type { Call } from "./operations.ts";

/** One possible course of events: its state, and the calls that have yet to take effect. */
interface World {
	state: KeyState;
	pending: readonly Call[];
}

export interface Violation {
	keyId: string;
	/** The call whose response no order explains. */
	call: Call;
	/** The possible states before it. */
	states: KeyState[];
	/** The last calls on the key that ended before it, oldest first. */
	before: Call[];
}

/** Number of calls that are shown before a violation. */
const SHOWN = 12;
/** These histories never have more possible worlds. If one has, the model is too loose or responses are missing. */
const WORLDS_MAX = 20_000;

/** Returns the first violation of each key. An empty list means that the history is linearisable. */
export function check(calls: readonly Call[]): Violation[] {
	const byKey = Map.groupBy(calls, ({ keyId }) => keyId);
	return [...byKey].flatMap(([keyId, ofKey]) => checkKey(keyId, ofKey) ?? []);
}

function checkKey(keyId: string, calls: Call[]): Violation | null {
	const [creation, ...others] = calls.sort((a, b) => a.began - b.began);
	if (creation?.ask.kind !== "create") throw new Error(`The history of ${keyId} does not begin with its creation`);
	const contended = contendedCalls(others);
	const moments = others
		.flatMap((call) => [
			{ call, at: call.began, end: false },
			{ call, at: call.ended, end: true },
		])
		.sort((a, b) => a.at - b.at);
	const ended: Call[] = [];
	let worlds: World[] = [{ state: newKey(creation.ask.settings), pending: [] }];
	for (const { call, end } of moments) {
		if (!end) {
			worlds = worlds.map(({ state, pending }) => settle(state, [...pending, call], contended));
			continue;
		}
		const after = worlds.flatMap((world) => finish(world, call, contended));
		if (after.length === 0)
			return { keyId, call, states: worlds.map(({ state }) => state), before: ended.slice(-SHOWN) };
		worlds = distinct(after);
		if (worlds.length > WORLDS_MAX) throw new Error(`The history of ${keyId} can be explained in too many ways`);
		ended.push(call);
	}
	return null;
}

/** All worlds in which `call`, which ends now, has taken effect. Without a response it may also have had none. */
function finish(world: World, call: Call, contended: ReadonlySet<Call>): World[] {
	if (!world.pending.includes(call)) return [world];
	const found: World[] = [];
	if (call.answer === null) found.push({ ...world, pending: world.pending.filter((other) => other !== call) });
	const visited = new Set<string>();
	const open = [world];
	for (let current = open.pop(); current; current = open.pop()) {
		const unanswered = firstToEnd(current.pending.filter(isUnansweredAdmission));
		for (const next of current.pending) {
			// Admissions without a response are interchangeable, and the others have more time left.
			if (isUnansweredAdmission(next) && next !== unanswered) continue;
			for (const asked of readings(next)) {
				const state = step(current.state, asked, contended.has(next));
				if (state === null) continue;
				const then = settle(
					state,
					current.pending.filter((other) => other !== next),
					contended,
				);
				const name = nameOf(then);
				if (visited.has(name)) continue;
				visited.add(name);
				if (then.pending.includes(call)) open.push(then);
				else found.push(then);
			}
		}
	}
	return found;
}

/**
 * Applies the calls that change nothing in this state. That excludes no other order, and later it may be impossible.
 */
function settle(state: KeyState, pending: readonly Call[], contended: ReadonlySet<Call>): World {
	return {
		state,
		pending: pending.filter((call) => call.answer === null || step(state, call, contended.has(call)) !== state),
	};
}

function distinct(worlds: readonly World[]): World[] {
	if (worlds.length === 1) return [...worlds];
	return [...new Map(worlds.map((world) => [nameOf(world), world])).values()];
}

const isUnansweredAdmission = ({ ask, answer }: Call) => answer === null && ask.kind === "admit";
/** If a new hour began during an admission without a response, either hour may have counted it. */
const readings = (call: Call): Call[] =>
	isUnansweredAdmission(call) ? [call, { ...call, clock: [call.clock[1], call.clock[1]] }] : [call];
const firstToEnd = (calls: readonly Call[]): Call | undefined =>
	calls.reduce<Call | undefined>((first, call) => (first && first.ended < call.ended ? first : call), undefined);

const nameOf = ({ state, pending }: World): string =>
	`${identityOf(state)} ${pending.map(({ began }) => began).join()}`;

const CHANGES = new Set<Call["ask"]["kind"]>(["update", "rotate", "revoke", "delete"]);

/** The changes that overlap with another change of the same key. */
function contendedCalls(calls: readonly Call[]): Set<Call> {
	const changes = calls.filter(({ ask }) => CHANGES.has(ask.kind));
	return new Set(
		changes.filter((call) =>
			changes.some((other) => other !== call && other.began < call.ended && call.began < other.ended),
		),
	);
}
