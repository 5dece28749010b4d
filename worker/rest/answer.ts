/** Answers of the REST door in its envelope. Without schemas, which nothing that is on its way out is checked by. */
import { ERRORS, type ErrorCode, type FieldError } from "../errors.ts";
import { rateLimitHeaders } from "../gate/rate-limit-headers.ts";
import type { WindowState } from "../gate/verdict.ts";
import type { RequestInfo } from "../request-info.ts";
import { toTimestamp } from "../schemas/instant.ts";

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

/**
 * What answers to an API key carry: no cache keeps them, and no browser reads them as anything but data (OWASP, REST
 * Security Cheat Sheet). Made once, since a header costs more to make than most else that is done for a request.
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
const HEADERS = new Headers(COMMON);
const CHALLENGE = new Headers({ ...COMMON, "WWW-Authenticate": "Bearer" });

/** The answer to a key that was admitted. */
export function granted(data: unknown, window: WindowState, info: RequestInfo): Response {
	return sealed(JSON.stringify({ data, meta: metaOf(info) }), { headers: HEADERS }, window, info);
}

/** The answer to a key that was refused, or to a request that has none; `window` where the key was known. */
export function refused(error: Failure, window: WindowState | undefined, info: RequestInfo): Response {
	const { status } = ERRORS[error.code];
	const init = { status, headers: status === 401 ? CHALLENGE : HEADERS };
	const response = sealed(JSON.stringify(failureEnvelope(error, info)), init, window, info);
	if (error.retryAfter !== undefined) response.headers.set("Retry-After", String(error.retryAfter));
	return response;
}

function sealed(body: string, init: ResponseInit, window: WindowState | undefined, info: RequestInfo): Response {
	const response = new Response(body, init);
	const { headers } = response;
	headers.set("X-Request-Id", info.requestId);
	if (window) for (const [name, value] of Object.entries(rateLimitHeaders(window))) headers.set(name, value);
	return response;
}
