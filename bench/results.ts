/** The results of a run, as results.json keeps them. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Conditions } from "./conditions.ts";
import type { CountResults } from "./counts/count.ts";
import type { Rounds } from "./measure-rounds.ts";
import { ratios } from "./ratios.ts";
import type { StartUp } from "./start-up.ts";
import { type Spread, spread } from "./statistics.ts";
import type { Subject, SubjectName } from "./subjects.ts";
import type { TargetResult } from "./targets.ts";

/** The kept run. The documents are generated from it. */
const FILE = join(import.meta.dirname, "results.json");

export interface Results extends Conditions {
	settings: { rounds: number; seconds: number; connections: number };
	subjects: SubjectResult[];
	/** Null: not counted. */
	counts: CountResults | null;
	/** Day of the counts, in UTC. */
	countedOn: string;
	/** Null: cold starts were not measured. */
	startUp: StartUp | null;
	targets: TargetResult[];
	/** Peers that did not start, each with the reason. */
	missing: string[];
}

/** Reads the kept run. */
export function keptResults(): Results {
	// Only `keepResults` writes this file.
	return JSON.parse(readFileSync(FILE, "utf8")) as Results;
}

export function keepResults(results: Results): void {
	writeFileSync(FILE, asJson(results));
}

/** Rounds to four digits. More are noise. */
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
	/** CPU time of the server per request, in microseconds; null if the system doesn't report it. */
	serverMicroseconds: Spread | null;
	/** CPU time of the load generator, as a share of one core. */
	generatorBusy: Spread;
	/** Compared with the floor in the same round; null for floors. */
	floor: { name: SubjectName; requestsPerSecond: Spread; p99: Spread } | null;
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
