/** What the person chooses in a rotation: when the old key ends and how long the new one lives. Pure. */

import { DAY_MS, MINUTE_MS } from "../../../../worker/schemas/time.ts";
import type { ApiKey } from "../../../api/types.ts";

/** Input of `keys.rotate` besides the key. */
export interface RotationChoice {
	expires_in_days?: number;
	revoke_previous_after_hours?: number;
}

/** Hours after which the old key may be revoked automatically. 0: in the same moment as the new key is made. */
export const OVERLAP_HOURS = [0, 1, 24, 168] as const;
export type OverlapHours = (typeof OVERLAP_HOURS)[number];

/** Other lifetimes on offer, in days. */
const LIFE_DAYS = [30, 90, 180, 365];

/** The service's maximum. */
const LIFE_DAYS_MAX = 3_650;

type Life = Pick<ApiKey, "created_at" | "expires_at">;

/** Lifetime of a key in milliseconds; null if it never expires. */
export const lifeOf = (key: Life): number | null =>
	key.expires_at === null ? null : Date.parse(key.expires_at) - Date.parse(key.created_at);

/** Lifetimes in days on offer besides that of the old key. */
export function otherLives(old: Life): number[] {
	const life = lifeOf(old);
	return LIFE_DAYS.filter((days) => days * DAY_MS !== life);
}

/** Lifetime in days for a successor that lives as long as the last one. Undefined if that is the default. */
export function lifeToRepeat(last: Life, old: Life): number | undefined {
	const life = lifeOf(last);
	if (life === null) return undefined;
	const usual = lifeOf(old);
	if (usual !== null && Math.abs(life - usual) < MINUTE_MS) return undefined;
	return Math.min(Math.max(1, Math.round(life / DAY_MS)), LIFE_DAYS_MAX);
}
