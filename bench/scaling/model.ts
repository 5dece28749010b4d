/** Computes the monthly cost and the first bottleneck from counts and timings. Pure. */
import { IDLE_CHECK_INTERVAL_MS } from "../../worker/gate/timers.ts";
import type { Counted } from "../counts/count.ts";
import type { Results } from "../results.ts";
import type { SubjectName } from "../subjects.ts";
import { flushesPerSecond } from "./flushes.ts";
import { LIMITS, OBJECT_GIGABYTES, PRICES, STORAGE_PRICES } from "./prices.ts";
import { KEPT_DAYS, storedInD1, storedInGates } from "./storage.ts";

const MILLION = 1_000_000;
/** Up to this limit each admission is persisted on its own (worker/keys/window.ts). */
const SMALL_LIMIT = 1_000;
const MONTH_SECONDS = 30 * 24 * 3_600;
const HOUR_SECONDS = 3_600;
/** Longest delay before usage is flushed to D1 while someone lists the keys. */
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

/** What a million admissions cause. */
interface Work extends Omit<Counted, "d1Statements"> {
	/** Objects behind the Worker: their calls and seconds are billed. */
	hasObject: boolean;
}

/** The cost of a million admissions with these counts. */
function costPerMillion(work: Work, milliseconds: number): Cost {
	const each = (count: number) => count / work.admitted;
	const awake = OBJECT_SECONDS_PER_REQUEST + each(work.timerSeconds + work.waitSeconds);
	return {
		workerRequests: PRICES.workerRequests.perMillion,
		workerCpu: milliseconds * PRICES.workerMilliseconds.perMillion,
		objectRequests: work.hasObject ? (1 + each(work.alarms)) * PRICES.objectRequests.perMillion : 0,
		objectDuration: work.hasObject ? awake * OBJECT_GIGABYTES * PRICES.objectDuration.perMillion : 0,
		rowsWritten: each(work.d1RowsWritten + work.objectRowsWritten) * PRICES.rowsWritten.perMillion,
		rowsRead: each(work.d1RowsRead) * PRICES.rowsRead.perMillion,
	};
}

/** What is added for a million admissions if every invocation is logged, or if every verdict is a data point. */
interface Extras {
	logs: number;
	dataPoints: number;
}

function extrasPerMillion({ admitted, alarms, hasObject }: Pick<Work, "admitted" | "alarms" | "hasObject">): Extras {
	const invocations = hasObject ? 2 + alarms / admitted : 1;
	return { logs: invocations * PRICES.logEvents.perMillion, dataPoints: PRICES.dataPoints.perMillion };
}

export interface Design {
	title: string;
	cost: Cost;
	extras: Extras;
}

export function designs(results: Results): Design[] {
	const { counts } = results;
	if (!counts?.betterAuth) throw new Error("docs/scaling.md needs a run with all counts");
	const design = (title: string, counted: Counted, subject: SubjectName, hasObject: boolean): Design => {
		const work = { ...counted, hasObject };
		return {
			title,
			cost: costPerMillion(work, cpuMilliseconds(results, subject)),
			extras: extrasPerMillion(work),
		};
	};
	return [
		design("10,000/h, all at once", counts.flatOut, "whoami", true),
		design("10,000/h, evenly", counts.evenly, "whoami", true),
		design("10,000/h, watched", watched(counts.evenly, 10_000), "whoami", true),
		design("1,000/h, evenly", counts.evenlyDefault, "whoami", true),
		design("D1 per request", counts.d1PerRequest, "d1", false),
		design("better-auth", counts.betterAuth, "better-auth-d1", false),
	];
}

/** Rows for reservations: one per admission up to 1,000 an hour, above that one per hundredth of the limit. */
const reservationsPerRequest = (limit: number) => (limit <= SMALL_LIMIT ? 1 : 100 / limit);

/** Work of one flush, as counted with a key that is used evenly. */
function flush(evenly: Counted, limit: number) {
	const each = (count: number) => count / evenly.alarms;
	return {
		d1RowsWritten: each(evenly.d1RowsWritten),
		objectRowsWritten: each(evenly.objectRowsWritten - evenly.admitted * reservationsPerRequest(limit)),
		d1RowsRead: each(evenly.d1RowsRead),
		waitSeconds: each(evenly.waitSeconds),
	};
}

/** The counts with a flush every {@link FLUSH_SECONDS}, while someone lists the keys. */
export function watched(evenly: Counted, limit: number): Counted {
	const one = flush(evenly, limit);
	const flushes = (evenly.admitted / limit) * (HOUR_SECONDS / FLUSH_SECONDS);
	const more = flushes - evenly.alarms;
	return {
		...evenly,
		alarms: flushes,
		d1RowsWritten: evenly.d1RowsWritten + more * one.d1RowsWritten,
		objectRowsWritten: evenly.objectRowsWritten + more * one.objectRowsWritten,
		d1RowsRead: evenly.d1RowsRead + more * one.d1RowsRead,
		waitSeconds: evenly.waitSeconds + more * one.waitSeconds,
	};
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
	/** Flushes of usage to D1 per second, and the same while someone lists the keys of every tenant. */
	flushes: { unwatched: number; watched: number };
	/** Gigabytes in the long run. */
	stored: { d1: ReturnType<typeof storedInD1>; d1WithoutDays: number; gates: number };
	/** D1 databases needed: for the writes, and for the storage. */
	databases: { writes: number; watchedWrites: number; storage: number; d1PerRequest: number; betterAuth: number };
	/** US dollars per month, without the amounts that a plan includes. */
	monthly: {
		ours: number;
		storage: number;
		logs: number;
		dataPoints: number;
		d1PerRequest: number;
		betterAuth: number;
	};
}

/** Computes the load at a size. It assumes that a key's limit is a tenth above its use. */
export function loadAt(size: Size, results: Results): Load {
	const { counts } = results;
	if (!counts?.betterAuth) throw new Error("docs/scaling.md needs a run with all counts");
	const { keys, requestsPerSecond: admitted } = size;
	const perKey = admitted / keys;
	const flushes = {
		unwatched: keys * flushesPerSecond(perKey, false),
		watched: keys * flushesPerSecond(perKey, true),
	};
	const limit = Math.max(SMALL_LIMIT, perKey * HOUR_SECONDS * 1.1);
	// A small limit is never reserved ahead, so there is no count to settle.
	const one = limit > SMALL_LIMIT ? flush(counts.evenly, 10_000) : flush(counts.evenlyDefault, 1_000);
	const perSecond: Work = {
		hasObject: true,
		admitted,
		alarms: flushes.unwatched,
		d1RowsRead: flushes.unwatched * one.d1RowsRead,
		d1RowsWritten: flushes.unwatched * one.d1RowsWritten,
		objectRowsWritten: flushes.unwatched * one.objectRowsWritten + admitted * reservationsPerRequest(limit),
		waitSeconds: flushes.unwatched * one.waitSeconds,
		// Small limits are persisted at once and need no timer.
		timerSeconds: limit > SMALL_LIMIT ? awakeForTimers(size) : 0,
	};
	const own = costPerMillion(perSecond, cpuMilliseconds(results, "whoami"));
	const extras = extrasPerMillion(perSecond);
	const [d1PerRequest, betterAuth] = designs(results)
		.slice(-2)
		.map(({ cost }) => total(cost));
	const monthly = (perMillion = 0) => ((admitted * MONTH_SECONDS) / MILLION) * perMillion;
	const busy = (seconds: number) => Math.ceil(seconds);
	const secondsFor = (other: Counted) => {
		const writes = other.d1RowsWritten / other.admitted;
		const reads = other.d1Statements / other.admitted - writes;
		return admitted * (writes * LIMITS.d1WriteSeconds + reads * LIMITS.d1ReadSeconds);
	};
	const d1 = storedInD1(keys, perKey);
	const gates = storedInGates(keys);
	return {
		...size,
		requestsPerKeyAndHour: perKey * HOUR_SECONDS,
		objectShare: perKey / LIMITS.objectRequestsPerSecond,
		flushes,
		stored: { d1, d1WithoutDays: storedInD1(keys, perKey, KEPT_DAYS.all).total, gates },
		databases: {
			// A flush is one batch, and becomes durable once.
			writes: busy(flushes.unwatched * LIMITS.d1WriteSeconds),
			watchedWrites: busy(flushes.watched * LIMITS.d1WriteSeconds),
			storage: Math.ceil(d1.total / LIMITS.d1Gigabytes),
			d1PerRequest: busy(secondsFor(counts.d1PerRequest)),
			betterAuth: busy(secondsFor(counts.betterAuth)),
		},
		monthly: {
			ours: monthly(total(own)),
			storage: d1.total * STORAGE_PRICES.d1.perGigabyte + gates * STORAGE_PRICES.objects.perGigabyte,
			logs: monthly(extras.logs),
			dataPoints: monthly(extras.dataPoints),
			d1PerRequest: monthly(d1PerRequest),
			betterAuth: monthly(betterAuth),
		},
	};
}

/**
 * Seconds that objects wait for timers, per second, over all keys. After a request a gate waits for one to two periods of
 * its timer, and longer only if another request arrives before.
 */
function awakeForTimers({ keys, requestsPerSecond }: Size): number {
	const secondsAfterRequest = (1.5 * IDLE_CHECK_INTERVAL_MS) / 1_000;
	return keys * (1 - Math.exp((-requestsPerSecond / keys) * secondsAfterRequest));
}
