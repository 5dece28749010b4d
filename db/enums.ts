/** The closed lists of words that database, schemas and dashboard share. */

/** Whether a key and the rows it writes are real (`live`) or a rehearsal (`test`). */
export const ENVIRONMENTS = ["live", "test"] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

/** What a person is in their tenant. */
export const ROLES = ["owner", "admin", "member"] as const;
export type Role = (typeof ROLES)[number];

/** The capability that managing API keys takes. Owners and admins have it by role. */
export const ADMIN_INTEGRATIONS = "admin.integrations";

/** State of an API key. Computed from its times, never stored. */
export const KEY_STATUSES = ["active", "revoked", "expired"] as const;
export type KeyStatus = (typeof KEY_STATUSES)[number];

/** Orders of the list of keys: each with `-` in front for descending. */
export const KEY_SORTS = [
	"created_at",
	"-created_at",
	"last_used_at",
	"-last_used_at",
	"usage_count",
	"-usage_count",
	"name",
	"-name",
] as const;
export type KeySort = (typeof KEY_SORTS)[number];

/**
 * An active key that expires within so many days is expiring soon: two weeks to hand out a successor. The database counts
 * by it as well, so that a change needs a migration.
 */
export const EXPIRING_SOON_DAYS = 14;

/** How far a lead has come. */
export const LEAD_STATUSES = ["new", "contacted", "qualified", "unqualified", "converted"] as const;
export type LeadStatus = (typeof LEAD_STATUSES)[number];

/** Every scope, with what it grants. An API key with an empty list is unrestricted. */
export const SCOPE_CATALOGUE = [
	{ scope: "default:sync", grants: "Send collaborators and activities (sync_collaborators, sync_activities)." },
	{ scope: "leads:read", grants: "Read leads." },
	{ scope: "leads:write", grants: "Create and update leads." },
] as const;
export type Scope = (typeof SCOPE_CATALOGUE)[number]["scope"];
export const SCOPES = SCOPE_CATALOGUE.map((entry) => entry.scope);

/** Everything that leaves an event. */
export const AUDIT_ACTIONS = [
	"api_key.create",
	"api_key.update",
	"api_key.rotate",
	"api_key.revoke",
	"api_key.delete",
	"session.login",
	"session.login_failed",
	"session.logout",
	"tenant.create",
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];
