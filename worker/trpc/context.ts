/** What every procedure gets: the request, the services' tools, and the caller on demand. */
import { database } from "../../db/client.ts";
import { type AuthDeps, authenticate, type Principal } from "../auth/principal.ts";
import { sessionLookup } from "../auth/session.ts";
import type { Bindings, Config } from "../env.ts";
import type { RequestInfo } from "../http/request-info.ts";
import type { Deps } from "../services/deps.ts";

export interface Context {
	request: Request;
	info: RequestInfo;
	deps: Deps;
	/** Headers of the answer. Calls in a batch share them. */
	responseHeaders: Headers;
	/** Who is calling. Asked once for all calls of a batch, and only if a procedure needs to know. */
	principal(): Promise<Principal>;
}

/** The context of one HTTP request, which all calls of a batch share. */
export function createContext(
	request: Request,
	responseHeaders: Headers,
	env: Bindings,
	config: Config,
	info: RequestInfo,
): Context {
	const db = database(env.DB);
	const deps: Deps = { db, gates: env.KEY_GATE, config, loginLimiter: env.LOGIN_LIMITER, now: info.now };
	const authDeps: AuthDeps = { config, gates: env.KEY_GATE, sessions: sessionLookup(db), now: info.now };
	let principal: Promise<Principal> | undefined;
	return {
		request,
		info,
		deps,
		responseHeaders,
		principal() {
			principal ??= authenticate(request, authDeps, info.ip);
			return principal;
		},
	};
}
