/** Where a request comes from, on the map. Apart from the request info, which the hot path loads. */
import { withoutKeys } from "../schemas/key-pattern.ts";

/** More than the longest name of a city. */
const PLACE_MAX = 100;

/** Cloudflare's name of the place where the request arrived, such as `GRU`; empty if there is none. */
export const coloOf = ({ cf }: Request): string => (typeof cf?.colo === "string" ? cf.colo : "");

/** City and country code of a request, as Cloudflare derives them from its IP address: `São Paulo, BR`. */
export function placeOf({ cf }: Request): string | null {
	// Locally and in tests there is no such object, and its type is that of any cf object.
	const { city, country } = (cf ?? {}) as { city?: unknown; country?: unknown };
	const parts = [city, country].filter((part): part is string => typeof part === "string" && part !== "");
	return parts.length === 0 ? null : withoutKeys(parts.join(", ")).slice(0, PLACE_MAX);
}
