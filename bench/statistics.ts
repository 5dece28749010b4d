/** Medians, percentiles and spreads. Pure. */

/** Minimum, median and maximum over the rounds. */
export interface Spread {
	min: number;
	median: number;
	max: number;
}

/** The percentile at `share` (0 to 1), by the nearest rank. NaN without values. */
export function percentile(values: ArrayLike<number>, share: number): number {
	const sorted = Float64Array.from(values).sort();
	return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** The median of an even number of values is the mean of the two in the middle. */
export function spread(values: readonly number[]): Spread {
	const sorted = [...values].sort((a, b) => a - b);
	const at = (index: number) => sorted[index] ?? Number.NaN;
	const half = (sorted.length - 1) / 2;
	return { min: at(0), median: (at(Math.floor(half)) + at(Math.ceil(half))) / 2, max: at(sorted.length - 1) };
}
