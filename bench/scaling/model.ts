/** Computes the monthly cost and the first bottleneck from counts and timings. Pure. */
import type { Counted } from "../counts/count.ts";
import type { Results } from "../results.ts";
import type { SubjectName } from "../subjects.ts";
import { LIMITS, OBJECT_GIGABYTES, PRICES } from "./prices.ts";

const MILLION = 1_000_000;
/** Up to this limit each admission is persisted on its own (worker/keys/window.ts). */
const SMALL_LIMIT = 1_000;
const MONTH_SECONDS = 30 * 24 * 3_600;
const HOUR_SECONDS = 3_600;
/** Longest delay before usage is flushed to D1. */
const FLUSH_SECONDS = 15;
/** How long one request keeps its object busy, from the platform's limit for one object. */
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

/** CPU time of the server per request, in milliseconds. Includes work of the runtime that is not billed. */
function cpuMilliseconds({ subjects }: Results, name: SubjectName): number {
	const microseconds = subjects.find((subject) => subject.name === name)?.serverMicroseconds?.median;
	if (microseconds === undefined) throw new Error(`The results lack the CPU time of ${name}`);
	return microseconds / 1_000;
}

/** The cost of a million admissions with these counts. */
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
	if (!counts?.betterAuth) throw new Error("docs/scaling.md needs a run with all counts");
	const own = cpuMilliseconds(results, "whoami");
	return [
		{ title: "10,000/h, all at once", cost: costPerMillion(counts.flatOut, own, true) },
		{ title: "10,000/h, evenly", cost: costPerMillion(counts.evenly, own, true) },
		{ title: "1,000/h, evenly", cost: costPerMillion(counts.evenlyDefault, own, true) },
		{ title: "D1 per request", cost: costPerMillion(counts.d1PerRequest, cpuMilliseconds(results, "d1"), false) },
		{
			title: "better-auth",
			cost: costPerMillion(counts.betterAuth, cpuMilliseconds(results, "better-auth-d1"), false),
		},
	];
}

/** A size of the service: keys in use, and requests per second over all of them, spread evenly. */
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
	/** For each key. */
	requestsPerKeyAndHour: number;
	/** Load of each object, as a share of its maximum. */
	objectShare: number;
	/** Flushes of usage to D1 per second. */
	deliveries: number;
	/** D1 databases needed at one statement per millisecond. */
	databases: { ours: number; d1PerRequest: number; betterAuth: number };
	/** US dollars per month, without the amounts that a plan includes. */
	monthly: { ours: number; d1PerRequest: number; betterAuth: number };
}

/** Work of one flush, as counted with a key that is used evenly. */
function delivery({ evenly }: { evenly: Counted }, reservations: number) {
	return {
		statements: evenly.d1Statements / evenly.alarms,
		rowsWritten: (evenly.d1RowsWritten + evenly.objectRowsWritten - reservations) / evenly.alarms,
		rowsRead: evenly.d1RowsRead / evenly.alarms,
	};
}

/** Rows for reservations: one per admission up to 1,000 an hour, above that one per hundredth of the limit. */
const reservationsPerRequest = (limit: number) => (limit <= SMALL_LIMIT ? 1 : 100 / limit);

/**
 * Computes the load at a size. It assumes that a key's limit is a tenth above its use. With requests at random times, a
 * flush happens if a request arrived in the fifteen seconds after the last one.
 */
export function loadAt(size: Size, results: Results): Load {
	const { counts } = results;
	if (!counts?.betterAuth) throw new Error("docs/scaling.md needs a run with all counts");
	const perKey = size.requestsPerSecond / size.keys;
	// The first request after a flush starts the fifteen seconds.
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
		// Rows of D1 and of objects cost the same.
		objectRowsWritten: deliveries * one.rowsWritten + admitted * reservationsPerRequest(limit),
		// Small limits are persisted at once and need no timer.
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
 * Seconds that objects wait for timers, per second, over all keys. After a request a gate waits for one to two periods of
 * its timer, and longer only if another request arrives before.
 */
function awakeForTimers({ keys, requestsPerSecond }: Size, secondsAfterRequest: number): number {
	return keys * (1 - Math.exp((-requestsPerSecond / keys) * secondsAfterRequest));
}
