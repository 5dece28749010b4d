/** The state of a key as people see it: the service's three statuses, and two for keys that will end soon. Pure. */

import { EXPIRING_SOON_DAYS } from "../../../db/enums.ts";
import { DAY_MS } from "../../../worker/schemas/time.ts";
import type { ApiKey } from "../../api/types.ts";

/**
 * `expiring`: expires within 14 days. `ending`: was rotated and will be revoked automatically. A key that has ended since
 * it was loaded has its new state.
 */
export type KeyState = "active" | "expiring" | "ending" | "expired" | "revoked";

type Times = Pick<ApiKey, "status" | "expires_at" | "revokes_at">;

export function keyState(key: Times, now: number): KeyState {
	if (key.status !== "active") return key.status;
	const expires = key.expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(key.expires_at);
	const revokes = key.revokes_at === null ? Number.POSITIVE_INFINITY : Date.parse(key.revokes_at);
	if (revokes <= now) return "revoked";
	if (expires <= now) return "expired";
	if (revokes <= expires && revokes < Number.POSITIVE_INFINITY) return "ending";
	return expires - now <= EXPIRING_SOON_DAYS * DAY_MS ? "expiring" : "active";
}

/** Whether requests with the key are rejected. */
export const hasEnded = (state: KeyState): boolean => state === "revoked" || state === "expired";

/** Whether a rotation is under way: the successor exists and the old key still works. */
export const isRotating = (key: Pick<ApiKey, "status" | "rotated_to">): boolean =>
	key.status === "active" && key.rotated_to !== null;

/** The key as people recognise it, by its prefix and last characters: `sk_live_4fK9…x7Qz`. */
export const keyHint = (key: Pick<ApiKey, "key_prefix" | "last_four">): string => `${key.key_prefix}…${key.last_four}`;
