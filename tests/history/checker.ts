/**
 * Whether a history can be explained: is there an order of the calls in which each takes effect at one moment between
 * its beginning and its end, and in which every answer is the one that the model gives? (Linearisability, Herlihy and
 * Wing 1990.) Pure.
 *
 * Keys are independent, so each is checked by itself. The method is just-in-time linearisation (Lowe 2017): the history
 * is read once; at every moment there is the set of all that may have happened so far; a call must have taken effect
 * when it ends. A set that becomes empty is a violation.
 */
import { identityOf, type KeyState, newKey, step } from "./model.ts";
import type { Call } from "./operations.ts";

/** One way in which things may have gone: the state they have led to, and which calls are still to take effect. */
interface World {
	state: KeyState;
	pending: readonly Call[];
}

export interface Violation {
	keyId: string;
	/** The call whose answer cannot be explained. */
	call: Call;
	/** What could be the state before it. */
	states: KeyState[];
	/** The calls on the key that ended last before it, oldest first. */
	before: Call[];
}

/** What is shown of the calls before a violation. */
const SHOWN = 12;
/** More ways than this are no history that these tests make: the model tells too little, or there are no answers. */
const WORLDS_MAX = 20_000;

/** The first violation of each key; none: the history is that of keys that do what they promise. */
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

/** All worlds in which `call`, which ends now, has taken effect; or has not, if nobody was told. */
function finish(world: World, call: Call, contended: ReadonlySet<Call>): World[] {
	if (!world.pending.includes(call)) return [world];
	const found: World[] = [];
	if (call.answer === null) found.push({ ...world, pending: world.pending.filter((other) => other !== call) });
	const visited = new Set<string>();
	const open = [world];
	for (let current = open.pop(); current; current = open.pop()) {
		const unanswered = firstToEnd(current.pending.filter(isUnansweredAdmission));
		for (const next of current.pending) {
			// Of admissions that nobody knows the outcome of, one is as good as the other; the others have more time left.
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
 * Lets take effect what changes nothing in this state: that never stands in the way of anything else, and later it may
 * no longer be possible.
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
/** An admission without an answer may have been counted when it began or when it ended, if the hour turned meanwhile. */
const readings = (call: Call): Call[] =>
	isUnansweredAdmission(call) ? [call, { ...call, clock: [call.clock[1], call.clock[1]] }] : [call];
const firstToEnd = (calls: readonly Call[]): Call | undefined =>
	calls.reduce<Call | undefined>((first, call) => (first && first.ended < call.ended ? first : call), undefined);

const nameOf = ({ state, pending }: World): string =>
	`${identityOf(state)} ${pending.map(({ began }) => began).join()}`;

const CHANGES = new Set<Call["ask"]["kind"]>(["update", "rotate", "revoke", "delete"]);

/** The changes that were under way at the same time as another change of the key. */
function contendedCalls(calls: readonly Call[]): Set<Call> {
	const changes = calls.filter(({ ask }) => CHANGES.has(ask.kind));
	return new Set(
		changes.filter((call) =>
			changes.some((other) => other !== call && other.began < call.ended && call.began < other.ended),
		),
	);
}
