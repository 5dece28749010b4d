/**
 * The time as the service has it. What keys and requests are measured against is the service's clock; one here that is
 * wrong by an hour would tell of requests in the future, and call a key expired that works.
 */

/** Headers tell whole seconds, and answers take time: so much is no difference. */
const TOLERATED_MS = 5_000;

let difference: number | undefined;

/** Milliseconds since the epoch, by the service's clock. By the one here until the service was heard of. */
export const serverNow = (): number => Date.now() + (difference ?? 0);

/**
 * Takes the time of an answer (`Date`, RFC 9110) that was asked for and arrived at these times of the clock here. The
 * first that is good for it counts, until the page is loaded anew: to go by each would make what counts seconds jump.
 */
export function hearServerTime(date: string | null, askedAt: number, arrivedAt: number): void {
	const told = Date.parse(date ?? "");
	if (difference !== undefined || Number.isNaN(told) || arrivedAt - askedAt > TOLERATED_MS) return;
	// In the middle of the second that the header tells.
	const found = told + 500 - (askedAt + arrivedAt) / 2;
	difference = Math.abs(found) < TOLERATED_MS ? 0 : Math.round(found);
}
