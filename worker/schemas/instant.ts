/** Instants as they cross a door: ISO 8601 in UTC with milliseconds. Inside, they are milliseconds since the epoch. */

/** The last instant there is: beyond the year 9999 ISO 8601 needs more digits than its readers expect. */
export const LATEST = Date.UTC(9999, 11, 31);

/** Milliseconds since the epoch → the form that crosses a door. */
export const toTimestamp = (ms: number): string => new Date(ms).toISOString();

/** The same for times that may be absent. */
export const toTimestampOrNull = (ms: number | null): string | null => (ms === null ? null : toTimestamp(ms));
