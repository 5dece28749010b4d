/**
 * Admit or refuse: the decision itself. No I/O, no clock, no state; the gate brings all three.
 *
 * The order matters. A wrong secret learns nothing at all; after that come the states that cannot be helped
 * (revoked, expired), then where the request comes from, what it wants, and last the hour, so that a request refused
 * for another reason never uses it up.
 */

import type { Scope } from "../../db/enums.ts";
import { sameText } from "./format.ts";
import { type AddressRule, addressAllowed } from "./ip-allowlist.ts";
import { type KeySnapshot, statusOf } from "./snapshot.ts";
import type { Admitted, Refused } from "./verdict.ts";
import { windowState } from "./window.ts";

/** One request, as far as admission cares. */
export interface AdmissionRequest {
	/** Hash of the key that was presented. */
	secretHash: string;
	/** Scope that the endpoint takes; null where any key will do. */
	scope: Scope | null;
	/** Address of the caller; null where it is not known, which no allow-list lets pass. */
	ip: string | null;
	/** Where set, keys of other tenants do not exist. */
	tenantId: string | null;
	/** false: look, and count nothing. */
	consume: boolean;
}

/** Decides. `allowed` is the number of requests admitted in the hour of `now` before this one. */
export function decide(
	snapshot: KeySnapshot,
	rules: readonly AddressRule[],
	request: AdmissionRequest,
	allowed: number,
	now: number,
): Admitted | Refused {
	if (!sameText(snapshot.secretHash, request.secretHash)) return { code: "NOT_FOUND", final: false };
	if (request.tenantId !== null && request.tenantId !== snapshot.tenantId) return { code: "NOT_FOUND", final: false };

	const window = windowState(snapshot.rateLimit, allowed, now);
	const status = statusOf(snapshot, now);
	if (status === "revoked") return { code: "REVOKED", window: { ...window, remaining: 0 } };
	if (status === "expired") return { code: "EXPIRED", window: { ...window, remaining: 0 } };
	if (rules.length > 0 && !addressAllowed(rules, request.ip)) return { code: "ADDRESS_NOT_ALLOWED", window };
	if (request.scope !== null && !grants(snapshot.scopes, request.scope))
		return { code: "MISSING_SCOPE", scope: request.scope, window };
	if (window.remaining === 0) return { code: "RATE_LIMITED", window };

	const { id, tenantId, name, environment, scopes, expiresAt } = snapshot;
	return {
		code: "VALID",
		key: { id, tenantId, name, environment, scopes, expiresAt },
		window: request.consume ? { ...window, remaining: window.remaining - 1 } : window,
	};
}

/** An empty list grants everything. */
function grants(scopes: readonly string[], wanted: string): boolean {
	return scopes.length === 0 || scopes.includes(wanted);
}
