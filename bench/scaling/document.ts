/** The sections of docs/scaling.md, from the kept run and from the simulation. Pure. */
import { LIMIT, scaling, stranded } from "../hot-key/scenarios.ts";
import { BLOCK_MAX, type Outcome } from "../hot-key/simulation.ts";
import type { Results } from "../results.ts";
import { markdownTable } from "../table.ts";
import { type Cost, designs, loadAt, SIZES, total } from "./model.ts";
import { LIMITS, OBJECT_GIGABYTES, PRICES, READ_ON, STORAGE_PRICES } from "./prices.ts";
import { KEPT_DAYS, storedInD1, usageRows } from "./storage.ts";

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

const gigabytes = (value: number) => `${value < 10 ? value.toFixed(1) : whole(value)} GB`;

function pricesTable(): string {
	const priced = (what: string, { perMillion, page }: { perMillion: number; page: string }) => [
		what,
		`$${perMillion}`,
		`<${page}>`,
	];
	const stored = (what: string, { perGigabyte, page }: { perGigabyte: number; page: string }) => [
		what,
		`$${perGigabyte}`,
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
		priced("invocations logged, and lines", PRICES.logEvents),
		priced("data points of Analytics Engine", PRICES.dataPoints),
		priced("operations of a queue, 3 for a message", PRICES.queueOperations),
		["**For a gigabyte and month**", "", ""],
		stored("stored in D1", STORAGE_PRICES.d1),
		stored("stored in objects", STORAGE_PRICES.objects),
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
		["with a log event for each invocation", ...all.map(({ cost, extras }) => dollars(total(cost) + extras.logs))],
		["with a data point for each verdict", ...all.map(({ cost, extras }) => dollars(total(cost) + extras.dataPoints))],
	]);
}

function sizesTable(results: Results): string {
	const loads = SIZES.map((size) => loadAt(size, results));
	const row = (title: string, cell: (load: (typeof loads)[number]) => string) => [title, ...loads.map(cell)];
	return markdownTable([
		row("", ({ keys, requestsPerSecond }) => `${whole(keys)} keys, ${whole(requestsPerSecond)}/s`),
		row("requests of a key in an hour", ({ requestsPerKeyAndHour }) => perHour(requestsPerKeyAndHour)),
		row("load of its object", ({ objectShare }) => share(objectShare)),
		row("flushes of usage to D1, a second", ({ flushes }) => whole(flushes.unwatched)),
		row("the same, every tenant watched", ({ flushes }) => whole(flushes.watched)),
		row("stored in D1", ({ stored }) => gigabytes(stored.d1.total)),
		row("of that usage", ({ stored }) => gigabytes(stored.d1.usage)),
		row("stored in D1, usage by the hour only", ({ stored }) => gigabytes(stored.d1WithoutDays)),
		row("stored in objects", ({ stored }) => gigabytes(stored.gates)),
		row("databases for the flushes", ({ databases }) => whole(databases.writes)),
		row("the same, every tenant watched", ({ databases }) => whole(databases.watchedWrites)),
		row("databases for the storage", ({ databases }) => whole(databases.storage)),
		row("databases, D1 per request", ({ databases }) => whole(databases.d1PerRequest)),
		row("databases, better-auth", ({ databases }) => whole(databases.betterAuth)),
		row("a month", ({ monthly }) => dollars(monthly.ours)),
		row("storage, a month", ({ monthly }) => dollars(monthly.storage)),
		row("a log event for each invocation, a month", ({ monthly }) => dollars(monthly.logs)),
		row("a data point for each verdict, a month", ({ monthly }) => dollars(monthly.dataPoints)),
		row("a month, D1 per request", ({ monthly }) => dollars(monthly.d1PerRequest)),
		row("a month, better-auth", ({ monthly }) => dollars(monthly.betterAuth)),
	]);
}

/** What one key takes in D1 in the long run, by its use. */
function storageTable(): string {
	const uses = [
		["used every second", 1],
		["used 36 times an hour", 36 / 3_600],
		["used once a day", 1 / 86_400],
		["not used", 0],
	] as const;
	const kilobytes = (bytes: number) => `${(bytes / 1_000).toFixed(1)} kB`;
	const bytesOf = (perSecond: number, hoursKeptDays?: number) => storedInD1(1, perSecond, hoursKeptDays).total * 1e9;
	const keysOf = (bytes: number) => whole(Math.floor((LIMITS.d1Gigabytes * 1e9) / bytes / 1_000) * 1_000);
	return markdownTable([
		["A key that is", "rows of usage", "in D1", "usage by the hour only", `keys in ${LIMITS.d1Gigabytes} GB`],
		...uses.map(([title, perSecond]) => [
			title,
			whole(usageRows(perSecond)),
			kilobytes(bytesOf(perSecond)),
			kilobytes(bytesOf(perSecond, KEPT_DAYS.all)),
			keysOf(bytesOf(perSecond)),
		]),
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
	storage: storageTable(),
	sizes: sizesTable(results),
	"hot-key": hotKeyTables(),
});
