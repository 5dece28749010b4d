/** Warns before a change that takes something away from a key in use. */
import type { ApiKey, ApiKeyDetail } from "../../../api/types.ts";
import { formatList, formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import type { changesOf } from "./key-form-draft.ts";

type Changes = ReturnType<typeof changesOf>;

/**
 * Sentences about requests that work today and will be rejected after the change. None for a key that was never used.
 * `live` is the key as its gate knows it, once loaded.
 */
export function lostAccessWarnings(
	key: Pick<ApiKey, "scopes" | "ip_allowlist" | "last_used_at">,
	changes: Changes,
	live: Pick<ApiKeyDetail, "last_used_at" | "current_hour"> | undefined,
): string[] {
	if ((live ?? key).last_used_at === null) return [];
	const words = t().create.edit;
	const { scopes, rate_limit, ip_allowlist } = changes;
	const sentences: string[] = [];
	// An empty list means unrestricted: a key that becomes unrestricted loses nothing.
	if (scopes && scopes.length > 0) {
		const lost = key.scopes.filter((scope) => !scopes.some((kept) => kept === scope));
		if (key.scopes.length === 0) sentences.push(words.losesRest);
		else if (lost.length > 0) sentences.push(words.losesScopes(formatList(lost)));
	}
	const used = live?.current_hour.used ?? 0;
	if (rate_limit !== undefined && rate_limit <= used) sentences.push(words.limitUsedUp(formatNumber(used)));
	if (ip_allowlist && ip_allowlist.length > 0) {
		const loses = key.ip_allowlist.length === 0 || key.ip_allowlist.some((entry) => !ip_allowlist.includes(entry));
		if (loses) sentences.push(words.losesAddresses);
	}
	return sentences;
}
