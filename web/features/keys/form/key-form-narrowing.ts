/** What a key in use will no longer do after a change: said before, since somebody will notice afterwards. */
import type { ApiKey, ApiKeyDetail } from "../../../../worker/schemas/api-key.ts";
import { formatList, formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import type { changesOf } from "./key-form-draft.ts";

type Changes = ReturnType<typeof changesOf>;

/**
 * Sentences about requests that worked until now and will be refused. None for a key that nobody has used. `live` is
 * the key as its gate knows it, once that has been asked.
 */
export function narrowingWords(
	key: Pick<ApiKey, "scopes" | "ip_allowlist" | "last_used_at">,
	changes: Changes,
	live: Pick<ApiKeyDetail, "last_used_at" | "current_hour"> | undefined,
): string[] {
	if ((live ?? key).last_used_at === null) return [];
	const words = t().create.edit;
	const { scopes, rate_limit, ip_allowlist } = changes;
	const sentences: string[] = [];
	// An empty list is no restriction: nothing is lost by it, and everything else by leaving it.
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
