/** Chance that repeats itself: the same seed gives the same demo. Never for secrets or ids. */

/** A draw from [0, 1). */
export type Draw = () => number;

/** What the demo is decided by. */
export interface Random {
	/** True with the probability given. */
	chance(probability: number): boolean;
	/** Somewhere from `low` to below `high`. */
	between(low: number, high: number): number;
	/** A whole number from `low` to `high`, both included. */
	whole(low: number, high: number): number;
	/** One of a list that is not empty. */
	pick<T>(list: readonly [T, ...T[]]): T;
	/** Each element with the probability given, in their order. */
	some<T>(list: readonly T[], probability: number): T[];
}

/** Decides by draws, of which the same make the same decisions. */
export function randomOf(draw: Draw): Random {
	const between = (low: number, high: number) => low + draw() * (high - low);
	const whole = (low: number, high: number) => Math.floor(between(low, high + 1));
	return {
		chance: (probability) => draw() < probability,
		between,
		whole,
		pick: (list) => list[whole(0, list.length - 1)] ?? list[0],
		some: (list, probability) => list.filter(() => draw() < probability),
	};
}

/** Tommy Ettinger's mulberry32: a few operations a draw, and even enough for names and curves. */
export function seeded(seed: number): Draw {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
