/** What a data point of a verdict holds. */

/**
 * In the order of the columns: `blob1` is the code. New fields go to the end, because Analytics Engine keeps data
 * points for three months. Dashboards and alerts take their columns from here.
 */
export const VERDICT_BLOBS = ["code", "tenant", "key", "endpoint", "colo", "version"] as const;
export const VERDICT_DOUBLES = ["milliseconds", "weight"] as const;
