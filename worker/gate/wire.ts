/**
 * Requests as they cross from the Worker to a gate, and verdicts on their way back: flat lists. The runtime takes a
 * fifth longer for a call that answers with an object than for one that answers with a list of the same. Pure.
 */
import type { Environment } from "../schemas/vocabulary.ts";
import type { AdmissionCall } from "./calls.ts";
import type { Refused, Verdict, WindowState } from "./verdict.ts";

export type PackedCall = [
	keyId: string,
	secretHash: string,
	scope: AdmissionCall["scope"],
	ip: string | null,
	userAgent: string | null,
	endpoint: string,
	tenantId: string | null,
	consume: boolean,
];

export function packCall(call: AdmissionCall): PackedCall {
	const { keyId, secretHash, scope, ip, userAgent, endpoint, tenantId, consume } = call;
	return [keyId, secretHash, scope, ip, userAgent, endpoint, tenantId, consume];
}

export function unpackCall(packed: PackedCall): AdmissionCall {
	const [keyId, secretHash, scope, ip, userAgent, endpoint, tenantId, consume] = packed;
	return { keyId, secretHash, scope, ip, userAgent, endpoint, tenantId, consume };
}

type PackedWindow = [limit: number, remaining: number, resetsAt: number, resetSeconds: number];
type PackedFacts = [tenantId: string, name: string, environment: Environment, scopes: string, expiresAt: number | null];

export type PackedVerdict =
	| ["VALID", ...PackedWindow, ...PackedFacts]
	| ["NOT_FOUND", final: boolean]
	| ["MISSING_SCOPE", ...PackedWindow, scope: string]
	| [Exclude<Refused["code"], "NOT_FOUND" | "MISSING_SCOPE">, ...PackedWindow]
	| ["UNAVAILABLE"];

/** No scope has a space in its name (RFC 6749, §3.3). */
const BETWEEN_SCOPES = " ";

export function pack(verdict: Verdict): PackedVerdict {
	switch (verdict.code) {
		case "VALID": {
			const { tenantId, name, environment, scopes, expiresAt } = verdict.key;
			const facts: PackedFacts = [tenantId, name, environment, scopes.join(BETWEEN_SCOPES), expiresAt];
			return [verdict.code, ...packWindow(verdict.window), ...facts];
		}
		case "NOT_FOUND":
			return [verdict.code, verdict.final];
		case "MISSING_SCOPE":
			return [verdict.code, ...packWindow(verdict.window), verdict.scope];
		case "REVOKED":
		case "EXPIRED":
		case "ADDRESS_NOT_ALLOWED":
		case "RATE_LIMITED":
			return [verdict.code, ...packWindow(verdict.window)];
		case "UNAVAILABLE":
			return [verdict.code];
		default:
			return verdict satisfies never;
	}
}

/** The verdict on the key `id`, which is not sent back to who sent it. */
export function unpack(packed: PackedVerdict, id: string): Verdict {
	switch (packed[0]) {
		case "VALID": {
			const [code, limit, remaining, resetsAt, resetSeconds, tenantId, name, environment, scopes, expiresAt] = packed;
			return {
				code,
				key: { id, tenantId, name, environment, scopes: scopes ? scopes.split(BETWEEN_SCOPES) : [], expiresAt },
				window: { limit, remaining, resetsAt, resetSeconds },
			};
		}
		case "NOT_FOUND":
			return { code: packed[0], final: packed[1] };
		case "MISSING_SCOPE": {
			const [code, limit, remaining, resetsAt, resetSeconds, scope] = packed;
			return { code, scope, window: { limit, remaining, resetsAt, resetSeconds } };
		}
		case "REVOKED":
		case "EXPIRED":
		case "ADDRESS_NOT_ALLOWED":
		case "RATE_LIMITED": {
			const [code, limit, remaining, resetsAt, resetSeconds] = packed;
			return { code, window: { limit, remaining, resetsAt, resetSeconds } };
		}
		case "UNAVAILABLE":
			return { code: packed[0] };
		default:
			return packed satisfies never;
	}
}

const packWindow = ({ limit, remaining, resetsAt, resetSeconds }: WindowState): PackedWindow => [
	limit,
	remaining,
	resetsAt,
	resetSeconds,
];
