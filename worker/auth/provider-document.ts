/**
 * A document of the identity provider, such as its keys, kept for the life of the isolate. An outage of the provider costs
 * little: what is known stays in use, a failure is remembered, and there is one fetch at a time.
 */
import { logError } from "../log.ts";
import { DAY_MS, MINUTE_MS } from "../schemas/time.ts";

/** After this time the document is fetched again, so that a key that the provider has withdrawn stops working. */
const FRESH_MS = 10 * MINUTE_MS;
/** While the provider is down, its document stays in use this long: as long as the longest token. */
const STALE_MAX_MS = DAY_MS;
/** Time between two fetches. It bounds the fetches that forged key ids and outages cause. */
const COOLDOWN_MS = 30_000;
/** These documents are small and static. A request must not wait longer for one. */
export const FETCH_TIMEOUT_MS = 2_000;

export interface ProviderDocument<T> {
	/** For the log, such as `keys`. */
	what: string;
	fetch: () => Promise<T>;
	value: T | null;
	/** When `value` was fetched. */
	fetchedAt: number;
	/** When the last fetch began, successful or not. */
	attemptedAt: number;
	/** Why it failed. */
	failure: unknown;
	/** The fetch under way. */
	pending: Promise<void> | null;
}

export const providerDocument = <T>(what: string, fetch: () => Promise<T>): ProviderDocument<T> => ({
	what,
	fetch,
	value: null,
	fetchedAt: -Infinity,
	attemptedAt: -Infinity,
	failure: undefined,
	pending: null,
});

/** The document, fetched if it is not fresh. Null if it can't be fetched and none is known; then `failure` says why. */
export async function currentOf<T>(document: ProviderDocument<T>, now: number): Promise<T | null> {
	if (now - document.fetchedAt >= FRESH_MS) await refresh(document, now);
	return now - document.fetchedAt >= STALE_MAX_MS ? null : document.value;
}

/** Fetches the document, unless that was tried a moment ago. A failure leaves the known one as it is. */
export async function refresh<T>(document: ProviderDocument<T>, now: number): Promise<void> {
	if (document.pending) {
		// It never settles if its request is cancelled, so the wait is bounded.
		await Promise.race([document.pending, scheduler.wait(FETCH_TIMEOUT_MS)]);
		return;
	}
	if (now - document.attemptedAt < COOLDOWN_MS) return;
	document.attemptedAt = now;
	document.pending = document.fetch().then(
		(value) => {
			document.value = value;
			document.fetchedAt = now;
		},
		(cause: unknown) => {
			document.failure = cause;
			// Without a document the request fails, and its own line of the log has the cause.
			if (document.value !== null)
				logError(`The identity provider's ${document.what} can't be fetched; the known ones stay in use`, cause);
		},
	);
	try {
		await document.pending;
	} finally {
		document.pending = null;
	}
}
