/** The response of `GET /v1/whoami`, for the hot path and for the router: what a key may know about itself. */
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
