/** Published prices and limits of the platform: prices beyond the amounts that a paid plan includes. */

/** The day when the pages were read. */
export const READ_ON = "2026-11-29";

const WORKERS = "https://developers.cloudflare.com/workers/platform/pricing/";
const OBJECTS = "https://developers.cloudflare.com/durable-objects/platform/pricing/";
const D1 = "https://developers.cloudflare.com/d1/platform/pricing/";

/** US dollars. */
export const PRICES = {
	workerRequests: { perMillion: 0.3, page: WORKERS },
	workerMilliseconds: { perMillion: 0.02, page: WORKERS },
	/** Calls and alarms. */
	objectRequests: { perMillion: 0.15, page: OBJECTS },
	/** Gigabyte-seconds while an object runs, or waits and can't hibernate. */
	objectDuration: { perMillion: 12.5, page: OBJECTS },
	/** The same for D1 and for the storage of objects. */
	rowsWritten: { perMillion: 1, page: D1 },
	rowsRead: { perMillion: 0.001, page: D1 },
	/** An event is one invocation of a Worker or an object, or one line that it logs. */
	logEvents: { perMillion: 0.6, page: "https://developers.cloudflare.com/workers/observability/logs/workers-logs/" },
	dataPoints: { perMillion: 0.25, page: "https://developers.cloudflare.com/analytics/analytics-engine/pricing/" },
	/** Writing, reading and deleting a message is one operation each. */
	queueOperations: { perMillion: 0.4, page: "https://developers.cloudflare.com/queues/platform/pricing/" },
} as const;

/** US dollars for a gigabyte and month. */
export const STORAGE_PRICES = {
	d1: { perGigabyte: 0.75, page: D1 },
	objects: { perGigabyte: 0.2, page: OBJECTS },
} as const;

/** Memory that an object is billed for, whatever it uses. */
export const OBJECT_GIGABYTES = 0.128;

/** Published limits. */
export const LIMITS = {
	/** Requests per second to one object, a soft limit: https://developers.cloudflare.com/durable-objects/platform/limits/ */
	objectRequestsPerSecond: 1_000,
	/**
	 * A D1 database runs one statement after the other: https://developers.cloudflare.com/d1/platform/limits/ says that a read
	 * by an index takes less than a millisecond, and a write several, because it becomes durable in several places.
	 */
	d1ReadSeconds: 0.001,
	d1WriteSeconds: 0.005,
	d1Gigabytes: 10,
	/** D1 databases that one Worker can bind, about. */
	d1Bindings: 5_000,
	/** Messages per second to one queue, and in one batch: https://developers.cloudflare.com/queues/platform/limits/ */
	queueMessagesPerSecond: 5_000,
	queueBatch: 100,
} as const;
