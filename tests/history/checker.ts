/**
 * Checks whether a history is linearisable (Herlihy and Wing 1990): is there an order of the calls in which each takes
 * effect at one moment between its beginning and its end, and in which the model gives every response? Pure.
 *
 * Keys are independent, so each is checked on its own. The method is just-in-time linearisation (Lowe 2017). It reads the
 * history once and keeps all configurations that are possible so far. When a call ends, it must have taken effect. If the
 * set becomes empty, the history has a violation.
 */
import { identityOf, type KeyState, newKey, step } from "./model.ts";
import type { Call } from "./operations.ts";

/** One possible course of events: its state, and the calls that have yet to take effect. */
interface Configuration {
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
/** These histories never have more possible configurations. If one has, the model is too loose or responses are missing. */
const CONFIGURATIONS_MAX = 20_000;

/** Returns the first violation of each key. An empty list means that the history is linearisable. */
export function check(calls: readonly Call[]): Violation[] {
	const byKey = Map.groupBy(calls, ({ keyId }) => keyId);
	return [...byKey].flatMap(([keyId, ofKey]) => checkKey(keyId, ofKey) ?? []);
}

function checkKey(keyId: string, calls: Call[]): Violation | null {
	const [creation, ...others] = calls.sort((a, b) => a.began - b.began);
	if (creation?.invocation.kind !== "create")
		throw new Error(`The history of ${keyId} does not begin with its creation`);
	const contended = contendedCalls(others);
	const moments = others
		.flatMap((call) => [
			{ call, at: call.began, end: false },
			{ call, at: call.ended, end: true },
		])
		.sort((a, b) => a.at - b.at);
	const ended: Call[] = [];
	let configurations: Configuration[] = [{ state: newKey(creation.invocation.settings), pending: [] }];
	for (const { call, end } of moments) {
		if (!end) {
			configurations = configurations.map(({ state, pending }) => settle(state, [...pending, call], contended));
			continue;
		}
		const after = configurations.flatMap((configuration) => finish(configuration, call, contended));
		if (after.length === 0)
			return { keyId, call, states: configurations.map(({ state }) => state), before: ended.slice(-SHOWN) };
		configurations = distinct(after);
		if (configurations.length > CONFIGURATIONS_MAX)
			throw new Error(`The history of ${keyId} can be explained in too many ways`);
		ended.push(call);
	}
	return null;
}

/** All configurations in which `call`, which ends now, has taken effect. Without a response it may also have had none. */
function finish(configuration: Configuration, call: Call, contended: ReadonlySet<Call>): Configuration[] {
	if (!configuration.pending.includes(call)) return [configuration];
	const found: Configuration[] = [];
	// An admission without a response leaves a state in which it may or may not have been counted. So it always has an effect.
	if (call.response === null && call.invocation.kind !== "admit")
		found.push({ ...configuration, pending: configuration.pending.filter((other) => other !== call) });
	const visited = new Set<string>();
	const open = [configuration];
	for (let current = open.pop(); current; current = open.pop()) {
		const withoutResponse = firstToEnd(current.pending.filter(isInterchangeable));
		for (const next of current.pending) {
			// Admissions without a response are interchangeable, and the others have more time left. Signed ones are not: one of
			// them may be a replay of the call that ends now.
			if (isInterchangeable(next) && next !== withoutResponse) continue;
			for (const alternative of alternatives(next)) {
				const state = step(current.state, alternative, contended.has(next));
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
function settle(state: KeyState, pending: readonly Call[], contended: ReadonlySet<Call>): Configuration {
	return {
		state,
		pending: pending.filter((call) => call.response === null || step(state, call, contended.has(call)) !== state),
	};
}

function distinct(configurations: readonly Configuration[]): Configuration[] {
	if (configurations.length === 1) return [...configurations];
	return [...new Map(configurations.map((configuration) => [nameOf(configuration), configuration])).values()];
}

const isAdmissionWithoutResponse = ({ invocation, response }: Call) => response === null && invocation.kind === "admit";
const isInterchangeable = (call: Call) =>
	isAdmissionWithoutResponse(call) && !(call.invocation.kind === "admit" && call.invocation.signature);
/** If a new hour began during an admission without a response, either hour may have counted it. */
const alternatives = (call: Call): Call[] =>
	isAdmissionWithoutResponse(call) ? [call, { ...call, clock: [call.clock[1], call.clock[1]] }] : [call];
const firstToEnd = (calls: readonly Call[]): Call | undefined =>
	calls.reduce<Call | undefined>((first, call) => (first && first.ended < call.ended ? first : call), undefined);

const nameOf = ({ state, pending }: Configuration): string =>
	`${identityOf(state)} ${pending.map(({ began }) => began).join()}`;

const CHANGES = new Set<Call["invocation"]["kind"]>(["update", "rotate", "revoke", "delete", "suspend", "resume"]);

/** The changes that overlap with another change of the same key. */
function contendedCalls(calls: readonly Call[]): Set<Call> {
	const changes = calls.filter(({ invocation }) => CHANGES.has(invocation.kind));
	return new Set(
		changes.filter((call) =>
			changes.some((other) => other !== call && other.began < call.ended && call.began < other.ended),
		),
	);
}
