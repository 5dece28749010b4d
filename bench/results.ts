/** What a run of the bench found out, as it is kept in results.json. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Conditions } from "./conditions.ts";
import type { CountResults } from "./counts/count.ts";
import type { Rounds } from "./rounds.ts";
import type { StartUp } from "./start-up.ts";
import { type Spread, spread } from "./statistics.ts";
import type { Subject, SubjectName } from "./subjects.ts";
import type { TargetResult } from "./targets.ts";

/** Where the latest full run is kept, with the sources. */
const FILE = join(import.meta.dirname, "results.json");

export interface Results extends Conditions {
	settings: { rounds: number; seconds: number; connections: number };
	subjects: SubjectResult[];
	/** Null: nothing was counted. */
	counts: CountResults | null;
	/** Null: no cold start was measured. */
	startUp: StartUp | null;
	targets: TargetResult[];
	/** Peers that could not be brought up, each with the reason. */
	missing: string[];
}

/** The latest run that was kept. */
export function keptResults(): Results {
	// Written by `keepResults` and nobody else.
	return JSON.parse(readFileSync(FILE, "utf8")) as Results;
}

export function keepResults(results: Results): void {
	writeFileSync(FILE, asJson(results));
}

/** More digits than four are noise. */
export function asJson(results: Results): string {
	const rounded = (_key: string, value: unknown) => (typeof value === "number" ? Number(value.toPrecision(4)) : value);
	return `${JSON.stringify(results, rounded, "\t")}\n`;
}

/** One subject over all rounds. */
export interface SubjectResult {
	name: SubjectName;
	title: string;
	requestsPerSecond: Spread;
	/** Milliseconds. */
	p50: Spread;
	p99: Spread;
	/** CPU of the server for one request, in microseconds; null where the system does not tell. */
	serverMicroseconds: Spread | null;
	/** CPU of the load generator as a share of one core. */
	generatorBusy: Spread;
	/** Against the floor in the same round; null for floors. */
	floor: { name: SubjectName; requestsPerSecond: Spread; p99: Spread } | null;
}

/** `of` in relation to `to`, round by round. */
export function ratios(rounds: Rounds, of: SubjectName, to: SubjectName, figure: "requestsPerSecond" | "p99"): Spread {
	const denominators = rounds.get(to) ?? [];
	const numerators = rounds.get(of) ?? [];
	return spread(numerators.map((round, index) => round[figure] / (denominators[index]?.[figure] ?? Number.NaN)));
}

export function summarize(subjects: readonly Subject[], rounds: Rounds): SubjectResult[] {
	return subjects.map(({ name, title, floor }) => {
		const own = rounds.get(name) ?? [];
		const cpu = own.flatMap(({ serverMicroseconds }) => serverMicroseconds ?? []);
		return {
			name,
			title,
			requestsPerSecond: spread(own.map(({ requestsPerSecond }) => requestsPerSecond)),
			p50: spread(own.map(({ p50 }) => p50)),
			p99: spread(own.map(({ p99 }) => p99)),
			serverMicroseconds: cpu.length === own.length ? spread(cpu) : null,
			generatorBusy: spread(own.map(({ generatorBusy }) => generatorBusy)),
			floor: floor && {
				name: floor,
				requestsPerSecond: ratios(rounds, name, floor, "requestsPerSecond"),
				p99: ratios(rounds, name, floor, "p99"),
			},
		};
	});
}
