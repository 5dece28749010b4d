/** Verdicts that do not admit, as failures. Pure. */
import { AppError, CHALLENGES, type Failure, failureHeaders, UNAVAILABLE_RETRY_SECONDS } from "../errors.ts";
import { rateLimitHeaders } from "../http/rate-limit-headers.ts";
import type { Verdict, WindowState } from "../keys/verdict.ts";

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

/** For every verdict but `VALID`. It may say that a key is revoked or expired: only the holder of the key can ask. */
export function refusalOf(verdict: Exclude<Verdict, { code: "VALID" }>): Refusal {
	switch (verdict.code) {
		case "NOT_FOUND":
			return invalidToken("Invalid API key. Check that you copied the whole key.");
		case "REVOKED":
			return invalidToken("This API key has been revoked. Ask the tenant's admin for a new one.", verdict.window);
		case "EXPIRED":
			return invalidToken("This API key has expired. Ask the tenant's admin to extend or rotate it.", verdict.window);
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
