/** What every procedure gets: the request, the dependencies of services, and the caller on demand. */
import { databases } from "../../db/client.ts";
import { analyticsOf } from "../admission/verdict-points.ts";
import { authenticate, type Principal } from "../auth/principal.ts";
import { signInLimits } from "../auth/sign-in-limits.ts";
import type { Bindings, Config } from "../env.ts";
import type { RequestInfo } from "../http/request-info.ts";
import { type LinkDelivery, linkDelivery } from "../mail.ts";
import { keyGates, passwordHashers } from "../namespaces.ts";
import type { Deps } from "../services/deps.ts";
import type { SignInDeps } from "../services/session.ts";

export interface Context {
	request: Request;
	info: RequestInfo;
	deps: Deps;
	signIn: SignInDeps;
	/** How links for people get to them. */
	links: LinkDelivery;
	/** Keeps the Worker running for work after the response. */
	later(work: Promise<unknown>): void;
	/** Headers of the response. Calls in a batch share them. */
	responseHeaders: Headers;
	/** Identifies the caller: once for all calls of a batch, and only if a procedure needs to know. */
	principal(): Promise<Principal>;
}

/** The context of one HTTP request, which all calls of a batch share. */
export function createContext(
	request: Request,
	responseHeaders: Headers,
	env: Bindings,
	config: Config,
	info: RequestInfo,
	later: Context["later"],
): Context {
	const deps: Deps = {
		...databases(env),
		gates: keyGates(env),
		config,
		analytics: analyticsOf(env, config),
		now: info.now,
	};
	let principal: Promise<Principal> | undefined;
	return {
		request,
		info,
		deps,
		signIn: { ...deps, limits: signInLimits(env), hashers: passwordHashers(env) },
		links: linkDelivery(request, env, config),
		later,
		responseHeaders,
		principal() {
			principal ??= authenticate(request, deps, info);
			return principal;
		},
	};
}
