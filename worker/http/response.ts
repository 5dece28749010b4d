/** Answers of the REST door in its envelope. Without schemas, which nothing that is on its way out is checked by. */

import { putLast } from "../bounded-map.ts";
import { ERRORS, type ErrorCode, type FieldError } from "../errors.ts";
import type { WindowState } from "../keys/verdict.ts";
import { toTimestamp } from "../schemas/time.ts";
import { policyHeaders, standingHeaders } from "./rate-limit-headers.ts";
import type { RequestInfo } from "./request-info.ts";

/** What every answer tells of itself. */
export const metaOf = ({ requestId, now }: RequestInfo) => ({ request_id: requestId, timestamp: toTimestamp(now) });

/** What went wrong, as far as the caller may know. An `AppError` is one. */
export interface Failure {
	code: ErrorCode;
	message: string;
	details?: FieldError[] | undefined;
	retryAfter?: number | undefined;
}

function failureEnvelope({ code, message, details, retryAfter }: Failure, info: RequestInfo) {
	return {
		error: {
			code,
			message,
			...(details ? { details } : {}),
			...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
		},
		meta: metaOf(info),
	};
}

/** A failure as an answer, with its status and headers. */
export function failure(error: Failure & { headers: Record<string, string> }, info: RequestInfo): Response {
	return Response.json(failureEnvelope(error, info), { status: ERRORS[error.code].status, headers: error.headers });
}

/** The answer to a key that was admitted. */
export function granted(data: unknown, window: WindowState, info: RequestInfo): Response {
	return sealed(JSON.stringify({ data, meta: metaOf(info) }), 200, window, info);
}

/** The answer to a key that was refused, or to a request that has none; `window` where the key was known. */
export function refused(error: Failure, window: WindowState | undefined, info: RequestInfo): Response {
	const body = JSON.stringify(failureEnvelope(error, info));
	return sealed(body, ERRORS[error.code].status, window, info, error.retryAfter);
}

/**
 * What answers to an API key carry: no cache keeps them, and no browser reads them as anything but data (OWASP, REST
 * Security Cheat Sheet).
 */
const COMMON = {
	"Content-Type": "application/json",
	"Cache-Control": "no-store",
	"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	"Referrer-Policy": "no-referrer",
	"Strict-Transport-Security": "max-age=15552000; includeSubDomains",
	"X-Content-Type-Options": "nosniff",
	"X-Frame-Options": "DENY",
};

/** By which headers they have, the kinds of answers. Each has those of its own set for every answer. */
interface Prepared {
	plain: Headers;
	/** With the challenge of a 401 (RFC 6750, §3). */
	challenge: Headers;
	/** With `Retry-After`. */
	patience: Headers;
}

function prepare(headers: Record<string, string>): Prepared {
	return {
		plain: new Headers(headers),
		challenge: new Headers({ ...headers, "WWW-Authenticate": "Bearer" }),
		patience: new Headers(headers),
	};
}

// Made once and written over: a Response copies the headers it is given as a whole, in less time than it takes to reach
// for its own and set one of them.
const WITHOUT_KEY = prepare(COMMON);
const byLimit = new Map<number, Prepared & { resetsAt: number }>();
const LIMITS_MAX = 1_000;

function preparedFor(window: WindowState): Prepared {
	const known = byLimit.get(window.limit);
	if (known?.resetsAt === window.resetsAt) return known;
	const made = { ...prepare({ ...COMMON, ...policyHeaders(window) }), resetsAt: window.resetsAt };
	putLast(byLimit, window.limit, made, LIMITS_MAX);
	return made;
}

function sealed(
	body: string,
	status: number,
	window: WindowState | undefined,
	{ requestId }: RequestInfo,
	retryAfter?: number,
): Response {
	const { plain, challenge, patience } = window ? preparedFor(window) : WITHOUT_KEY;
	const headers = status === 401 ? challenge : retryAfter === undefined ? plain : patience;
	headers.set("X-Request-Id", requestId);
	if (retryAfter !== undefined) headers.set("Retry-After", String(retryAfter));
	if (window) {
		const standing = standingHeaders(window);
		headers.set("RateLimit", standing.RateLimit);
		headers.set("X-RateLimit-Remaining", standing["X-RateLimit-Remaining"]);
	}
	return new Response(body, { status, headers });
}
