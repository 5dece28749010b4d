/** The tRPC door: an HTTP request in, an answer out. */

import type { TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import type { Bindings, Config } from "../env.ts";
import { AppError, invalidField } from "../errors.ts";
import { logError } from "../log.ts";
import type { RequestInfo } from "../request-info.ts";
import { createContext } from "./context.ts";
import { appErrorOf, errorData } from "./errors.ts";
import { appRouter } from "./root.ts";

export const TRPC_PATH = "/trpc";

/** More calls than any screen makes at once; a batch must not be a way around limits on requests. */
const BATCH_MAX = 20;

export async function handleTrpc(
	request: Request,
	env: Bindings,
	config: Config,
	info: RequestInfo,
): Promise<Response> {
	refuseLargeBatch(request);
	return fetchRequestHandler({
		endpoint: TRPC_PATH,
		req: await asJson(request),
		router: appRouter,
		createContext: ({ resHeaders }) => createContext(request, resHeaders, env, config, info),
		responseMeta: ({ errors }) => ({ headers: headersOf(errors) }),
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

function refuseLargeBatch({ url }: Request): void {
	const { pathname, searchParams } = new URL(url);
	if (searchParams.has("batch") && pathname.split(/,|%2c/i).length > BATCH_MAX)
		throw invalidField("batch", `At most ${BATCH_MAX} calls at once`);
}

/** Headers that errors bring along: `Retry-After`, `WWW-Authenticate`, the rate limit. tRPC adds `Allow` itself. */
function headersOf(errors: readonly TRPCError[]): Headers {
	const headers = new Headers();
	for (const error of errors) {
		for (const [name, value] of Object.entries(appErrorOf(error).headers)) headers.set(name, value);
	}
	return headers;
}

/**
 * Sees to it that a POST says JSON. A body of another type is `UNSUPPORTED_MEDIA_TYPE`; no body at all, which is what
 * `curl -X POST` sends to a procedure without input, passes as empty JSON.
 */
async function asJson(request: Request): Promise<Request> {
	if (request.method !== "POST" || /^application\/json\b/i.test(request.headers.get("content-type") ?? ""))
		return request;
	if ((await request.clone().text()) !== "") throw new AppError("UNSUPPORTED_MEDIA_TYPE");
	const headers = new Headers(request.headers);
	headers.set("content-type", "application/json");
	return new Request(request.url, { method: "POST", headers });
}
