/** What is decided when a key is rotated: when the old key ends, and how long the new one lives. Pure. */
import type { ApiKey } from "../../../../worker/schemas/api-key.ts";
import { DAY_MS, MINUTE_MS } from "../../../../worker/schemas/time.ts";

/** What `keys.rotate` is asked for, beside the key. */
export interface RotationChoice {
	expires_in_days?: number;
	revoke_previous_after_hours?: number;
}

/** Hours after which the old key may end by itself. */
export const OVERLAP_HOURS = [1, 24, 168] as const;
export type OverlapHours = (typeof OVERLAP_HOURS)[number];

/** Days that a new key may live, where it is not to live as long as the one before. */
const LIFE_DAYS = [30, 90, 180, 365];

/** The longest life that can be asked for. */
const LIFE_DAYS_MAX = 3_650;

type Life = Pick<ApiKey, "created_at" | "expires_at">;

/** How long a key was given, in milliseconds; null for ever. */
export const lifeOf = (key: Life): number | null =>
	key.expires_at === null ? null : Date.parse(key.expires_at) - Date.parse(key.created_at);

/** Lives in days to choose from, beside that of the key before. */
export function otherLives(old: Life): number[] {
	const life = lifeOf(old);
	return LIFE_DAYS.filter((days) => days * DAY_MS !== life);
}

/** What to ask for so that the next successor lives as long as the last; undefined where that is what comes by itself. */
export function lifeToRepeat(last: Life, old: Life): number | undefined {
	const life = lifeOf(last);
	if (life === null) return undefined;
	const usual = lifeOf(old);
	if (usual !== null && Math.abs(life - usual) < MINUTE_MS) return undefined;
	return Math.min(Math.max(1, Math.round(life / DAY_MS)), LIFE_DAYS_MAX);
}
