/**
 * Where requests arrive. An API key is admitted or refused right here, with nothing loaded and nothing in between: that
 * is the path of every request of every integration. All else goes on to the doors, which are loaded when the first
 * request goes to them.
 */

import { type Arrival, admitRequest } from "./admission/admit-request.ts";
import { type KeyRoute, keyRouteOf, WHOAMI } from "./admission/key-routes.ts";
import { noKey, refusalOf } from "./admission/refusal.ts";
import { whoami } from "./admission/whoami.ts";
import type { createApp } from "./app.ts";
import type { Bindings, Config } from "./env.ts";
import { toAppError } from "./errors.ts";
import { requestInfo } from "./http/request-info.ts";
import { granted, refused } from "./http/response.ts";
import { logError } from "./log.ts";

type Handler = (request: Request, env: Bindings, context?: ExecutionContext) => Promise<Response>;

export function createFront(config: Config): Handler {
	let doors: ReturnType<typeof createApp> | undefined;

	async function passOn(request: Request, env: Bindings, context?: ExecutionContext, arrival?: Arrival) {
		// Each request imports for itself: one that waited for another's promise would wait for ever if that one is gone.
		doors ??= (await import("./app.ts")).createApp(config);
		return doors.fetch(request, arrival ? { ...env, ARRIVAL: arrival } : env, context);
	}

	async function receive(route: KeyRoute, request: Request, env: Bindings, context?: ExecutionContext) {
		const info = requestInfo(request);
		try {
			const verdict = await admitRequest(request, route, env, config, info);
			if (verdict === null) return refused(noKey, undefined, info);
			if (verdict.code !== "VALID") {
				if (verdict.code === "UNAVAILABLE") logError(`${route.endpoint}: UNAVAILABLE`, verdict.cause, info.requestId);
				return refused(refusalOf(verdict), "window" in verdict ? verdict.window : undefined, info);
			}
			if (route.endpoint === WHOAMI) return granted(whoami(verdict), verdict.window, info);
			return await passOn(request, env, context, { info, admission: { route, admitted: verdict } });
		} catch (thrown) {
			const error = toAppError(thrown);
			if (error.status >= 500) logError(`${route.endpoint}: ${error.code}`, error.cause, info.requestId);
			return refused(error, undefined, info);
		}
	}

	return (request, env, context) => {
		const route = keyRouteOf(request);
		// What pages of other sites may read is for the doors to say.
		const isForDoors = route === null || (config.corsOrigins.length > 0 && request.headers.has("origin"));
		return isForDoors ? passOn(request, env, context) : receive(route, request, env, context);
	};
}
