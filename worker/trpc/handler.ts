/** tRPC over HTTP: validates the request before tRPC reads it, and hands it to the router. */

import type { TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import type { MiddlewareHandler } from "hono";
import { deviceOf } from "../auth/device.ts";
import { delayRejection, limitOrigin, signInLimits } from "../auth/sign-in-limits.ts";
import type { Bindings, Config } from "../env.ts";
import { AppError, invalidField } from "../errors.ts";
import { isJson, limitBody, limitSignInBody, wholeBody } from "../http/body.ts";
import { logFailure } from "../http/log-failure.ts";
import type { RequestInfo } from "../http/request-info.ts";
import { createContext } from "./context.ts";
import { appErrorOf, errorData } from "./errors.ts";
import { appRouter } from "./root.ts";

export const TRPC_PATH = "/trpc";

interface TrpcEnv {
	Bindings: Bindings;
	Variables: { config: Config; info: RequestInfo };
}

// The type is a tree of routers. At run time it is one record by dotted names.
const procedures = appRouter._def.procedures as unknown as Record<string, { _def: { type: string } } | undefined>;

/** More calls than any screen makes at once. A batch must not be a way around limits on requests. */
const BATCH_MAX = 20;

/** A person who is signed in calls this. A stolen session must not guess the password with it. */
const CHANGE = "passwords.change";

/** They check a password or the secret of a link, or send a mail. Everyone may call all but the last. */
const ATTEMPTS = new Set([
	"session.login",
	"passwords.readLink",
	"passwords.set",
	"passwords.forgot",
	"platform.login",
	CHANGE,
]);

/**
 * Middleware that validates which procedures a request calls, and limits sign-in attempts, both before the body is read:
 * reading and parsing bodies is work that an attacker must not get for nothing.
 */
export const guardTrpc: MiddlewareHandler<TrpcEnv> = async (c, next) => {
	const names = validateCall(c.req.raw);
	const attempt = names.find((name) => ATTEMPTS.has(name));
	if (attempt === undefined) return limitBody(c, next);
	const { config, info } = c.var;
	await limitOrigin(signInLimits(c.env), info.ip, await deviceOf(c.req.raw, config.jwt, info.now));
	try {
		if (names.length > 1) throw invalidField("batch", `${attempt} cannot be part of a batch`);
		// Two passwords of the longest kind don't fit into the body of a sign-in.
		await (attempt === CHANGE ? limitBody : limitSignInBody)(c, next);
	} catch (thrown) {
		await delayRejection();
		throw thrown;
	}
	// Input that the schema rejects. The other failures have waited for their turn.
	if (c.res.status === 400) await delayRejection();
};

export async function handleTrpc(
	request: Request,
	env: Bindings,
	config: Config,
	info: RequestInfo,
	later: (work: Promise<unknown>) => void,
): Promise<Response> {
	return fetchRequestHandler({
		endpoint: TRPC_PATH,
		req: await asJson(request),
		router: appRouter,
		createContext: ({ resHeaders }) => createContext(request, resHeaders, env, config, info, later),
		responseMeta: ({ errors }) => ({ headers: headersOf(errors) }),
		onError({ error, path }) {
			const known = appErrorOf(error);
			logFailure(`tRPC ${path ?? ""}`, known, info);
		},
	});
}

/** The response to an error outside of any procedure, such as a body that is too large, in the shape of tRPC. */
export function trpcErrorResponse(error: AppError, requestId: string): Response {
	const body = { error: { message: error.message, code: -32_600, data: errorData(error, undefined, requestId) } };
	return Response.json(body, { status: error.status, headers: error.headers });
}

/**
 * The names of the procedures that a request calls. Rejects unknown procedures, wrong methods, large batches, and queries
 * mixed with mutations. tRPC would too, but without the request id, and with its own messages.
 */
function validateCall({ url, method }: Request): string[] {
	const { pathname, searchParams } = new URL(url);
	const names = decoded(pathname.slice(TRPC_PATH.length + 1)).split(",");
	if (names.length > BATCH_MAX) throw invalidField("batch", `At most ${BATCH_MAX} calls per batch`);
	const known = names.filter((name) => Object.hasOwn(procedures, name));
	// Each call of a batch has its own result, so the known procedures are called.
	if (known.length === 0 || (known.length < names.length && !searchParams.has("batch")))
		throw new AppError("NOT_FOUND", "Procedure not found.");
	const types = new Set(known.map((name) => procedures[name]?._def.type));
	if (types.size > 1) throw invalidField("batch", "Queries and mutations cannot share a batch");
	const allowed = types.has("query") ? "GET" : "POST";
	if (effectiveMethod(method) !== allowed)
		throw new AppError("METHOD_NOT_ALLOWED", "Call queries with GET and mutations with POST.", {
			headers: { Allow: allowed },
		});
	return names;
}

/** HEAD is answered like GET, without the body (RFC 9110, §9.3.2). Hono leaves the body out. */
const effectiveMethod = (method: string) => (method === "HEAD" ? "GET" : method);

function decoded(path: string): string {
	try {
		return decodeURIComponent(path);
	} catch {
		throw new AppError("NOT_FOUND", "Procedure not found.");
	}
}

/** Headers of the errors: `Retry-After`, `WWW-Authenticate`, the rate limit. */
function headersOf(errors: readonly TRPCError[]): Headers {
	const headers = new Headers();
	for (const error of errors) {
		for (const [name, value] of Object.entries(appErrorOf(error).headers)) headers.set(name, value);
	}
	return headers;
}

/** These make tRPC respond in a stream, which sends status and headers before the outcome is known. */
const STREAMING = { headers: ["trpc-accept", "last-event-id"], parameters: ["connectionParams", "lastEventId"] };

/**
 * The request for tRPC to read: one JSON document in, one out. A body of another type is `UNSUPPORTED_MEDIA_TYPE`. A
 * missing body passes as empty JSON, because `curl -X POST` sends none to a procedure without input.
 */
async function asJson(request: Request): Promise<Request> {
	const method = effectiveMethod(request.method);
	if (method === "POST" && !isJson(request) && (await wholeBody(request.clone())).byteLength > 0)
		throw new AppError("UNSUPPORTED_MEDIA_TYPE");
	const headers = new Headers(request.headers);
	for (const name of STREAMING.headers) headers.delete(name);
	headers.set("content-type", "application/json");
	const url = new URL(request.url);
	for (const name of STREAMING.parameters) url.searchParams.delete(name);
	// The body of a GET has no meaning, and `new Request` refuses it.
	return new Request(url, { method, headers, body: method === "GET" ? null : request.body });
}
