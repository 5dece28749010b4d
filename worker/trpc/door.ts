/** The tRPC door: an HTTP request in, an answer out. */
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import type { TRPCError } from "@trpc/server";
import type { Bindings, Config } from "../env.ts";
import { AppError } from "../errors.ts";
import { logError } from "../log.ts";
import type { RequestInfo } from "../request-info.ts";
import { createContext } from "./context.ts";
import { appErrorOf, errorData } from "./errors.ts";
import { appRouter } from "./root.ts";

export const TRPC_PATH = "/trpc";

/** More calls than any screen makes at once; a batch must not be a way around limits on requests. */
const BATCH_MAX = 20;

export function handleTrpc(request: Request, env: Bindings, config: Config, info: RequestInfo): Promise<Response> {
	return fetchRequestHandler({
		endpoint: TRPC_PATH,
		req: withContentType(request),
		router: appRouter,
		maxBatchSize: BATCH_MAX,
		createContext: ({ resHeaders }) => createContext(request, resHeaders, env, config, info),
		responseMeta: ({ errors, type }) => ({ headers: headersOf(errors, type) }),
		onError({ error, path }) {
			const known = appErrorOf(error);
			if (known.status >= 500) logError(`tRPC ${path ?? ""}: ${known.code}`, known.cause ?? error, info.requestId);
		},
	});
}

/** An error outside any procedure, such as a body that is too large, in the shape that tRPC clients read. */
export function trpcErrorResponse(error: AppError, requestId: string): Response {
	const body = { error: { message: error.message, code: -32_600, data: errorData(error, undefined, requestId) } };
	return Response.json(body, { status: error.status, headers: error.headers });
}

/** Headers that errors bring along: `Retry-After`, `WWW-Authenticate`, `Allow`, the rate limit. */
function headersOf(errors: readonly TRPCError[], type: string): Headers {
	const headers = new Headers();
	for (const error of errors) {
		for (const [name, value] of Object.entries(appErrorOf(error).headers)) headers.set(name, value);
		if (error.code === "METHOD_NOT_SUPPORTED") headers.set("Allow", type === "mutation" ? "POST" : "GET");
	}
	return headers;
}

/** tRPC refuses a POST without a content type, which is what `curl -X POST` sends to a procedure without input. */
function withContentType(request: Request): Request {
	if (request.method !== "POST" || request.body !== null || request.headers.has("content-type")) return request;
	const headers = new Headers(request.headers);
	headers.set("content-type", "application/json");
	return new Request(request, { headers });
}
