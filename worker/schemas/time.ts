/**
 * Times as they cross an interface: ISO 8601 in UTC with milliseconds. Inside, a time is a number of milliseconds since
 * the Unix epoch, and a duration a number of milliseconds.
 */

export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** The clocks of two machines of the platform differ by less. */
export const CLOCKS_DIFFER_MS = 10_000;

/** The latest time accepted. From the year 10000 on, ISO 8601 needs more digits than most parsers expect. */
export const LATEST = Date.UTC(9999, 11, 31);

/** Milliseconds since the epoch → ISO 8601. */
export const toTimestamp = (ms: number): string => new Date(ms).toISOString();

/** The same for times that can be null. */
export const toTimestampOrNull = (ms: number | null): string | null => (ms === null ? null : toTimestamp(ms));
