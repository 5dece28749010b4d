/** How near a key is to its limit. Pure. */
import type { ApiKeyDetail } from "../../../../worker/schemas/api-key.ts";

/** From this share on there is reason to look twice. */
const NEAR = 0.8;

export type HourLevel = "calm" | "near" | "full";

export function hourLevel({ used, limit }: Pick<ApiKeyDetail["current_hour"], "used" | "limit">): HourLevel {
	if (used >= limit) return "full";
	return used >= limit * NEAR ? "near" : "calm";
}
