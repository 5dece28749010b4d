/** Formats results for the terminal and for docs/performance.md. Pure. */
import type { Results, SubjectResult } from "./results.ts";
import type { Spread } from "./statistics.ts";
import { columns, markdownTable } from "./table.ts";
import { rowsPerRequest, type TargetResult } from "./targets.ts";

const whole = (value: number) => Math.round(value).toLocaleString("en-US");
/** Two significant digits: 0.85, 1.3, 24. */
const figure = (value: number) => (value === 0 ? "0" : Number(value.toPrecision(2)).toString());
const milliseconds = ({ median }: Spread) => `${median.toFixed(1)} ms`;
const withSpread = ({ median, min, max }: Spread) =>
	min === max ? figure(median) : `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;

const HEAD = ["Work per request", "requests/s", "p50", "p99", "CPU", "× its floor", "p99 × its floor"];

function cells({ title, requestsPerSecond, p50, p99, serverMicroseconds, floor }: SubjectResult): string[] {
	return [
		title,
		whole(requestsPerSecond.median),
		milliseconds(p50),
		milliseconds(p99),
		serverMicroseconds ? `${whole(serverMicroseconds.median)} µs` : "",
		floor ? withSpread(floor.requestsPerSecond) : "",
		floor ? withSpread(floor.p99) : "",
	];
}

const verdict = ({ met }: TargetResult) => (met === null ? "not measured" : met ? "yes" : "**no**");

const targetRows = (targets: readonly TargetResult[]): string[][] => [
	["Target", "bound", "found", "met"],
	...targets.map((result) => [
		result.work,
		result.target,
		result.found ? withSpread(result.found) : "",
		verdict(result),
	]),
];

const timeRows = ({ subjects }: Results): string[][] => [HEAD, ...subjects.map(cells)];

/** The report for the terminal. Names the subjects whose speed the load generator limited. */
export function terminalReport(results: Results): string {
	const busy = results.subjects.filter(({ generatorBusy }) => generatorBusy.max > 0.8).map(({ title }) => title);
	return [
		columns(timeRows(results)),
		...(busy.length > 0 ? [`The load generator limited: ${busy.join("; ")}.`] : []),
		columns(targetRows(results.targets)),
		...results.missing.map((line) => `Left out. ${line}`),
	].join("\n\n");
}

/** The section of docs/performance.md. */
export function performanceSection(results: Results): string {
	const { machine, versions, date, settings, counts, countedOn, startUp } = results;
	const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
	const lines = [
		`Measured on ${date}: ${machine.cpu}, ${machine.cores} cores, ${machine.system}; ${named.join(", ")}. ` +
			`${settings.rounds} interleaved rounds of ${settings.seconds} s each, ${settings.connections} connections, medians, ` +
			"with the minimum and maximum of the rounds in brackets. CPU is the time of the server process for one request.",
		markdownTable(timeRows(results)),
		markdownTable(targetRows(results.targets)),
	];
	if (counts) {
		lines.push(
			`Counted on ${countedOn}: with a limit of 10,000 an hour that is used up at once, an admission writes ${figure(rowsPerRequest(counts.flatOut))} rows ` +
				`in its object and D1 together. Spread evenly over the hour it writes ${figure(rowsPerRequest(counts.evenly))}, because ` +
				"usage is flushed to D1 every five minutes while no one lists the keys.",
		);
	}
	if (startUp) {
		lines.push(
			`A cold runtime sends its first response after ${milliseconds(startUp.service)}, and one whose Worker does nothing ` +
				`after ${milliseconds(startUp.nothing)}. The difference is the code that admission loads at the start.`,
		);
	}
	return lines.join("\n\n");
}
