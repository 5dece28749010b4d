/** Violations in words, for whoever has to find out why. */
import type { Violation } from "./checker.ts";
import type { Call } from "./operations.ts";

const line = ({ began, ended, clock, ask, answer }: Call) =>
	`  ${began}–${ended} at ${clock.map((at) => new Date(at).toISOString()).join("–")} ${JSON.stringify(ask)} → ${JSON.stringify(answer)}`;

/** Possible states that are shown. */
const STATES_SHOWN = 3;

/** Each violation as a text; nothing for a history that can be explained. */
export const describeViolations = (violations: readonly Violation[]): string[] =>
	violations.map(({ keyId, call, states, before }) =>
		[
			`Key ${keyId}: no order of the calls explains`,
			line(call),
			"after",
			...before.map(line),
			"The state could be",
			...states.slice(0, STATES_SHOWN).map((state) => `  ${JSON.stringify(state)}`),
		].join("\n"),
	);

/** How to have the same choices made again. */
export const replay = (seed: number): string => `Repeat with HISTORY_SEED=${seed}`;
