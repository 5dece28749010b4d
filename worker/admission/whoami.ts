/** What a key may know about itself: the response of `GET /v1/whoami`, from the hot path and from the router. */
import type { Admitted } from "../keys/verdict.ts";
import { toRateLimit } from "../keys/window.ts";
import { toTimestampOrNull } from "../schemas/time.ts";

export function whoami({ key, window }: Pick<Admitted, "key" | "window">) {
	return {
		id: key.id,
		tenant_id: key.tenantId,
		name: key.name,
		environment: key.environment,
		scopes: [...key.scopes],
		expires_at: toTimestampOrNull(key.expiresAt),
		rate_limit: window.limit,
		current_hour: { used: window.limit - window.remaining, ...toRateLimit(window) },
	};
}
