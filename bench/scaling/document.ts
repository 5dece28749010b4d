/** The sections of docs/scaling.md, from the kept run and from the simulation. Pure. */
import { LIMIT, scaling, stranded } from "../hot-key/scenarios.ts";
import { BLOCK_MAX, type Outcome } from "../hot-key/simulation.ts";
import type { Results } from "../results.ts";
import { markdownTable } from "../table.ts";
import { type Cost, designs, loadAt, SIZES, total } from "./model.ts";
import { LIMITS, OBJECT_GIGABYTES, PRICES, READ_ON } from "./prices.ts";

const whole = (value: number) => Math.round(value).toLocaleString("en-US");
const dollars = (value: number) => (value >= 100 ? `$${whole(value)}` : `$${value.toFixed(value >= 1 ? 2 : 3)}`);
const share = (value: number) => `${(value * 100).toFixed(value < 0.01 ? 2 : 1)} %`;
const perHour = (value: number) => (value < 10 ? value.toFixed(1) : whole(value));

const COST_TITLES: Record<keyof Cost, string> = {
	workerRequests: "requests to the Worker",
	workerCpu: "CPU of the Worker",
	objectRequests: "calls and alarms of objects",
	objectDuration: "objects awake",
	rowsWritten: "rows written",
	rowsRead: "rows read",
};

function pricesTable(): string {
	const priced = (what: string, { perMillion, page }: { perMillion: number; page: string }) => [
		what,
		`$${perMillion}`,
		`<${page}>`,
	];
	return markdownTable([
		["For a million", "price", `page, read on ${READ_ON}`],
		priced("requests to a Worker", PRICES.workerRequests),
		priced("milliseconds of CPU of a Worker", PRICES.workerMilliseconds),
		priced("calls of objects, and alarms", PRICES.objectRequests),
		priced(`GB-seconds of objects, ${OBJECT_GIGABYTES} GB each`, PRICES.objectDuration),
		priced("rows written, by D1 or an object", PRICES.rowsWritten),
		priced("rows read, by D1 or an object", PRICES.rowsRead),
		priced("operations of a queue, 3 for a message", PRICES.queueOperations),
	]);
}

function costsTable(results: Results): string {
	const all = designs(results);
	// TypeScript types the result of `Object.keys` as string[].
	const parts = Object.keys(COST_TITLES) as (keyof Cost)[];
	return markdownTable([
		["", ...all.map(({ title }) => title)],
		...parts.map((part) => [COST_TITLES[part], ...all.map(({ cost }) => dollars(cost[part]))]),
		["total", ...all.map(({ cost }) => dollars(total(cost)))],
	]);
}

function sizesTable(results: Results): string {
	const loads = SIZES.map((size) => loadAt(size, results));
	const row = (title: string, cell: (load: (typeof loads)[number]) => string) => [title, ...loads.map(cell)];
	return markdownTable([
		row("", ({ keys, requestsPerSecond }) => `${whole(keys)} keys, ${whole(requestsPerSecond)}/s`),
		row("requests of a key in an hour", ({ requestsPerKeyAndHour }) => perHour(requestsPerKeyAndHour)),
		row("load of its object", ({ objectShare }) => share(objectShare)),
		row("flushes of usage to D1, a second", ({ deliveries }) => whole(deliveries)),
		row("databases", ({ databases }) => whole(databases.ours)),
		row("databases, D1 per request", ({ databases }) => whole(databases.d1PerRequest)),
		row("databases, better-auth", ({ databases }) => whole(databases.betterAuth)),
		row("a month", ({ monthly }) => dollars(monthly.ours)),
		row("a month, D1 per request", ({ monthly }) => dollars(monthly.d1PerRequest)),
		row("a month, better-auth", ({ monthly }) => dollars(monthly.betterAuth)),
	]);
}

/** Tables of the simulation of one hot key. */
export function hotKeyTables(): string {
	const grown = markdownTable([
		["Objects", "admitted a second", "admitted of the limit", "messages to the gate, a second", "load of the gate"],
		...scaling().map(({ objects, outcome }) => [
			String(objects),
			whole(outcome.admittedPerSecond),
			whole(outcome.admitted),
			whole(outcome.gateMessagesPerSecond),
			share(outcome.gateMessagesPerSecond / LIMITS.objectRequestsPerSecond),
		]),
	]);
	const left = (outcome: Outcome) =>
		`${whole(outcome.leftAtFirstRefusal)} (${share(outcome.leftAtFirstRefusal / LIMIT)})`;
	const lent = markdownTable([
		[
			"The gate lends",
			"left at the first refusal",
			"the same, half fell silent",
			"admitted in the end, half fell silent",
		],
		...stranded().map(({ title, even, silent }) => [title, left(even), left(silent), whole(silent.admitted)]),
	]);
	return `Limit ${whole(LIMIT)}, blocks of at most ${whole(BLOCK_MAX)}, shrinking, recalled; each object gets four fifths of the requests that it can serve:\n\n${grown}\n\nThe ways of lending, with 32 objects:\n\n${lent}`;
}

/** Name of the section's marks → text. */
export const scalingSections = (results: Results): Record<string, string> => ({
	prices: pricesTable(),
	costs: costsTable(results),
	sizes: sizesTable(results),
	"hot-key": hotKeyTables(),
});
