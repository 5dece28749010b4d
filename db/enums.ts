/** The closed lists of values that database, schemas and dashboard share. */

/** Whether a key and the rows it writes are real data (`live`) or test data (`test`). */
export const ENVIRONMENTS = ["live", "test"] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

/** How requests prove that they may use an API key: they carry the key, or a signature made with its secret. */
export const AUTHENTICATIONS = ["bearer", "signed"] as const;
export type Authentication = (typeof AUTHENTICATIONS)[number];

/** The role of a user in their tenant. */
export { ROLES, type Role } from "./roles.ts";

/** The capability that lets a member manage API keys. Owners and admins have it by role. */
export const ADMIN_INTEGRATIONS = "admin.integrations";

/**
 * Every permission. Each operation on the data of a tenant requires exactly one. docs/authentication.md says what each
 * grants.
 */
export const PERMISSIONS = [
	"keys:read",
	"keys:write",
	"keys:verify",
	"audit:read",
	"members:read",
	"members:write",
	"tokens:read",
	"tokens:write",
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Status of a member. Computed, never stored. */
export const MEMBER_STATUSES = ["active", "invited", "deactivated"] as const;
export type MemberStatus = (typeof MEMBER_STATUSES)[number];

/**
 * The permissions that a management token can hold. A leaked token must not add members or create tokens, because
 * those would stay after it is revoked.
 */
export type TokenPermission = Exclude<Permission, "members:write" | "tokens:write">;
export const TOKEN_PERMISSIONS = PERMISSIONS.filter(
	(permission): permission is TokenPermission => permission !== "members:write" && permission !== "tokens:write",
);

/** Status of a management token. Computed from its instants, never stored. */
export const TOKEN_STATUSES = ["active", "revoked", "expired"] as const;

/** What a one-time link is for. */
export const LINK_PURPOSES = ["invitation", "password_reset"] as const;
export type LinkPurpose = (typeof LINK_PURPOSES)[number];

/** Status of an API key. Computed from its instants, never stored. */
export const KEY_STATUSES = ["active", "revoked", "expired"] as const;
export type KeyStatus = (typeof KEY_STATUSES)[number];

/** Where an API key comes from: made here, or imported from another system with its hash. */
export const KEY_ORIGINS = ["created", "imported"] as const;
export type KeyOrigin = (typeof KEY_ORIGINS)[number];

/** How the other system hashed an imported key. */
export const HASH_KINDS = ["bcrypt", "sha256"] as const;

/**
 * Orders of the list of keys; `-` means descending. `expires_at` sorts by when the key stops working:
 * at its expiry, or earlier after a rotation. Keys without an end have the latest value.
 */
export const KEY_SORTS = [
	"created_at",
	"-created_at",
	"last_used_at",
	"-last_used_at",
	"usage_count",
	"-usage_count",
	"name",
	"-name",
	"expires_at",
	"-expires_at",
] as const;
export type KeySort = (typeof KEY_SORTS)[number];

/**
 * An active key that ends within this many days is expiring soon: two weeks to hand out a successor. The database counts
 * by the same number, so a change needs a migration.
 */
export const EXPIRING_SOON_DAYS = 14;

/** Stages of a lead. */
export const LEAD_STATUSES = ["new", "contacted", "qualified", "unqualified", "converted"] as const;
export type LeadStatus = (typeof LEAD_STATUSES)[number];

/** Orders of the list of leads; `-` means descending. `status` sorts by its name, and within a status by creation. */
export const LEAD_SORTS = [
	"created_at",
	"-created_at",
	"updated_at",
	"-updated_at",
	"name",
	"-name",
	"status",
	"-status",
] as const;

/** Every scope, with what it grants. An API key without scopes is unrestricted. */
export const SCOPE_CATALOGUE = [
	{ scope: "default:sync", grants: "Send collaborators and activities (sync_collaborators, sync_activities)." },
	{ scope: "leads:read", grants: "Read leads." },
	{ scope: "leads:write", grants: "Create, update and delete leads." },
] as const;
export type Scope = (typeof SCOPE_CATALOGUE)[number]["scope"];
export const SCOPES = SCOPE_CATALOGUE.map((entry) => entry.scope);

/** Everything that the audit trail records. */
export const AUDIT_ACTIONS = [
	"api_key.create",
	"api_key.import",
	"api_key.update",
	"api_key.rotate",
	"api_key.revoke",
	"api_key.delete",
	"api_key.repair",
	"session.login",
	"session.login_failed",
	"session.throttled",
	"session.logout",
	"session.end",
	"tenant.create",
	"tenant.update",
	"tenant.suspend",
	"tenant.resume",
	"tenant.delete",
	"tenant.cancel_deletion",
	"tenant.deleted",
	"platform.read",
	"platform.find_key",
	"job.create",
	"job.stop",
	"job.resume",
	"member.invite",
	"member.create",
	"member.join",
	"member.update",
	"member.deactivate",
	"member.reactivate",
	"member.remove",
	"person.export",
	"person.delete",
	"password.link",
	"password.reset",
	"password.change",
	"token.create",
	"token.update",
	"token.revoke",
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** What a job does to each of its keys. */
export const JOB_KINDS = ["revoke_keys"] as const;

/** A stopped job can be resumed; a finished one cannot. */
export const JOB_STATES = ["running", "stopped", "finished"] as const;
export type JobState = (typeof JOB_STATES)[number];

/** What a sweep makes every gate of a tenant do. */
export const SWEEP_KINDS = ["suspend", "resume", "delete"] as const;

/** Whether the keys of a tenant are admitted, and whether its data exists. In between, some gates have not acknowledged yet. */
export const TENANT_STATES = ["active", "suspending", "suspended", "resuming", "deleting", "deleted"] as const;

/** What a comparison of a gate with D1 can find: see `Outcome` in `worker/gate/protocol.ts`. */
export const RECONCILE_OUTCOMES = [
	"agrees",
	"missing",
	"outdated",
	"ghost",
	"behind",
	"deleted",
	"lost",
	"unused",
	"unlisted",
	"elsewhere",
	"empty",
	"unknown",
	"unreadable",
] as const;

/** The result of one key of a job. */
export const JOB_OUTCOMES = ["succeeded", "failed"] as const;
