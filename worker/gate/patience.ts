/** Waiting for D1 has an end: what hangs must hold up neither requests nor the deliveries behind it. */

/**
 * How long a delivery waits for D1, in milliseconds: as long as D1 lets a query take. What it does after all then
 * changes nothing, since every delivery can come late.
 */
export const DELIVERY_GIVEN_UP_MS = 30_000;
/** How long requests of a key that its gate has never seen wait for D1, before they are refused. */
export const LOAD_GIVEN_UP_MS = 10_000;

/** The outcome of `work`, or an error if there is none within `ms`. The work itself goes on, and nobody hears of it. */
export function within<T>(ms: number, work: Promise<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(new Error(`D1 has not answered within ${ms} ms`)), ms);
		work.then(resolve, reject).finally(() => clearTimeout(timer));
	});
}
