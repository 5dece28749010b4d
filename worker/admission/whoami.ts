/** What a key hears of itself. */
import type { Admitted } from "../keys/verdict.ts";
import { toTimestamp, toTimestampOrNull } from "../schemas/time.ts";

export function whoami({ key, window }: Pick<Admitted, "key" | "window">) {
	const { limit, remaining, resetsAt } = window;
	return {
		id: key.id,
		tenant_id: key.tenantId,
		name: key.name,
		environment: key.environment,
		scopes: [...key.scopes],
		expires_at: toTimestampOrNull(key.expiresAt),
		rate_limit: limit,
		current_hour: { used: limit - remaining, limit, remaining, resets_at: toTimestamp(resetsAt) },
	};
}
