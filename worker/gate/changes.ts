/** Changes of a key as the audit trail tells them: in the names and times of the outside. Pure. */
import { type Changes, changesBetween } from "../../db/audit.ts";
import { toTimestampOrNull } from "../schemas/common.ts";
import type { KeySnapshot } from "./snapshot.ts";

/** What the trail says of a key, by its public names. No hash. */
export function publicFields(key: KeySnapshot): Record<string, unknown> {
	return {
		name: key.name,
		environment: key.environment,
		key_prefix: key.keyPrefix,
		last_four: key.lastFour,
		scopes: key.scopes,
		rate_limit: key.rateLimit,
		ip_allowlist: key.ipAllowlist,
		expires_at: toTimestampOrNull(key.expiresAt),
		revoked_at: toTimestampOrNull(key.revokedAt),
		revokes_at: toTimestampOrNull(key.revokeAt),
		rotated_from: key.rotatedFrom,
		rotated_to: key.rotatedTo,
	};
}

/** What of that differs between two states of a key. */
export function keyChanges(before: KeySnapshot, after: KeySnapshot): Changes {
	return changesBetween(publicFields(before), publicFields(after));
}
