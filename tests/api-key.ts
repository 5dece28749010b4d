/** An API key as the API shows it, for tests that care about some of its fields only. */
import type { ApiKey, ApiKeyDetail } from "../worker/schemas/api-key.ts";

/** An active, unrestricted key that was never used. */
export const apiKey = (changes: Partial<ApiKey> = {}): ApiKey => ({
	id: "4fK9aaaaaaaa",
	tenant_id: "ten_a",
	name: "CRM Nightly Sync",
	environment: "live",
	key_prefix: "sk_live_4fK9",
	last_four: "x7Qz",
	scopes: [],
	rate_limit: 1_000,
	ip_allowlist: [],
	status: "active",
	created_at: "2031-01-01T00:00:00.000Z",
	created_by: "usr_a",
	expires_at: null,
	revoked_at: null,
	revoked_by: null,
	revokes_at: null,
	rotated_from: null,
	rotated_to: null,
	usage_count: 0,
	last_used_at: null,
	version: 1,
	pepper_id: null,
	authentication: "bearer",
	origin: "created",
	...changes,
});

/** The same with its current hour, none of which is used, and no recent callers. */
export const apiKeyDetail = (changes: Partial<ApiKeyDetail> = {}): ApiKeyDetail => ({
	...apiKey(),
	current_hour: { used: 0, limit: 1_000, remaining: 1_000, resets_at: "2031-05-06T13:00:00.000Z" },
	recent_callers: [],
	...changes,
});
