/** What state a key is in, as people speak of it: the server's three, and two that say how soon one will follow. */

import { EXPIRING_SOON_DAYS } from "../../../db/enums.ts";
import type { ApiKey } from "../../../worker/schemas/api-key.ts";
import { DAY_MS } from "../../../worker/schemas/time.ts";

/**
 * `expiring`: expires within 14 days. `ending`: was rotated out, and will stop by itself. Whichever comes first. A key
 * whose time has come since it was loaded is shown as what it is now, not as what it was.
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

/** Whether requests with the key are refused already. */
export const hasEnded = (state: KeyState): boolean => state === "revoked" || state === "expired";

/** A rotation that is under way: the successor is there, the old key still works. */
export const isRotating = (key: Pick<ApiKey, "status" | "rotated_to">): boolean =>
	key.status === "active" && key.rotated_to !== null;

/** The key as people recognise it: its beginning and its end, `sk_live_4fK9…x7Qz`. */
export const keyHint = (key: Pick<ApiKey, "key_prefix" | "last_four">): string => `${key.key_prefix}…${key.last_four}`;
