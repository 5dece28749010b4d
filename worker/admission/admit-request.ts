/** A request to a route that takes a key → a verdict. */

import type { Config } from "../env.ts";
import { headerCredential, signedCredential } from "../http/credential.ts";
import type { RequestInfo } from "../http/request-info.ts";
import type { Admitted } from "../keys/verdict.ts";
import type { Gates } from "../namespaces.ts";
import { type Admission, admit } from "./admit.ts";
import type { admitSigned } from "./admit-signed.ts";
import type { KeyRoute } from "./key-routes.ts";
import { type Analytics, keyIdIn, type Recorded, recordVerdict } from "./verdict-points.ts";

/** A request that was admitted on arrival, before any router ran. */
export interface Arrival {
	info: RequestInfo;
	admission?: { route: KeyRoute; admitted: Admitted };
}

let loaded: typeof admitSigned | undefined;

/** Loaded by the first signed request, so that an isolate starts sooner. Kept, since each `import()` costs microseconds. */
const loadAndAdmit: typeof admitSigned = async (...request) => {
	loaded ??= (await import("./admit-signed.ts")).admitSigned;
	return loaded(...request);
};

/** What admission works with. */
interface AdmissionDeps {
	gates: Gates;
	d1: D1Database;
	/** Where verdicts are recorded. Without it they are recorded nowhere. */
	analytics?: Analytics | null;
}

/**
 * Admits the request or not, and records the verdict; null if it presents no key. Throws `UNAUTHORIZED` for credentials of
 * another scheme. Continue with the request of the result: the body of a signed request is read here.
 */
export function admitRequest(
	request: Request,
	route: KeyRoute,
	deps: AdmissionDeps,
	config: Config,
	info: RequestInfo,
	consume = true,
): Promise<Admission> | null {
	const { analytics } = deps;
	if (!analytics) return decide(request, route, deps, config, info, consume);
	const startedAt = performance.now();
	const admission = decide(request, route, deps, config, info, consume);
	const record = (verdict: Recorded["verdict"], keyId: string | null) =>
		recordVerdict(analytics, {
			verdict,
			keyId,
			endpoint: route.endpoint,
			milliseconds: performance.now() - startedAt,
			requestId: info.requestId,
		});
	if (admission === null) {
		record({ code: "MISSING" }, null);
		return null;
	}
	return admission.then((done) => {
		const { verdict } = done;
		// Only an admission has the key's id. For a refusal the header is read again, because refusals are few.
		record(verdict, verdict.code === "VALID" ? verdict.key.id : presentedKeyId(request));
		return done;
	});
}

const presentedKeyId = (request: Request): string | null =>
	keyIdIn(signedCredential(request)?.key ?? headerCredential(request)?.value ?? "");

function decide(
	request: Request,
	{ endpoint, scope }: KeyRoute,
	{ gates, d1 }: AdmissionDeps,
	config: Config,
	{ ip, userAgent, now }: RequestInfo,
	consume: boolean,
): Promise<Admission> | null {
	const presented = { scope, ip, userAgent, endpoint, tenantId: null, consume };
	const credential = headerCredential(request);
	// Most requests have a bearer key, and such a request is not signed. A signature wins over X-API-Key.
	const signed = credential?.from === "bearer" ? null : signedCredential(request);
	if (signed !== null) return loadAndAdmit(gates, config, request, signed, presented, now);
	if (credential === null) return null;
	const imported = config.legacyKeys ? d1 : null;
	const verdict = admit(gates, config.peppers, credential.value, presented, now, imported);
	return verdict.then((verdict) => ({ verdict, request }));
}
