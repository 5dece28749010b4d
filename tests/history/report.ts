/** Formats violations as text. */
import type { Violation } from "./checker.ts";
import type { Call } from "./operations.ts";

const line = ({ began, ended, clock, invocation, response }: Call) =>
	`  ${began}–${ended} at ${clock.map((at) => new Date(at).toISOString()).join("–")} ${JSON.stringify(invocation)} → ${JSON.stringify(response)}`;

/** Sets of signed requests are bits, which JSON doesn't have. */
const readable = (_name: string, value: unknown) => (typeof value === "bigint" ? value.toString(2) : value);

/** Number of possible states that are shown. */
const STATES_SHOWN = 3;

/** One text for each violation. */
export const describeViolations = (violations: readonly Violation[]): string[] =>
	violations.map(({ keyId, call, states, before }) =>
		[
			`Key ${keyId}: no order of the calls explains`,
			line(call),
			"after",
			...before.map(line),
			"The state could be",
			...states.slice(0, STATES_SHOWN).map((state) => `  ${JSON.stringify(state, readable)}`),
		].join("\n"),
	);

/** Says how to repeat the same history. */
export const replay = (seed: number): string => `Repeat with HISTORY_SEED=${seed}`;
