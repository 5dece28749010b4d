/** Verdicts as what a caller hears. Pure. */
import { AppError, type ErrorCode } from "../errors.ts";
import { rateLimitHeaders } from "../http/rate-limit-headers.ts";
import type { Verdict } from "../keys/verdict.ts";

/** What a refusal says, short of being an error, which takes longer to make than all the rest of it. */
interface Refusal {
	code: ErrorCode;
	message: string;
	/** Whole seconds. */
	retryAfter?: number;
}

type NotAdmitted = Exclude<Verdict, { code: "VALID" }>;

/** For a request that needs a key and has none. */
export const noKey: Refusal = {
	code: "UNAUTHORIZED",
	message: "Send an API key as Authorization: Bearer sk_… or X-API-Key: sk_…",
};

/** For anything but `VALID`. A revoked or expired key is told so: only its holder can ask. */
export function refusalOf(verdict: NotAdmitted): Refusal {
	switch (verdict.code) {
		case "NOT_FOUND":
			return { code: "UNAUTHORIZED", message: "Invalid API key. Check that you copied the whole key." };
		case "REVOKED":
			return {
				code: "UNAUTHORIZED",
				message: "This API key has been revoked. Ask the tenant's admin for a new one.",
			};
		case "EXPIRED":
			return {
				code: "UNAUTHORIZED",
				message: "This API key has expired. Ask the tenant's admin to extend or rotate it.",
			};
		case "ADDRESS_NOT_ALLOWED":
			return { code: "FORBIDDEN", message: "This API key is not allowed from this IP address." };
		case "MISSING_SCOPE":
			return { code: "FORBIDDEN", message: `This API key lacks the scope ${verdict.scope}.` };
		case "RATE_LIMITED": {
			const { limit, resetSeconds } = verdict.window;
			return {
				code: "RATE_LIMITED",
				message: `Rate limit of ${limit} requests per hour exceeded. Retry in ${resetSeconds} seconds.`,
				retryAfter: resetSeconds,
			};
		}
		case "UNAVAILABLE":
			return { code: "UNAVAILABLE", message: "The API key could not be verified. Retry in a few seconds." };
		default:
			return verdict satisfies never;
	}
}

/** The same as errors, for doors that throw. */
export const noKeyError = () => new AppError(noKey.code, noKey.message);

export function refusalError(verdict: NotAdmitted): AppError {
	const { code, message, retryAfter } = refusalOf(verdict);
	return new AppError(code, message, {
		...(retryAfter === undefined ? {} : { retryAfter }),
		headers: "window" in verdict ? rateLimitHeaders(verdict.window) : {},
		cause: verdict.code === "UNAVAILABLE" ? verdict.cause : undefined,
	});
}
