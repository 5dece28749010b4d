/**
 * The D1 tables, in Drizzle. Migrations in `db/migrations/` are generated from this file (`npm run db:generate`).
 *
 * Conventions:
 * - Every instant is an integer of milliseconds since the Unix epoch, in UTC. The interfaces turn it into ISO 8601.
 * - Every table except `tenants`, `platform_sessions` and `job_items` has `tenant_id`, and every query filters by the principal's tenant.
 * - Every table that integrations write has `environment`, so that test keys never see live data.
 * - Lists are ordered by `(sort value, id)`, which is also what a cursor holds. Each order has an index that starts
 *   with the columns that the query fixes.
 */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import {
	AUTHENTICATIONS,
	ENVIRONMENTS,
	JOB_KINDS,
	JOB_OUTCOMES,
	JOB_STATES,
	KEY_ORIGINS,
	LINK_PURPOSES,
	ROLES,
	SWEEP_KINDS,
} from "./enums.ts";
import { LOCATION_HINTS } from "./places.ts";
import { productTables } from "./product-tables.ts";

/** A customer company. Every other row belongs to one. */
export const tenants = sqliteTable(
	"tenants",
	{
		id: text("id").primaryKey(),
		name: text("name").notNull(),
		/** Short unique handle for people, such as `acme`. */
		slug: text("slug").notNull().unique(),
		createdAt: integer("created_at").notNull(),
		/** When the platform suspended the tenant. Null: it is not suspended. A trigger then rejects new keys. */
		suspendedAt: integer("suspended_at"),
		/** Rises with every suspension and resumption, and never repeats: see `docs/decisions/suspending-tenants.md`. */
		suspensionNo: integer("suspension_no").notNull().default(0),
		/** When the tenant's data is deleted. Null: the platform has ordered no deletion. */
		deleteAfter: integer("delete_after"),
		/** When the last row was deleted. The row of the tenant and a summary in the audit log stay. */
		deletedAt: integer("deleted_at"),
		/** Where new gates of the tenant are created: a location hint of Cloudflare. Null: near the first caller. */
		locationHint: text("location_hint", { enum: LOCATION_HINTS }),
	},
	(t) => [
		index("tenants_by_created").on(t.createdAt, t.id),
		index("tenants_by_suspension").on(t.suspendedAt).where(sql`suspended_at is not null`),
		index("tenants_to_delete").on(t.deleteAfter).where(sql`delete_after is not null and deleted_at is null`),
	],
);

const tenantId = () =>
	text("tenant_id")
		.notNull()
		.references(() => tenants.id);

/** `password_hash` of a person who has no password: they were invited, or sign in with the company's provider. */
export const NO_PASSWORD = "none";

/** A person who can sign in to the dashboard. */
export const users = sqliteTable(
	"users",
	{
		id: text("id").primaryKey(),
		tenantId: tenantId(),
		/** Lower case. Unique across tenants, because sign-in asks only for email and password. */
		email: text("email").notNull().unique(),
		name: text("name").notNull(),
		/** `scrypt$N$r$p$salt$hash`: the parameters travel with the hash, so that they can be raised later. Or {@link NO_PASSWORD}. */
		passwordHash: text("password_hash").notNull(),
		/** The trigger `users_keep_an_owner` rejects a change that leaves the tenant without an active owner. */
		role: text("role", { enum: ROLES }).notNull(),
		/** Capabilities granted beyond those of the role. */
		capabilities: text("capabilities", { mode: "json" }).$type<string[]>().notNull(),
		createdAt: integer("created_at").notNull(),
		/** When the member was deactivated. Null: the member may sign in. */
		deactivatedAt: integer("deactivated_at"),
		lastSignInAt: integer("last_sign_in_at"),
	},
	(t) => [index("users_by_email_in_tenant").on(t.tenantId, t.email)],
);

/** A person as an identity provider knows them. */
export const userIdentities = sqliteTable(
	"user_identities",
	{
		/** `iss` of the provider's ID tokens. */
		issuer: text("issuer").notNull(),
		/** `sub` of the provider's ID tokens. */
		subject: text("subject").notNull(),
		tenantId: tenantId(),
		userId: text("user_id")
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		createdAt: integer("created_at").notNull(),
	},
	(t) => [primaryKey({ columns: [t.issuer, t.subject] }), index("user_identities_by_user").on(t.userId)],
);

/** Links that let a person set their password once: invitations and resets. The link itself is stored nowhere. */
export const accessLinks = sqliteTable(
	"access_links",
	{
		id: text("id").primaryKey(),
		tenantId: tenantId(),
		userId: text("user_id")
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		purpose: text("purpose", { enum: LINK_PURPOSES }).notNull(),
		/** SHA-256 of the secret in the link, in hex. */
		secretHash: text("secret_hash").notNull().unique(),
		createdAt: integer("created_at").notNull(),
		createdBy: text("created_by").notNull(),
		expiresAt: integer("expires_at").notNull(),
		/** When the link was used. It works once. */
		usedAt: integer("used_at"),
	},
	(t) => [index("access_links_by_user").on(t.userId), index("access_links_by_expiry").on(t.expiresAt)],
);

/** Credentials of programs that manage keys, such as CI. They are valid in one tenant. */
export const managementTokens = sqliteTable(
	"management_tokens",
	{
		id: text("id").primaryKey(),
		tenantId: tenantId(),
		name: text("name").notNull(),
		/** SHA-256 of the whole token, in hex. The token itself is stored nowhere. */
		secretHash: text("secret_hash").notNull().unique(),
		lastFour: text("last_four").notNull(),
		permissions: text("permissions", { mode: "json" }).$type<string[]>().notNull(),
		/** Empty: every IP address. */
		ipAllowlist: text("ip_allowlist", { mode: "json" }).$type<string[]>().notNull(),
		createdAt: integer("created_at").notNull(),
		createdBy: text("created_by").notNull(),
		expiresAt: integer("expires_at").notNull(),
		revokedAt: integer("revoked_at"),
		revokedBy: text("revoked_by"),
		/** The last successful use, to the minute. */
		lastUsedAt: integer("last_used_at"),
		lastUsedIp: text("last_used_ip"),
		/** Identifies the pepper of the token's tag. Null: made by a release before this column, and not used since. */
		pepperId: text("pepper_id"),
	},
	(t) => [index("management_tokens_by_created").on(t.tenantId, t.createdAt, t.id)],
);

/** An open sign-in. A token with a session id is valid only while its row exists. */
export const sessions = sqliteTable(
	"sessions",
	{
		id: text("id").primaryKey(),
		tenantId: tenantId(),
		userId: text("user_id")
			.notNull()
			.references(() => users.id, { onDelete: "cascade" }),
		createdAt: integer("created_at").notNull(),
		expiresAt: integer("expires_at").notNull(),
		/** When a request used the session last, to the minute. Null for sessions that the release before this column opened. */
		lastSeenAt: integer("last_seen_at"),
		ip: text("ip"),
		userAgent: text("user_agent"),
		/** Where the sign-in came from, as Cloudflare derives it from the IP address: city and country. */
		place: text("place"),
	},
	(t) => [index("sessions_by_user").on(t.userId, t.expiresAt)],
);

/** Sign-ins of the platform's operators to the dashboard. They belong to no tenant. */
export const platformSessions = sqliteTable("platform_sessions", {
	/** SHA-256 of the token in the cookie, in hex. The token itself is stored nowhere. */
	tokenHash: text("token_hash").primaryKey(),
	/** SHA-256 of the credential that opened the session, in hex. */
	credentialHash: text("credential_hash").notNull(),
	createdAt: integer("created_at").notNull(),
	/** When a request used the session last, to the minute. */
	lastSeenAt: integer("last_seen_at").notNull(),
	ip: text("ip"),
	userAgent: text("user_agent"),
});

/** Literal, not a parameter: only so do the indexes of imported keys apply. */
export const IS_IMPORTED = sql`origin = 'imported'`;

/** The condition for an imported key that was not presented yet: its hash is one of bcrypt, which begins with `$`. */
export const IS_UNPROVEN = sql`origin = 'imported' and substr(secret_hash, 1, 1) = '$'`;

/**
 * API keys as they are listed and searched. After creation, only the key's gate writes its row. Admission never reads
 * it: the gate's own storage is the authority.
 */
export const apiKeys = sqliteTable(
	"api_keys",
	{
		id: text("id").primaryKey(),
		tenantId: tenantId(),
		environment: text("environment", { enum: ENVIRONMENTS }).notNull(),
		name: text("name").notNull(),
		/**
		 * SHA-256 of the whole key, in hex; after `signed:` for a signed key. The key itself is stored nowhere. For a key that
		 * was imported with a bcrypt hash, that hash, until the key is presented for the first time.
		 */
		secretHash: text("secret_hash").notNull(),
		keyPrefix: text("key_prefix").notNull(),
		lastFour: text("last_four").notNull(),
		scopes: text("scopes", { mode: "json" }).$type<string[]>().notNull(),
		rateLimit: integer("rate_limit").notNull(),
		ipAllowlist: text("ip_allowlist", { mode: "json" }).$type<string[]>().notNull(),
		createdAt: integer("created_at").notNull(),
		createdBy: text("created_by").notNull(),
		expiresAt: integer("expires_at"),
		/** When the key was revoked. A key with a value here is revoked: no clock is compared, so no clock can be wrong. */
		revokedAt: integer("revoked_at"),
		/** When a rotated key is revoked automatically. */
		revokeAt: integer("revoke_at"),
		revokedBy: text("revoked_by"),
		rotatedFrom: text("rotated_from"),
		rotatedTo: text("rotated_to"),
		/** Admitted requests over the key's life. Monotonic. */
		usageCount: integer("usage_count").notNull().default(0),
		/** Last admitted request; 0 means never, so that the column sorts and pages without NULL rules. */
		lastUsedAt: integer("last_used_at").notNull().default(0),
		/** Name, prefix and last four characters, folded by `foldText`: the text that `search` looks in. */
		searchText: text("search_text").notNull(),
		/** The name as lists sort it, made by `sortText`. */
		nameSort: text("name_sort").notNull().default(""),
		/** Version of the rule that made `search_text` and `name_sort`: see `TEXT_VERSION`. */
		textVersion: integer("text_version").notNull().default(0),
		/** Raised by the gate with every change. A late delivery of an older state finds a higher version and changes nothing. */
		version: integer("version").notNull().default(1),
		/** Identifies the pepper or signing key of the key's tag. Null: not known before the next use of the key. */
		pepperId: text("pepper_id"),
		origin: text("origin", { enum: KEY_ORIGINS }).notNull().default("created"),
		// The columns below are not part of the key. Triggers maintain them, so that lists find rows by an index.
		/** The instant that `standing` and `turns_at` describe. Writing it recomputes both. */
		settledAt: integer("settled_at"),
		/** One of `STANDINGS` as of `settled_at`. It may be older than the truth, and is never ahead of it. */
		standing: integer("standing").notNull().default(0),
		/** When time next changes the standing. Null: never. */
		turnsAt: integer("turns_at"),
		/** When the key ends automatically: `expires_at` or `revoke_at`, whichever is earlier. `NEVER_ENDS` if it does not. */
		endsAt: integer("ends_at").generatedAlwaysAs(
			sql`min(coalesce(expires_at, 9000000000000000), coalesce(revoke_at, 9000000000000000))`,
			{ mode: "virtual" },
		),
		/** The rule of `authenticationOf`. Computed, so that a row written by the release before has it too. */
		authentication: text("authentication", { enum: AUTHENTICATIONS })
			.notNull()
			.generatedAlwaysAs(sql`iif(substr(secret_hash, 1, 7) = 'signed:', 'signed', 'bearer')`, { mode: "virtual" }),
		/** Row of the key in `api_key_search`: see `NUMBERS_PER_TENANT`. Later keys have higher numbers. */
		searchNo: integer("search_no"),
	},
	(t) => [
		// Each page of a list is merged from a few ranges of one of these indexes, which are in the order of the list.
		index("api_keys_by_created").on(t.tenantId, t.environment, t.standing, t.createdAt, t.id),
		index("api_keys_by_last_used").on(t.tenantId, t.environment, t.standing, t.lastUsedAt, t.id),
		index("api_keys_by_usage").on(t.tenantId, t.environment, t.standing, t.usageCount, t.id),
		index("api_keys_by_name").on(t.tenantId, t.environment, t.standing, t.nameSort, t.id),
		index("api_keys_by_end").on(t.tenantId, t.environment, t.standing, t.endsAt, t.id),
		index("api_keys_by_turn").on(t.tenantId, t.turnsAt).where(sql`turns_at is not null`),
		index("api_keys_by_rotation")
			.on(t.tenantId, t.environment, t.createdAt, t.id)
			.where(sql`rotated_to is not null and revoked_at is null`),
		index("api_keys_by_authentication").on(t.tenantId, t.environment, t.authentication),
		index("api_keys_by_pepper").on(t.tenantId, t.environment, t.pepperId),
		index("api_keys_by_creator").on(t.tenantId, t.createdBy, t.standing),
		index("api_keys_by_origin").on(t.tenantId, t.environment, t.origin, t.pepperId),
		// An imported key doesn't contain its id. It is found by its SHA-256, and before that is known by its prefix.
		index("api_keys_by_imported_hash").on(t.secretHash).where(sql`origin = 'imported'`),
		index("api_keys_by_imported_prefix").on(t.keyPrefix).where(IS_UNPROVEN),
		index("api_keys_by_old_text").on(t.id).where(sql`text_version < 1`),
		uniqueIndex("api_keys_by_search_no").on(t.searchNo),
	],
);

/**
 * The hashes of imported keys, and the key of each. A row stays when its key is deleted, so that importing the same file
 * again doesn't bring the key back.
 */
export const importedHashes = sqliteTable(
	"imported_hashes",
	{
		/** As it was imported, bcrypt or SHA-256 in hex; or the SHA-256 that the gate learned from the first presentation. */
		hash: text("hash").primaryKey(),
		tenantId: tenantId(),
		keyId: text("key_id").notNull(),
	},
	(t) => [index("imported_hashes_by_key").on(t.keyId)],
);

/** How many keys a tenant has in each standing as it is stored. Triggers on `api_keys` maintain it. */
export const apiKeyCounts = sqliteTable(
	"api_key_counts",
	{
		tenantId: tenantId(),
		environment: text("environment", { enum: ENVIRONMENTS }).notNull(),
		standing: integer("standing").notNull(),
		keys: integer("keys").notNull(),
	},
	(t) => [primaryKey({ columns: [t.tenantId, t.environment, t.standing] })],
);

/**
 * What a tenant stores, and how much of it the platform allows. Triggers make the row with the tenant, maintain the
 * numbers, and reject the statement that would exceed a quota (`quotas.ts`). A quota of null is the default.
 *
 * With a product database, its own `quotas` counts collaborators, activities, leads and their bytes, and has copies of their
 * limits.
 */
export const quotas = sqliteTable("quotas", {
	/** Numbers the tenant for the tokens of the search indexes. */
	tenantNo: integer("tenant_no").primaryKey(),
	tenantId: tenantId().unique(),
	apiKeys: integer("api_keys").notNull().default(0),
	users: integer("users").notNull().default(0),
	collaborators: integer("collaborators").notNull().default(0),
	activities: integer("activities").notNull().default(0),
	leads: integer("leads").notNull().default(0),
	/** Estimate of the bytes that those rows take, with their indexes. */
	storedBytes: integer("stored_bytes").notNull().default(0),
	apiKeysMax: integer("api_keys_max"),
	usersMax: integer("users_max"),
	collaboratorsMax: integer("collaborators_max"),
	activitiesMax: integer("activities_max"),
	leadsMax: integer("leads_max"),
	storedBytesMax: integer("stored_bytes_max"),
	/** Highest `rate_limit` that a key can be given. */
	rateLimitMax: integer("rate_limit_max"),
	managementCallsPerMinuteMax: integer("management_calls_per_minute_max"),
	/**
	 * 1 inside the batch that inserts a key which its gate already admits: no quota and no suspension rejects the row then.
	 * Always 0 outside of such a batch.
	 */
	unchecked: integer("unchecked").notNull().default(0),
});

/**
 * A sweep in progress: a call of every gate of a tenant, in portions. See `services/gate-sweeps.ts`. A
 * tenant has one at most, and its row is deleted when every gate has acknowledged.
 */
export const gateSweeps = sqliteTable(
	"gate_sweeps",
	{
		tenantId: tenantId().primaryKey(),
		kind: text("kind", { enum: SWEEP_KINDS }).notNull(),
		/** `suspension_no` of the tenant when the sweep began. A later suspension or resumption replaces the sweep. */
		suspensionNo: integer("suspension_no").notNull(),
		/** Keys of the tenant when the sweep began. */
		total: integer("total").notNull(),
		/** Gates that have acknowledged. */
		done: integer("done").notNull().default(0),
		/** `search_no` of the last key whose gate was called. The keys of a tenant are called in this order. */
		lastNo: integer("last_no").notNull().default(0),
		/** When the claim of the caller that works on a portion expires. */
		claimedUntil: integer("claimed_until").notNull().default(0),
		createdAt: integer("created_at").notNull(),
		updatedAt: integer("updated_at").notNull(),
	},
	(t) => [index("gate_sweeps_by_update").on(t.updatedAt)],
);

/** Keys whose gate did not acknowledge a sweep when it was called. They are called again at the end. */
export const gateSweepFailures = sqliteTable(
	"gate_sweep_failures",
	{
		tenantId: text("tenant_id")
			.notNull()
			.references(() => gateSweeps.tenantId, { onDelete: "cascade" }),
		keyId: text("key_id").notNull(),
		/** When the gate was last called. */
		at: integer("at").notNull(),
	},
	(t) => [primaryKey({ columns: [t.tenantId, t.keyId] })],
);

/** Long work on many keys, done in portions: see `services/jobs.ts`. */
export const jobs = sqliteTable(
	"jobs",
	{
		id: text("id").primaryKey(),
		tenantId: tenantId(),
		kind: text("kind", { enum: JOB_KINDS }).notNull(),
		state: text("state", { enum: JOB_STATES }).notNull(),
		reason: text("reason"),
		total: integer("total").notNull(),
		succeeded: integer("succeeded").notNull().default(0),
		failed: integer("failed").notNull().default(0),
		createdAt: integer("created_at").notNull(),
		/** When an item was last finished, or the state last changed. */
		updatedAt: integer("updated_at").notNull(),
		finishedAt: integer("finished_at"),
		/** Who started it: the author of the audit events of its keys. */
		actor: text("actor").notNull(),
		actorEmail: text("actor_email"),
		ip: text("ip"),
		userAgent: text("user_agent"),
	},
	(t) => [
		index("jobs_by_created").on(t.tenantId, t.createdAt, t.id),
		index("jobs_running").on(t.updatedAt).where(sql`state = 'running'`),
	],
);

/** One key of a job. */
export const jobItems = sqliteTable(
	"job_items",
	{
		jobId: text("job_id")
			.notNull()
			.references(() => jobs.id, { onDelete: "cascade" }),
		position: integer("position").notNull(),
		keyId: text("key_id").notNull(),
		/** Null: not done yet. */
		outcome: text("outcome", { enum: JOB_OUTCOMES }),
		/** The public code of the error, of an item that failed. */
		error: text("error"),
		/** When a caller took the item to work on it. */
		claimedAt: integer("claimed_at"),
	},
	(t) => [
		primaryKey({ columns: [t.jobId, t.position] }),
		index("job_items_open").on(t.jobId, t.position).where(sql`outcome is null`),
	],
);

/** Who did what, when and from where. Append-only. `key_id` is not a foreign key, because the trail outlives the key. */
export const auditEvents = sqliteTable(
	"audit_events",
	{
		id: text("id").primaryKey(),
		tenantId: tenantId(),
		at: integer("at").notNull(),
		action: text("action").notNull(),
		/** A user id, `service_role` or `system`. */
		actor: text("actor").notNull(),
		actorEmail: text("actor_email"),
		keyId: text("key_id"),
		/** The member, session, management token or tenant that the event is about. Not a foreign key, as `key_id`. */
		targetId: text("target_id"),
		ip: text("ip"),
		userAgent: text("user_agent"),
		/** `{field: {from, to}}`. Never a secret. */
		changes: text("changes", { mode: "json" }).$type<Record<string, { from: unknown; to: unknown }>>().notNull(),
	},
	(t) => [
		index("audit_events_by_time").on(t.tenantId, t.at, t.id),
		index("audit_events_by_action").on(t.tenantId, t.action, t.at, t.id),
		// Without a filter by action, the ranges of all actions are merged, so that one index serves both.
		index("audit_events_by_key").on(t.tenantId, t.keyId, t.action, t.at, t.id),
		index("audit_events_by_actor").on(t.tenantId, t.actor, t.action, t.at, t.id),
		index("audit_events_by_key_actor").on(t.tenantId, t.keyId, t.actor, t.action, t.at, t.id),
		// An outside identity provider may write emails in any case.
		index("audit_events_by_email").on(t.tenantId, sql`actor_email collate nocase`, t.action, t.at, t.id),
		index("audit_events_by_key_email").on(t.tenantId, t.keyId, sql`actor_email collate nocase`, t.action, t.at, t.id),
	],
);

/**
 * Requests with an `Idempotency-Key` that created a key: a retry creates nothing. Only hashes of what callers send are
 * stored. `key_id` is not a foreign key, because a key that was deleted must not be created again.
 */
export const idempotencyKeys = sqliteTable(
	"idempotency_keys",
	{
		tenantId: tenantId(),
		/** SHA-256 of the header's value, in hex. */
		nameHash: text("name_hash").notNull(),
		/** SHA-256 of the request's input, in hex. */
		inputHash: text("input_hash").notNull(),
		/** The key that was created. */
		keyId: text("key_id").notNull(),
		createdAt: integer("created_at").notNull(),
	},
	(t) => [
		primaryKey({ columns: [t.tenantId, t.nameHash] }),
		index("idempotency_keys_by_time").on(t.tenantId, t.createdAt),
	],
);

/** Requests per key and UTC clock hour, written by the key's gate as absolute values. */
export const usageHourly = sqliteTable(
	"usage_hourly",
	{
		keyId: text("key_id")
			.notNull()
			.references(() => apiKeys.id, { onDelete: "cascade" }),
		/** First millisecond of the hour. */
		hour: integer("hour").notNull(),
		tenantId: tenantId(),
		allowed: integer("allowed").notNull(),
		rateLimited: integer("rate_limited").notNull(),
		denied: integer("denied").notNull(),
	},
	(t) => [primaryKey({ columns: [t.keyId, t.hour] })],
);

/** Requests per key and UTC day: the sum of hours that `usage_hourly` doesn't have any more. */
export const usageDaily = sqliteTable(
	"usage_daily",
	{
		keyId: text("key_id")
			.notNull()
			.references(() => apiKeys.id, { onDelete: "cascade" }),
		/** First millisecond of the day. */
		day: integer("day").notNull(),
		tenantId: tenantId(),
		allowed: integer("allowed").notNull(),
		rateLimited: integer("rate_limited").notNull(),
		denied: integer("denied").notNull(),
	},
	(t) => [primaryKey({ columns: [t.keyId, t.day] })],
);

/**
 * Keys that a gate has and that cannot be listed, because their tenant is missing here: the database was restored to a time
 * before the tenant was created. The gate reports its key once for each failed delivery.
 */
export const unlistedKeys = sqliteTable(
	"unlisted_keys",
	{
		keyId: text("key_id").primaryKey(),
		/** Not a foreign key: there is no such tenant. */
		tenantId: text("tenant_id").notNull(),
		firstSeenAt: integer("first_seen_at").notNull(),
		lastSeenAt: integer("last_seen_at").notNull(),
	},
	(t) => [index("unlisted_keys_by_tenant").on(t.tenantId)],
);

/** What the canary has measured, one row for each minute. Kept for 30 days. */
export const canaryRuns = sqliteTable("canary_runs", {
	/** First millisecond of the minute. */
	minute: integer("minute").primaryKey(),
	/** Public code of the error that ended the run. Null: every step was carried out. */
	error: text("error"),
	/** Milliseconds from the response to the revocation until the response to the first refused request. */
	refusedAfterMs: integer("refused_after_ms"),
	/** Requests that were sent after the response to the revocation, and admitted. Zero, unless the promise is broken. */
	lateAdmissions: integer("late_admissions"),
	/** Hourly limit of the key, and how many requests were admitted until it was reached. The two are equal. */
	rateLimit: integer("rate_limit"),
	admitted: integer("admitted"),
	/** Duration of each admission, in milliseconds. */
	admissionMs: text("admission_ms", { mode: "json" }).$type<number[]>(),
});

/** Facts about this database as a whole, such as the jurisdiction that its first key was made in. */
export const serviceState = sqliteTable("service_state", {
	name: text("name").primaryKey(),
	value: text("value").notNull(),
	updatedAt: integer("updated_at").notNull(),
});

/**
 * Where a deployment keeps its product data until it moves it into a database of its own (`product-schema.ts`). Services
 * use the tables of that file, which have the same names. Unused where `PRODUCT_DB` is bound.
 */
export const { collaborators, mergedCollaborators, activities, leadCounts, leads } = productTables(tenantId);
