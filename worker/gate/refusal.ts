/** Verdicts as the errors that a caller hears. Pure. */
import { AppError } from "../errors.ts";
import { rateLimitHeaders } from "./rate-limit-headers.ts";
import type { Verdict } from "./verdict.ts";

/** The error for a request that takes a key and has none. */
export const noKeyError = () =>
	new AppError("UNAUTHORIZED", "Send an API key as Authorization: Bearer sk_… or X-API-Key: sk_…");

/** The error for anything but `VALID`. A revoked or expired key is told so: only its holder can ask. */
export function refusalError(refusal: Exclude<Verdict, { code: "VALID" }>): AppError {
	const headers = "window" in refusal ? rateLimitHeaders(refusal.window) : {};
	switch (refusal.code) {
		case "NOT_FOUND":
			return new AppError("UNAUTHORIZED", "This API key is not known. Check that it was copied whole.");
		case "REVOKED":
			return new AppError("UNAUTHORIZED", "This API key has been revoked. Ask the tenant's admin for a new one.", {
				headers,
			});
		case "EXPIRED":
			return new AppError("UNAUTHORIZED", "This API key has expired. Ask the tenant's admin to extend or rotate it.", {
				headers,
			});
		case "ADDRESS_NOT_ALLOWED":
			return new AppError("FORBIDDEN", "This API key may not be used from this address.", { headers });
		case "MISSING_SCOPE":
			return new AppError("FORBIDDEN", `This API key lacks the scope ${refusal.scope}.`, { headers });
		case "RATE_LIMITED": {
			const { limit, resetSeconds } = refusal.window;
			return new AppError(
				"RATE_LIMITED",
				`The limit of ${limit} requests per hour is reached. It resets in ${resetSeconds} seconds.`,
				{ retryAfter: resetSeconds, headers },
			);
		}
		case "UNAVAILABLE":
			return new AppError("UNAVAILABLE", "The API key cannot be checked right now. Try again.", {
				cause: refusal.cause,
			});
		default:
			return refusal satisfies never;
	}
}
