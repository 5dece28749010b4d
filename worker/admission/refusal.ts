/** Verdicts that do not admit, as failures. Pure. */
import { AppError, CHALLENGES, type Failure, failureHeaders, UNAVAILABLE_RETRY_SECONDS } from "../errors.ts";
import { rateLimitHeaders } from "../http/rate-limit-headers.ts";
import type { Mismatch, Verdict, WindowState } from "../keys/verdict.ts";

/**
 * Why a key is not admitted. A value, because the hot path refuses without throwing: an `Error` costs more than the rest
 * of a refusal. {@link refusalError} is the one place that makes an exception of it.
 */
export interface Refusal extends Failure {
	/** Where the key was known. */
	window?: WindowState;
	cause?: unknown;
}

/** For a request that needs a key and has none. */
export const NO_KEY: Refusal = {
	code: "UNAUTHORIZED",
	message: "Send an API key as Authorization: Bearer sk_… or X-API-Key: sk_…",
	challenge: CHALLENGES.none,
};

/** For a key on a management call. */
export const notForApiKeys = (window: WindowState): Refusal => ({
	code: "FORBIDDEN",
	message: "API keys cannot manage API keys. Use a session, a token or the service_role key.",
	window,
});

const invalidToken = (message: string, window?: WindowState): Refusal => ({
	code: "UNAUTHORIZED",
	message,
	challenge: CHALLENGES.invalidToken,
	...(window ? { window } : {}),
});

const invalidSignature = (message: string, window?: WindowState): Refusal => ({
	code: "UNAUTHORIZED",
	message,
	challenge: CHALLENGES.signature,
	...(window ? { window } : {}),
});

const OUTDATED = "The timestamp must be within 30 seconds of the current time. Sign the request again.";

/** Says what is proven. The last text is the same for strangers, who learn nothing from it. */
function explained(mismatch: Mismatch): string {
	switch (mismatch.cause) {
		case "time": {
			const { behindSeconds } = mismatch;
			const distance = `${Math.abs(behindSeconds)} seconds ${behindSeconds < 0 ? "ahead of" : "behind"} the server`;
			return `The signature is right, but its timestamp is outdated: it is ${distance}. ${OUTDATED}`;
		}
		case "path":
			return `The path is not canonical: it was signed ${mismatch.spelling}. Sign the path exactly as it is sent, such as /v1/leads, with or without its query.`;
		case "method":
			return `The request was signed for the method ${mismatch.signed}. Sign the method that is sent, in upper case.`;
		case "empty body":
			return "The body was changed after signing: the signature is for an empty body. Sign the SHA-256 of the bytes that are sent.";
		case "body or secret":
			return "The signature does not match. The body was changed after signing, or the API key or its secret is wrong.";
		default:
			return mismatch satisfies never;
	}
}

/** For every verdict but `VALID`. It may say that a key is revoked or expired: only the holder of the key can ask. */
export function refusalOf(verdict: Exclude<Verdict, { code: "VALID" }>): Refusal {
	switch (verdict.code) {
		case "NOT_FOUND":
			return invalidToken("Invalid API key. Check that you copied the whole key.");
		case "REVOKED":
			return invalidToken("This API key has been revoked. Ask the tenant's admin for a new one.", verdict.window);
		case "EXPIRED":
			return invalidToken("This API key has expired. Ask the tenant's admin to extend or rotate it.", verdict.window);
		case "TENANT_SUSPENDED":
			return {
				code: "FORBIDDEN",
				message: "The tenant of this API key is suspended. Contact SalesOS.",
				window: verdict.window,
			};
		case "ADDRESS_NOT_ALLOWED":
			return {
				code: "FORBIDDEN",
				message: "This API key is not allowed from this IP address.",
				window: verdict.window,
			};
		case "MISSING_SCOPE":
			return {
				code: "FORBIDDEN",
				message: `This API key lacks the scope ${verdict.scope}.`,
				challenge: CHALLENGES.insufficientScope(verdict.scope),
				window: verdict.window,
			};
		case "RATE_LIMITED": {
			const { limit, resetSeconds } = verdict.window;
			return {
				code: "RATE_LIMITED",
				message: `Rate limit of ${limit} requests per hour exceeded. Retry in ${resetSeconds} seconds.`,
				retryAfter: resetSeconds,
				window: verdict.window,
			};
		}
		case "THROTTLED": {
			const { retryAfter } = verdict;
			const message = `Too many unknown API keys from this IP address. Retry in ${retryAfter} seconds.`;
			return { code: "RATE_LIMITED", message, retryAfter };
		}
		case "BAD_SIGNATURE":
			return invalidSignature(explained(verdict.mismatch));
		case "OUTDATED":
			return invalidSignature(`The signature is right, but its timestamp is outdated. ${OUTDATED}`, verdict.window);
		case "REPLAYED":
			return invalidSignature(
				"This signed request was already received. Wait one second and sign it again with a new timestamp.",
				verdict.window,
			);
		case "UNCERTAIN": {
			const { retrySeconds, window } = verdict;
			return {
				code: "UNAVAILABLE",
				message: `The service cannot tell whether it already processed this request. This attempt was not processed. Check the result of the first attempt, or sign again in ${retrySeconds} ${retrySeconds === 1 ? "second" : "seconds"}.`,
				retryAfter: retrySeconds,
				window,
			};
		}
		case "UNAVAILABLE":
			return {
				code: "UNAVAILABLE",
				message: "The API key could not be verified. Retry in a few seconds.",
				retryAfter: UNAVAILABLE_RETRY_SECONDS,
				cause: verdict.cause,
			};
		default:
			return verdict satisfies never;
	}
}

/** Headers of the response to a refusal. */
export function refusalHeaders(refusal: Refusal): Record<string, string> {
	return { ...(refusal.window ? rateLimitHeaders(refusal.window) : {}), ...failureHeaders(refusal) };
}

/** The refusal as an exception, for interfaces that throw. */
export function refusalError(refusal: Refusal): AppError {
	const { code, message, retryAfter, challenge, window, cause } = refusal;
	return new AppError(code, message, {
		retryAfter,
		challenge,
		headers: window ? rateLimitHeaders(window) : {},
		cause,
	});
}
