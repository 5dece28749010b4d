/** From what was counted and timed to what a month costs, and to where the first bottleneck is. Pure. */
import type { Counted } from "../counts/count.ts";
import type { Results } from "../results.ts";
import type { SubjectName } from "../subjects.ts";
import { LIMITS, OBJECT_GIGABYTES, PRICES } from "./prices.ts";

const MILLION = 1_000_000;
/** Up to this limit each admission is on disk by itself (worker/keys/window.ts). */
const SMALL_LIMIT = 1_000;
const MONTH_SECONDS = 30 * 24 * 3_600;
const HOUR_SECONDS = 3_600;
/** Longest that usage waits before D1 hears of it. */
const FLUSH_SECONDS = 15;
/** One request keeps its object at work for about as long as the platform's limit of one object implies. */
const OBJECT_SECONDS_PER_REQUEST = 1 / LIMITS.objectRequestsPerSecond;

/** US dollars for a million admissions. */
export interface Cost {
	workerRequests: number;
	workerCpu: number;
	objectRequests: number;
	objectDuration: number;
	rowsWritten: number;
	rowsRead: number;
}

export const total = (cost: Cost): number => Object.values(cost).reduce((sum: number, part: number) => sum + part, 0);

/** CPU of the server for one request, in milliseconds. Includes what the runtime does itself, which is not billed. */
function cpuMilliseconds({ subjects }: Results, name: SubjectName): number {
	const microseconds = subjects.find((subject) => subject.name === name)?.serverMicroseconds?.median;
	if (microseconds === undefined) throw new Error(`The results do not tell the CPU time of ${name}`);
	return microseconds / 1_000;
}

/** What a million admissions cost that do what was counted. */
function costPerMillion(counted: Counted, milliseconds: number, hasObject: boolean): Cost {
	const each = (count: number) => count / counted.admitted;
	const awake = hasObject ? OBJECT_SECONDS_PER_REQUEST + each(counted.timerSeconds) : 0;
	return {
		workerRequests: PRICES.workerRequests.perMillion,
		workerCpu: milliseconds * PRICES.workerMilliseconds.perMillion,
		objectRequests: hasObject ? (1 + each(counted.alarms)) * PRICES.objectRequests.perMillion : 0,
		objectDuration: awake * OBJECT_GIGABYTES * PRICES.objectDuration.perMillion,
		rowsWritten: each(counted.d1RowsWritten + counted.objectRowsWritten) * PRICES.rowsWritten.perMillion,
		rowsRead: each(counted.d1RowsRead) * PRICES.rowsRead.perMillion,
	};
}

export interface Design {
	title: string;
	cost: Cost;
}

export function designs(results: Results): Design[] {
	const { counts } = results;
	if (!counts?.betterAuth) throw new Error("docs/scaling.md needs a run in which everything was counted");
	const own = cpuMilliseconds(results, "whoami");
	return [
		{ title: "10,000/h, all at once", cost: costPerMillion(counts.flatOut, own, true) },
		{ title: "10,000/h, evenly", cost: costPerMillion(counts.evenly, own, true) },
		{ title: "1,000/h, evenly", cost: costPerMillion(counts.evenlyDefault, own, true) },
		{ title: "D1 for each", cost: costPerMillion(counts.d1PerRequest, cpuMilliseconds(results, "d1"), false) },
		{
			title: "better-auth",
			cost: costPerMillion(counts.betterAuth, cpuMilliseconds(results, "better-auth-d1"), false),
		},
	];
}

/** A size of the whole service: keys that are in use, and requests a second over all of them, spread evenly. */
export interface Size {
	keys: number;
	requestsPerSecond: number;
}

export const SIZES: Size[] = [
	{ keys: 10_000, requestsPerSecond: 100 },
	{ keys: 1_000_000, requestsPerSecond: 100 },
	{ keys: 10_000, requestsPerSecond: 100_000 },
	{ keys: 1_000_000, requestsPerSecond: 100_000 },
];

export interface Load extends Size {
	/** Of each key. */
	requestsPerKeyAndHour: number;
	/** Share of what one object can do, for each. */
	objectShare: number;
	/** Deliveries of usage to D1, a second. */
	deliveries: number;
	/** D1 databases that it takes, at one statement a millisecond. */
	databases: { ours: number; d1PerRequest: number; betterAuth: number };
	/** US dollars a month, without what a plan includes. */
	monthly: { ours: number; d1PerRequest: number; betterAuth: number };
}

/** What one delivery of usage does, as counted on a key that is used evenly. */
function delivery({ evenly }: { evenly: Counted }, reservations: number) {
	return {
		statements: evenly.d1Statements / evenly.alarms,
		rowsWritten: (evenly.d1RowsWritten + evenly.objectRowsWritten - reservations) / evenly.alarms,
		rowsRead: evenly.d1RowsRead / evenly.alarms,
	};
}

/** Rows that reserve admissions ahead: each by itself up to 1,000 an hour, above that a hundredth of the limit at a time. */
const reservationsPerRequest = (limit: number) => (limit <= SMALL_LIMIT ? 1 : 100 / limit);

/**
 * The service at that size. A key's limit is taken to be a tenth more than it uses. With requests at random times, a
 * delivery is due when there was a request in the fifteen seconds after the last.
 */
export function loadAt(size: Size, results: Results): Load {
	const { counts } = results;
	if (!counts?.betterAuth) throw new Error("docs/scaling.md needs a run in which everything was counted");
	const perKey = size.requestsPerSecond / size.keys;
	// The first request after a delivery starts the fifteen seconds.
	const deliveries = size.keys / (FLUSH_SECONDS + 1 / perKey);
	const one = delivery(counts, counts.evenly.admitted * reservationsPerRequest(10_000));
	const limit = Math.max(SMALL_LIMIT, perKey * HOUR_SECONDS * 1.1);
	const admitted = size.requestsPerSecond;
	const perSecond: Counted = {
		admitted,
		alarms: deliveries,
		d1Statements: deliveries * one.statements,
		d1RowsRead: deliveries * one.rowsRead,
		d1RowsWritten: 0,
		// Both kinds of rows cost the same.
		objectRowsWritten: deliveries * one.rowsWritten + admitted * reservationsPerRequest(limit),
		// What is on disk at once needs no timer.
		timerSeconds: limit > SMALL_LIMIT ? awakeForTimers(size, counts.first.timerSeconds) : 0,
	};
	const own = costPerMillion(perSecond, cpuMilliseconds(results, "whoami"), true);
	const [d1PerRequest, betterAuth] = designs(results)
		.slice(-2)
		.map(({ cost }) => total(cost));
	const monthly = (perMillion = 0) => ((size.requestsPerSecond * MONTH_SECONDS) / MILLION) * perMillion;
	const databases = (statements: number) => Math.ceil(statements / LIMITS.d1StatementsPerSecond);
	const statementsFor = ({ d1Statements, admitted }: Counted) => (size.requestsPerSecond * d1Statements) / admitted;
	return {
		...size,
		requestsPerKeyAndHour: perKey * HOUR_SECONDS,
		objectShare: perKey / LIMITS.objectRequestsPerSecond,
		deliveries,
		databases: {
			ours: databases(perSecond.d1Statements),
			d1PerRequest: databases(statementsFor(counts.d1PerRequest)),
			betterAuth: databases(statementsFor(counts.betterAuth)),
		},
		monthly: {
			ours: monthly(total(own)),
			d1PerRequest: monthly(d1PerRequest),
			betterAuth: monthly(betterAuth),
		},
	};
}

/**
 * Seconds in which objects wait for timers, in each second, over all keys. After a request a gate waits for one to two
 * rounds of its timer, and longer only when there is another request before.
 */
function awakeForTimers({ keys, requestsPerSecond }: Size, secondsAfterRequest: number): number {
	return keys * (1 - Math.exp((-requestsPerSecond / keys) * secondsAfterRequest));
}
