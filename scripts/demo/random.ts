/** Repeatable random numbers: the same seed gives the same demo. Never for secrets or ids. */

/** A random number in [0, 1). */
export type Draw = () => number;

/** The random decisions of the demo. */
export interface Random {
	/** True with this probability. */
	chance(probability: number): boolean;
	/** A number in [low, high). */
	between(low: number, high: number): number;
	/** An integer from `low` to `high`, inclusive. */
	whole(low: number, high: number): number;
	/** An element of the list. */
	pick<T>(list: readonly [T, ...T[]]): T;
	/** Each element with this probability, in order. */
	some<T>(list: readonly T[], probability: number): T[];
}

/** Makes decisions from random numbers. The same numbers make the same decisions. */
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

/** Tommy Ettinger's mulberry32: fast, and uniform enough for names and curves. */
export function seeded(seed: number): Draw {
	let state = seed;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}
