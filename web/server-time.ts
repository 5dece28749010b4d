/**
 * The time by the service's clock. Keys and requests are measured against that clock. With a local clock that is an hour
 * off, the page would show requests in the future and call a working key expired.
 */

/** The `Date` header has whole seconds and responses take time, so a smaller difference means nothing. */
const TOLERATED_MS = 5_000;

let difference: number | undefined;

/** Milliseconds since the epoch by the service's clock; by the local clock until the first response has arrived. */
export const serverNow = (): number => Date.now() + (difference ?? 0);

/**
 * Learns the service's time from the `Date` header (RFC 9110) of a response. `sentAt` and `receivedAt` are local times.
 * Only the first usable response counts until the page is reloaded: with every response, countdowns would jump.
 */
export function learnServerTime(date: string | null, sentAt: number, receivedAt: number): void {
	const seconds = Date.parse(date ?? "");
	if (difference !== undefined || Number.isNaN(seconds) || receivedAt - sentAt > TOLERATED_MS) return;
	// The header is rounded down, so on average the time was half a second later.
	const found = seconds + 500 - (sentAt + receivedAt) / 2;
	difference = Math.abs(found) < TOLERATED_MS ? 0 : Math.round(found);
}
