/**
 * The entry of every HTTP request. API keys are admitted or refused here, before the app is loaded: this is the path of
 * every request of every integration. The first request that needs the app loads it.
 */

import { type Arrival, admitRequest } from "./admission/admit-request.ts";
import { type KeyRoute, keyRouteOf, WHOAMI } from "./admission/key-routes.ts";
import { NO_KEY, type Refusal, refusalOf } from "./admission/refusal.ts";
import { analyticsOf } from "./admission/verdict-points.ts";
import { whoami } from "./admission/whoami.ts";
import type { createApp } from "./app.ts";
import type { Bindings, Config } from "./env.ts";
import { toAppError } from "./errors.ts";
import { endAfterBody } from "./http/drain-body.ts";
import { type RequestInfo, requestInfo } from "./http/request-info.ts";
import { admittedResponse, refusedResponse } from "./http/response.ts";
import { logError } from "./log.ts";
import { keyGates } from "./namespaces.ts";

type FetchHandler = (request: Request, env: Bindings, context?: ExecutionContext) => Promise<Response>;

export function createFetchHandler(config: Config): FetchHandler {
	let app: ReturnType<typeof createApp> | undefined;

	async function passToApp(request: Request, env: Bindings, context?: ExecutionContext, arrival?: Arrival) {
		// Don't share this promise across requests: if its request is cancelled, it never settles for the others.
		app ??= (await import("./app.ts")).createApp(config);
		return app.fetch(request, arrival ? { ...env, ARRIVAL: arrival } : env, context);
	}

	async function admitOrRefuse(route: KeyRoute, request: Request, env: Bindings, context?: ExecutionContext) {
		const info = requestInfo(request);
		try {
			const deps = { gates: keyGates(env), d1: env.DB, analytics: analyticsOf(env, config, request) };
			const admission = await admitRequest(request, route, deps, config, info);
			if (admission === null) return refuse(NO_KEY, route, info);
			const { verdict } = admission;
			if (verdict.code !== "VALID") return refuse(refusalOf(verdict), route, info);
			// The app rejects unknown query parameters.
			if (route.endpoint === WHOAMI && !request.url.includes("?"))
				return admittedResponse(whoami(verdict), verdict.window, info);
			return await passToApp(admission.request, env, context, { info, admission: { route, admitted: verdict } });
		} catch (thrown) {
			return refuse(toAppError(thrown), route, info);
		}
	}

	function respond(request: Request, env: Bindings, context?: ExecutionContext): Promise<Response> {
		const route = keyRouteOf(request);
		// The app decides what pages of other origins may read.
		const isForApp = route === null || (config.corsOrigins.length > 0 && request.headers.has("origin"));
		return isForApp ? passToApp(request, env, context) : admitOrRefuse(route, request, env, context);
	}

	return (request, env, context) => {
		const response = respond(request, env, context);
		return request.body === null ? response : response.then((early) => endAfterBody(early, request));
	};
}

function refuse(refusal: Refusal, { endpoint }: KeyRoute, info: RequestInfo): Response {
	const { code, cause, window } = refusal;
	if (code === "UNAVAILABLE" || code === "SERVER_ERROR") logError(`${endpoint}: ${code}`, cause, info);
	return refusedResponse(refusal, window, info);
}
