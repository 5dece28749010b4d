/** Merges the states of a key that its gate and D1 have, because a restore has put one of the two back. Pure. */
import { isBcrypt } from "./format.ts";
import type { KeySnapshot } from "./snapshot.ts";

/**
 * The result has the settings of the later version, or of the gate if both have the same version. It has the earliest revocation of
 * both, because a revocation is final even if one side has lost it. If the result differs from both states, its version is above
 * both. Returns `gate` itself if nothing changes.
 */
export function stricterOf(gate: KeySnapshot, inD1: KeySnapshot): KeySnapshot {
	const isNewer = inD1.version > gate.version;
	const [base, other] = isNewer ? [inD1, gate] : [gate, inD1];
	const revoked = firstRevoked(base, other);
	const revokeAt = earliest(base.revokeAt, other.revokeAt);
	const isUnchanged = revoked.revokedAt === base.revokedAt && revokeAt === base.revokeAt;
	if (isUnchanged && !isNewer) return gate;
	const next = { ...base, revokedAt: revoked.revokedAt, revokedBy: revoked.revokedBy, revokeAt };
	const version = isUnchanged ? base.version : base.version + 1;
	return { ...next, version, ...learned(base, other) };
}

function firstRevoked(base: KeySnapshot, other: KeySnapshot): KeySnapshot {
	if (other.revokedAt !== null && (base.revokedAt === null || other.revokedAt < base.revokedAt)) return other;
	if (base.revokedAt === null && base.revokeAt === null && other.revokeAt !== null) return other;
	return base;
}

const earliest = (a: number | null, b: number | null): number | null =>
	a === null || b === null ? (a ?? b) : Math.min(a, b);

/** What one side has found out about the secret from requests. It doesn't raise the version. */
function learned(base: KeySnapshot, other: KeySnapshot): Partial<KeySnapshot> {
	const { secretHash, lastFour } = isBcrypt(base.secretHash) ? other : base;
	const pepperId = base.pepperId ?? other.pepperId;
	return { secretHash, lastFour, ...(pepperId === undefined ? {} : { pepperId }) };
}

/** Whether the two are the same state. Usage brings the pepper and the secret of an imported key later. */
export function isSame(gate: KeySnapshot, inD1: KeySnapshot): boolean {
	return canonical(gate) === canonical(inD1);
}

/** The fields that a comparison looks at. A gate keeps fields of the next release, which D1 doesn't have. */
const COMPARED = [
	...(["id", "tenantId", "environment", "name", "keyPrefix", "scopes", "rateLimit", "ipAllowlist"] as const),
	...(["createdAt", "createdBy", "expiresAt", "revokedAt", "revokeAt", "revokedBy"] as const),
	...(["rotatedFrom", "rotatedTo", "version"] as const),
] satisfies (keyof KeySnapshot)[];

const canonical = (key: KeySnapshot) => JSON.stringify(COMPARED.map((field) => key[field]));
