/** The targets of the service, and whether a run met them. Pure. */
import type { Counted, CountResults } from "./counts/count.ts";
import type { Rounds } from "./measure-rounds.ts";
import { ratios } from "./ratios.ts";
import type { StartUp } from "./start-up.ts";
import type { Spread } from "./statistics.ts";

export interface TargetResult {
	work: string;
	/** The bound as text, such as `≥ 0.85`. */
	target: string;
	/** Over the rounds; a counted value has no spread. Null: not measured. */
	found: Spread | null;
	met: boolean | null;
}

interface Bound {
	is: "at least" | "at most";
	value: number;
	unit: "" | "×";
}

const atLeast = (value: number, unit: Bound["unit"] = ""): Bound => ({ is: "at least", value, unit });
const atMost = (value: number, unit: Bound["unit"] = ""): Bound => ({ is: "at most", value, unit });

/** Compares the median with the bound, because a single round may be lucky. */
function judge(work: string, bound: Bound, found: Spread | null): TargetResult {
	const sign = bound.is === "at least" ? "≥" : "≤";
	const target = `${sign} ${bound.value}${bound.unit === "" ? "" : ` ${bound.unit}`}`;
	if (found === null || Number.isNaN(found.median)) return { work, target, found: null, met: null };
	const met = bound.is === "at least" ? found.median >= bound.value : found.median <= bound.value;
	return { work, target, found, met };
}

const exactly = (value: number): Spread => ({ min: value, median: value, max: value });

/** Rows written for one admitted request, in D1 and the object together. */
export const rowsPerRequest = ({ d1RowsWritten, objectRowsWritten, admitted }: Counted): number =>
	(d1RowsWritten + objectRowsWritten) / admitted;

export function judgeTargets(rounds: Rounds, counts: CountResults | null, startUp: StartUp | null): TargetResult[] {
	const rate = (of: Parameters<typeof ratios>[1], to: Parameters<typeof ratios>[2]) =>
		ratios(rounds, of, to, "requestsPerSecond");
	const counted = (figure: (results: CountResults) => number) => counts && exactly(figure(counts));
	return [
		judge("admitted / object that does nothing", atLeast(0.85), rate("whoami", "object")),
		judge("the same, p99", atMost(1.3, "×"), ratios(rounds, "whoami", "object", "p99")),
		judge("signed request admitted / admitted with a bearer key", atLeast(0.85), rate("signed", "whoami-rotation")),
		judge("forged key refused / Worker that does nothing", atLeast(0.85), rate("forged", "nothing")),
		judge("revoked key refused, warm / Worker that does nothing", atLeast(0.8), rate("revoked", "nothing")),
		judge("admitted / better-auth over D1, same runtime", atLeast(10, "×"), rate("whoami", "better-auth-d1")),
		judge("admitted / better-auth on Node, SQLite in WAL mode", atLeast(3, "×"), rate("whoami", "better-auth-node")),
		judge(
			"rows written per admitted request, 10,000 an hour, flat out",
			atMost(0.02),
			counted(({ flatOut }) => rowsPerRequest(flatOut)),
		),
		judge(
			"the same, spread evenly over the hour",
			atMost(0.02),
			counted(({ evenly }) => rowsPerRequest(evenly)),
		),
		judge(
			"D1 statements of a warm admission",
			atMost(0),
			counted(({ warm }) => warm.d1Statements),
		),
		judge(
			"D1 reads of the first request to a gate that has not seen its key",
			atMost(1),
			counted(({ first }) => first.d1Statements),
		),
		judge("cold start to the first response / Worker that does nothing", atMost(3, "×"), startUp?.ratio ?? null),
	];
}
