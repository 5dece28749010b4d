/**
 * The signing keys of the identity provider (a JSON Web Key Set, RFC 7517).
 *
 * `createRemoteJWKSet` of jose forgets its keys when a fetch fails, and fetches again for every token meanwhile. Here known
 * keys keep working, and tokens that name an unknown key cause one fetch at a time.
 */
import { createLocalJWKSet, errors, type JWTVerifyGetKey } from "jose";
import { AppError } from "../errors.ts";
import { currentOf, FETCH_TIMEOUT_MS, type ProviderDocument, providerDocument, refresh } from "./provider-document.ts";

type FindKey = ReturnType<typeof createLocalJWKSet>;

const knownByUrl = new Map<string, ProviderDocument<FindKey>>();

/** Finds the key of a token. Throws `UNAVAILABLE` if the provider can't be reached and its keys are not known. */
export function providerKeys(url: string, now: number): JWTVerifyGetKey {
	const keys = knownByUrl.get(url) ?? providerDocument("keys", () => fetchKeys(url));
	knownByUrl.set(url, keys);
	return async (header, token) => {
		const findKey = await currentOf(keys, now);
		if (findKey === null) throw unavailable(keys.failure);
		try {
			return await findKey(header, token);
		} catch (thrown) {
			if (!(thrown instanceof errors.JWKSNoMatchingKey)) throw thrown;
		}
		// The provider may have added the key since.
		await refresh(keys, now);
		return (keys.value ?? findKey)(header, token);
	};
}

async function fetchKeys(url: string): Promise<FindKey> {
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
