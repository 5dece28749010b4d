/** Published prices of the platform beyond the amounts that a paid plan includes. */

/** The day when the pages were read. */
export const READ_ON = "2026-11-25";

/** US dollars. */
export const PRICES = {
	/** https://developers.cloudflare.com/workers/platform/pricing/ */
	workerRequests: { perMillion: 0.3, page: "https://developers.cloudflare.com/workers/platform/pricing/" },
	workerMilliseconds: { perMillion: 0.02, page: "https://developers.cloudflare.com/workers/platform/pricing/" },
	/** Calls and alarms. */
	objectRequests: { perMillion: 0.15, page: "https://developers.cloudflare.com/durable-objects/platform/pricing/" },
	/** Gigabyte-seconds while an object runs, or waits and can't hibernate. */
	objectDuration: { perMillion: 12.5, page: "https://developers.cloudflare.com/durable-objects/platform/pricing/" },
	/** The same for D1 and for the storage of objects. */
	rowsWritten: { perMillion: 1, page: "https://developers.cloudflare.com/d1/platform/pricing/" },
	rowsRead: { perMillion: 0.001, page: "https://developers.cloudflare.com/d1/platform/pricing/" },
	/** Writing, reading and deleting a message is one operation each. */
	queueOperations: { perMillion: 0.4, page: "https://developers.cloudflare.com/queues/platform/pricing/" },
} as const;

/** Memory that an object is billed for, whatever it uses. */
export const OBJECT_GIGABYTES = 0.128;

/** Published limits. */
export const LIMITS = {
	/** Requests per second to one object, a soft limit: https://developers.cloudflare.com/durable-objects/platform/limits/ */
	objectRequestsPerSecond: 1_000,
	/** Statements per second of one D1 database, which runs them one after the other, at 1 ms each: https://developers.cloudflare.com/d1/platform/limits/ */
	d1StatementsPerSecond: 1_000,
	/** Messages per second to one queue, and in one batch: https://developers.cloudflare.com/queues/platform/limits/ */
	queueMessagesPerSecond: 5_000,
	queueBatch: 100,
} as const;
