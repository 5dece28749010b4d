/** A request to a route that takes a key → a verdict. */

import type { Bindings, Config } from "../env.ts";
import { headerCredential } from "../http/credential.ts";
import type { RequestInfo } from "../http/request-info.ts";
import type { Admitted, Verdict } from "../keys/verdict.ts";
import { admit } from "./admit.ts";
import type { KeyRoute } from "./key-routes.ts";

/** A request that was admitted on arrival, before any router ran. */
export interface Arrival {
	info: RequestInfo;
	admission?: { route: KeyRoute; admitted: Admitted };
}

/** Admits the request or not; null if it presents no key. Throws `UNAUTHORIZED` for credentials of another scheme. */
export function admitRequest(
	request: Request,
	{ endpoint, scope }: KeyRoute,
	env: Pick<Bindings, "KEY_GATE" | "DB">,
	config: Config,
	{ ip, userAgent, now }: RequestInfo,
): Promise<Verdict> | null {
	const key = headerCredential(request)?.value;
	if (key === undefined) return null;
	const presented = { scope, ip, userAgent, endpoint, tenantId: null, consume: true };
	return admit(env.KEY_GATE, config.peppers, key, presented, now, config.legacyKeys ? env.DB : null);
}
