/**
 * The signing keys of the identity provider (a JSON Web Key Set, RFC 7517), kept for the life of the isolate.
 *
 * `createRemoteJWKSet` of jose forgets its keys when a fetch fails, and fetches again for every token meanwhile. Here an
 * outage of the provider costs little: known keys keep working, a failure is remembered, and tokens that name an unknown
 * key cause one fetch at a time.
 */
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from "jose";
import { AppError } from "../errors.ts";
import { logError } from "../log.ts";
import { DAY_MS, MINUTE_MS } from "../schemas/time.ts";

/** After this time the keys are fetched again, so that a key that the provider has withdrawn stops working. */
const FRESH_MS = 10 * MINUTE_MS;
/** While the provider is down, keys stay valid this long: as long as the longest token. */
const STALE_MAX_MS = DAY_MS;
/** Time between two fetches. It bounds the fetches that forged key ids and outages cause. */
const COOLDOWN_MS = 30_000;
/** A key set is a small static file. A request must not wait longer for it. */
const FETCH_TIMEOUT_MS = 2_000;

interface KnownKeys {
	getKey: ReturnType<typeof createLocalJWKSet> | null;
	/** When `getKey` was fetched. */
	fetchedAt: number;
	/** When the last fetch began, successful or not. */
	attemptedAt: number;
	/** Why it failed. */
	failure: unknown;
	/** The fetch under way. */
	pending: Promise<void> | null;
}

const knownByUrl = new Map<string, KnownKeys>();

/** Finds the key of a token. Throws `UNAVAILABLE` if the provider can't be reached and its keys are not known. */
export function providerKeys(url: string, now: number): JWTVerifyGetKey {
	let known = knownByUrl.get(url);
	if (!known) {
		known = { getKey: null, fetchedAt: -Infinity, attemptedAt: -Infinity, failure: undefined, pending: null };
		knownByUrl.set(url, known);
	}
	const keys = known;
	return async (header, token) => {
		if (now - keys.fetchedAt >= FRESH_MS) await refresh(url, keys, now);
		if (keys.getKey === null || now - keys.fetchedAt >= STALE_MAX_MS) throw unavailable(keys.failure);
		try {
			return await keys.getKey(header, token);
		} catch (thrown) {
			if (!(thrown instanceof errors.JWKSNoMatchingKey)) throw thrown;
		}
		// The provider may have added the key since.
		await refresh(url, keys, now);
		return keys.getKey(header, token);
	};
}

/** Fetches the keys, unless that was tried a moment ago. A failure leaves the known keys as they are. */
async function refresh(url: string, keys: KnownKeys, now: number): Promise<void> {
	if (keys.pending) {
		// It never settles if its request is cancelled, so the wait is bounded.
		await Promise.race([keys.pending, scheduler.wait(FETCH_TIMEOUT_MS)]);
		return;
	}
	if (now - keys.attemptedAt < COOLDOWN_MS) return;
	keys.attemptedAt = now;
	keys.pending = fetchKeys(url).then(
		(getKey) => {
			keys.getKey = getKey;
			keys.fetchedAt = now;
		},
		(cause: unknown) => {
			keys.failure = cause;
			// Without keys the request fails, and its own line of the log has the cause.
			if (keys.getKey !== null)
				logError("The identity provider's keys can't be fetched; the known ones stay in use", cause);
		},
	);
	try {
		await keys.pending;
	} finally {
		keys.pending = null;
	}
}

async function fetchKeys(url: string): Promise<ReturnType<typeof createLocalJWKSet>> {
	const response = await fetch(url, {
		headers: { accept: "application/jwk-set+json, application/json" },
		// A redirect could lead to another host, or away from TLS.
		redirect: "manual",
		signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
	});
	if (response.status !== 200) throw new Error(`The key set responded with status ${response.status}`);
	return createLocalJWKSet(await response.json());
}

const unavailable = (cause: unknown) =>
	new AppError("UNAVAILABLE", "The identity provider's signing keys are unavailable. Retry in a few seconds.", {
		cause,
	});
