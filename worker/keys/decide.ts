/**
 * Decides whether a request is admitted. No I/O, no clock, no state: the gate passes everything in.
 *
 * The order of the checks matters. A wrong secret reveals nothing about the key. Then come the states that the caller
 * cannot change (revoked, expired, its tenant suspended), then the IP address, the scope, and last the hourly limit, so
 * that a request that is refused for another reason doesn't use up the limit.
 */

import type { Scope } from "../../db/enums.ts";
import { sameText } from "./format.ts";
import { type IpRule, isIpAllowed } from "./ip-allowlist.ts";
import { type KeySnapshot, statusOf } from "./snapshot.ts";
import type { Admitted, Refused, ReplayRefusal, SignedRefused } from "./verdict.ts";
import { windowState } from "./window.ts";

/** The parts of a request that the decision depends on. */
export interface AdmissionRequest {
	/** Hash of the presented key. */
	secretHash: string;
	/** Scope that the endpoint requires; null where any key is accepted. */
	scope: Scope | null;
	/** The caller's IP address; null where it is unknown, which no allow-list admits. */
	ip: string | null;
	/** If set, keys of other tenants are treated as unknown. */
	tenantId: string | null;
	/** false: decide, but don't count the request. */
	consume: boolean;
}

/** The key as a decision needs it. */
export interface DecidedKey {
	key: KeySnapshot;
	/** The key's allow-list, parsed. */
	ipRules: readonly IpRule[];
	/** Whether the key's tenant is suspended. */
	isSuspended: boolean;
}

/** Decides. `allowed` is the number of requests admitted in the hour of `now` before this one. */
export function decide(
	{ key: snapshot, ipRules, isSuspended }: DecidedKey,
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
	if (isSuspended) return { code: "TENANT_SUSPENDED", window };
	if (ipRules.length > 0 && !isIpAllowed(ipRules, request.ip)) return { code: "ADDRESS_NOT_ALLOWED", window };
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

/**
 * Decides a signed request. `replay` says whether it was seen before. That comes between the scope and the hourly limit, so
 * that a replay doesn't use up the limit.
 */
export function decideSigned(
	decided: DecidedKey,
	request: AdmissionRequest,
	replay: ReplayRefusal | null,
	allowed: number,
	now: number,
): Admitted | Refused | SignedRefused {
	const verdict = decide(decided, request, allowed, now);
	const isStopped = verdict.code !== "VALID" && verdict.code !== "RATE_LIMITED";
	return isStopped || replay === null
		? verdict
		: { ...replay, window: windowState(decided.key.rateLimit, allowed, now) };
}

/** An empty list grants every scope. */
function grants(scopes: readonly string[], wanted: string): boolean {
	return scopes.length === 0 || scopes.includes(wanted);
}
