/** Compares two subjects round by round, so that a slow moment of the machine cancels out. Pure. */
import type { Rounds } from "./measure-rounds.ts";
import { type Spread, spread } from "./statistics.ts";
import type { SubjectName } from "./subjects.ts";

/** The spread of `of` divided by `to` in the same round. */
export function ratios(rounds: Rounds, of: SubjectName, to: SubjectName, figure: "requestsPerSecond" | "p99"): Spread {
	const denominators = rounds.get(to) ?? [];
	const numerators = rounds.get(of) ?? [];
	return spread(numerators.map((round, index) => round[figure] / (denominators[index]?.[figure] ?? Number.NaN)));
}
