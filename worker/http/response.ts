/** JSON responses in the envelope of REST. */

import { putLast } from "../bounded-map.ts";
import { type AppError, ERRORS, type Failure, failureHeaders, publicError } from "../errors.ts";
import type { WindowState } from "../keys/verdict.ts";
import { toTimestamp } from "../schemas/time.ts";
import { policyHeaders, remainingHeaders } from "./rate-limit-headers.ts";
import type { RequestInfo } from "./request-info.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";

/** `meta` of every envelope. */
export const metaOf = ({ requestId, now }: RequestInfo) => ({ request_id: requestId, timestamp: toTimestamp(now) });

const errorEnvelope = (failure: Failure, info: RequestInfo) => ({ error: publicError(failure), meta: metaOf(info) });

/** The response to a failure that was thrown. `app.ts` adds the security headers. */
export function errorResponse(error: AppError, info: RequestInfo): Response {
	return Response.json(errorEnvelope(error, info), { status: error.status, headers: error.headers });
}

/** The response to an admitted key. */
export function admittedResponse(data: unknown, window: WindowState, info: RequestInfo): Response {
	const headers = headersOf({}, window, info);
	return new Response(JSON.stringify({ data, meta: metaOf(info) }), { status: 200, headers });
}

/** The response to a refused key, or to a request without one. `window` is set where the key was known. */
export function refusedResponse(failure: Failure, window: WindowState | undefined, info: RequestInfo): Response {
	const headers = headersOf(failure, window, info);
	return new Response(JSON.stringify(errorEnvelope(failure, info)), { status: ERRORS[failure.code].status, headers });
}

/** Headers of responses, by what else they have. No response has both a challenge and `Retry-After`. */
interface PreparedHeaders {
	plain: Headers;
	retry: Headers;
	/** By the value of `WWW-Authenticate`, of which there is one for each scope and a few more. */
	challenge: Map<string, Headers>;
	all: Record<string, string>;
}

function prepare(headers: Record<string, string>): PreparedHeaders {
	const all = { "Content-Type": "application/json", ...SECURITY_HEADERS, ...headers };
	return { plain: new Headers(all), retry: new Headers(all), challenge: new Map(), all };
}

// Reused across requests: `new Response` copies headers, which is cheaper than building them.
const WITHOUT_WINDOW = prepare({});
const byLimit = new Map<number, PreparedHeaders & { resetsAt: number }>();
const LIMITS_MAX = 1_000;

function preparedFor(window: WindowState): PreparedHeaders {
	const known = byLimit.get(window.limit);
	if (known?.resetsAt === window.resetsAt) return known;
	const made = { ...prepare(policyHeaders(window)), resetsAt: window.resetsAt };
	putLast(byLimit, window.limit, made, LIMITS_MAX);
	return made;
}

function challenged({ challenge, all }: PreparedHeaders, value: string): Headers {
	const known = challenge.get(value);
	if (known) return known;
	const made = new Headers({ ...all, ...failureHeaders({ challenge: value }) });
	challenge.set(value, made);
	return made;
}

/** Prepared headers with those of this request set: they are only valid until the next call. */
function headersOf(
	{ challenge, retryAfter }: Pick<Failure, "challenge" | "retryAfter">,
	window: WindowState | undefined,
	{ requestId }: RequestInfo,
): Headers {
	const prepared = window ? preparedFor(window) : WITHOUT_WINDOW;
	const otherwise = retryAfter === undefined ? prepared.plain : prepared.retry;
	const headers = challenge === undefined ? otherwise : challenged(prepared, challenge);
	headers.set("X-Request-Id", requestId);
	if (retryAfter !== undefined) headers.set("Retry-After", String(retryAfter));
	if (window) {
		const remaining = remainingHeaders(window);
		headers.set("RateLimit", remaining.RateLimit);
		headers.set("X-RateLimit-Remaining", remaining["X-RateLimit-Remaining"]);
	}
	return headers;
}
