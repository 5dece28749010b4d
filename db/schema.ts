/**
 * The D1 tables, in Drizzle. Migrations in `db/migrations/` are generated from this file (`npm run db:generate`).
 *
 * Conventions:
 * - Every instant is an integer of milliseconds since the Unix epoch, in UTC. Doors turn it into ISO 8601.
 * - Every table but `tenants` carries `tenant_id`, and every query on it filters by the tenant of the principal.
 * - Every table that integrations write carries `environment`, so that test keys never see live data.
 * - Lists are ordered by `(sort value, id)`, which the cursor repeats; each order has an index that starts
 *   with the columns the query fixes.
 */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { ENVIRONMENTS, LEAD_STATUSES, ROLES } from "./enums.ts";

/** A customer company. Everything else belongs to one. */
export const tenants = sqliteTable(
	"tenants",
	{
		id: text("id").primaryKey(),
		name: text("name").notNull(),
		/** Short unique handle for people, such as `acme`. */
		slug: text("slug").notNull().unique(),
		createdAt: integer("created_at").notNull(),
	},
	(t) => [index("tenants_by_created").on(t.createdAt, t.id)],
);

const tenantId = () =>
	text("tenant_id")
		.notNull()
		.references(() => tenants.id);

/** What every row has that an integration writes. */
const integrationRow = () => ({
	id: text("id").primaryKey(),
	tenantId: tenantId(),
	environment: text("environment", { enum: ENVIRONMENTS }).notNull(),
	createdAt: integer("created_at").notNull(),
	/** The API key that last wrote the row. */
	writtenBy: text("written_by").notNull(),
});

/** A person who can sign in to the dashboard. */
export const users = sqliteTable("users", {
	id: text("id").primaryKey(),
	tenantId: tenantId(),
	/** Lower case. Unique across tenants, because sign-in takes nothing but address and password. */
	email: text("email").notNull().unique(),
	name: text("name").notNull(),
	/** `scrypt$N$r$p$salt$hash`: the parameters travel with the hash, so that they can be raised later. */
	passwordHash: text("password_hash").notNull(),
	role: text("role", { enum: ROLES }).notNull(),
	/** Capabilities granted beyond those of the role. */
	capabilities: text("capabilities", { mode: "json" }).$type<string[]>().notNull(),
	createdAt: integer("created_at").notNull(),
});

/** A sign-in that has not been ended. A token of ours with a session id is good only while its row is here. */
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
	},
	(t) => [index("sessions_by_user").on(t.userId, t.expiresAt)],
);

/**
 * API keys as they are listed and searched. After creation only the key's gate writes a row, and admission
 * never trusts one: the gate's own storage is the authority.
 */
export const apiKeys = sqliteTable(
	"api_keys",
	{
		id: text("id").primaryKey(),
		tenantId: tenantId(),
		environment: text("environment", { enum: ENVIRONMENTS }).notNull(),
		name: text("name").notNull(),
		/** SHA-256 of the whole key, in hex. The key itself is stored nowhere. */
		secretHash: text("secret_hash").notNull(),
		keyPrefix: text("key_prefix").notNull(),
		lastFour: text("last_four").notNull(),
		scopes: text("scopes", { mode: "json" }).$type<string[]>().notNull(),
		rateLimit: integer("rate_limit").notNull(),
		ipAllowlist: text("ip_allowlist", { mode: "json" }).$type<string[]>().notNull(),
		createdAt: integer("created_at").notNull(),
		createdBy: text("created_by").notNull(),
		expiresAt: integer("expires_at"),
		/** When the key was revoked. That it is set is what counts: no clock is compared, so none can be wrong. */
		revokedAt: integer("revoked_at"),
		/** When a key that was rotated out stops by itself. */
		revokeAt: integer("revoke_at"),
		revokedBy: text("revoked_by"),
		rotatedFrom: text("rotated_from"),
		rotatedTo: text("rotated_to"),
		/** Admitted requests over the key's life. Monotonic. */
		usageCount: integer("usage_count").notNull().default(0),
		/** Last admitted request; 0 means never, so that the column sorts and pages without NULL rules. */
		lastUsedAt: integer("last_used_at").notNull().default(0),
		/** Name, prefix and last four, folded (lower case, no accents): what `search` looks in. */
		searchText: text("search_text").notNull(),
		/** Raised by the gate with every change; a late delivery of an older state finds a higher one and does nothing. */
		version: integer("version").notNull().default(1),
		// What follows is no part of the key: triggers keep it, for lists to find rows by.
		/** The instant that `standing` and `turns_at` are of. Setting it brings them up to it. */
		settledAt: integer("settled_at"),
		/** One of `STANDINGS` as of `settled_at`: never ahead of the truth, which the other columns tell at any instant. */
		standing: integer("standing").notNull().default(0),
		/** When the standing changes by itself, or null for never. */
		turnsAt: integer("turns_at"),
		/** The name in the order of lists: upper case like lower case. */
		nameOrder: text("name_order").generatedAlwaysAs(sql`lower(name)`, { mode: "virtual" }),
		/** Row of the key in `api_key_search`. The numbers of a tenant are a block of 2^32, in the order of creation. */
		searchNo: integer("search_no"),
	},
	(t) => [
		// Whatever is asked for is a few ranges of one of these, each in the order of the list, that are merged.
		index("api_keys_by_created").on(t.tenantId, t.environment, t.standing, t.createdAt, t.id),
		index("api_keys_by_last_used").on(t.tenantId, t.environment, t.standing, t.lastUsedAt, t.id),
		index("api_keys_by_usage").on(t.tenantId, t.environment, t.standing, t.usageCount, t.id),
		index("api_keys_by_name").on(t.tenantId, t.environment, t.standing, t.nameOrder, t.id),
		index("api_keys_by_turn").on(t.tenantId, t.turnsAt).where(sql`turns_at is not null`),
		index("api_keys_by_expiry")
			.on(t.tenantId, t.environment, t.expiresAt)
			.where(sql`expires_at is not null and revoked_at is null`),
		uniqueIndex("api_keys_by_search_no").on(t.searchNo),
	],
);

/**
 * Who did what, when, from where. Append-only. `key_id` is deliberately no foreign key: the trail outlives the key.
 */
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
		ip: text("ip"),
		userAgent: text("user_agent"),
		/** `{field: {from, to}}`. Never a secret. */
		changes: text("changes", { mode: "json" }).$type<Record<string, { from: unknown; to: unknown }>>().notNull(),
	},
	(t) => [
		index("audit_events_by_time").on(t.tenantId, t.at, t.id),
		index("audit_events_by_action").on(t.tenantId, t.action, t.at, t.id),
		// Where no action is asked for, the events of each are merged, so that one index does for both.
		index("audit_events_by_key").on(t.tenantId, t.keyId, t.action, t.at, t.id),
		index("audit_events_by_actor").on(t.tenantId, t.actor, t.action, t.at, t.id),
		index("audit_events_by_key_actor").on(t.tenantId, t.keyId, t.actor, t.action, t.at, t.id),
		// An outside identity provider writes addresses as it likes.
		index("audit_events_by_email").on(t.tenantId, sql`actor_email collate nocase`, t.action, t.at, t.id),
		index("audit_events_by_key_email").on(t.tenantId, t.keyId, sql`actor_email collate nocase`, t.action, t.at, t.id),
	],
);

/**
 * Creations of keys that may be asked for again (`Idempotency-Key`): the second time nothing is made. Only hashes of what
 * callers send are kept. `key_id` is deliberately no foreign key: a key that is gone must not be made again.
 */
export const idempotencyKeys = sqliteTable(
	"idempotency_keys",
	{
		tenantId: tenantId(),
		/** SHA-256 of the header's value, in hex. */
		nameHash: text("name_hash").notNull(),
		/** SHA-256 of what was asked for, in hex. */
		inputHash: text("input_hash").notNull(),
		/** The key that was made. */
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

/** People of a tenant's team, as its CRM knows them. */
export const collaborators = sqliteTable(
	"collaborators",
	{
		...integrationRow(),
		/** The id in the system that sends them; unique per tenant and environment. */
		externalId: text("external_id").notNull(),
		name: text("name").notNull(),
		email: text("email").notNull(),
		team: text("team"),
		role: text("role"),
		updatedAt: integer("updated_at").notNull(),
	},
	(t) => [uniqueIndex("collaborators_by_external_id").on(t.tenantId, t.environment, t.externalId)],
);

/** Things collaborators did: calls, visits, proposals, each by its three-digit code. */
export const activities = sqliteTable(
	"activities",
	{
		...integrationRow(),
		collaboratorId: text("collaborator_id")
			.notNull()
			.references(() => collaborators.id),
		activity: text("activity").notNull(),
		quantity: real("quantity").notNull(),
		occurredAt: integer("occurred_at").notNull(),
		/** The sender's own id of the event; sending it again changes nothing. */
		reference: text("reference"),
	},
	(t) => [uniqueIndex("activities_by_reference").on(t.tenantId, t.environment, t.reference)],
);

/** Possible customers that forms and partners send in. */
export const leads = sqliteTable(
	"leads",
	{
		...integrationRow(),
		name: text("name").notNull(),
		email: text("email"),
		phone: text("phone"),
		company: text("company"),
		position: text("position"),
		source: text("source"),
		status: text("status", { enum: LEAD_STATUSES }).notNull(),
		tags: text("tags", { mode: "json" }).$type<string[]>().notNull(),
		customFields: text("custom_fields", { mode: "json" }).$type<Record<string, unknown>>().notNull(),
		/** Name, email, phone and company, folded: what `search` looks in. */
		searchText: text("search_text").notNull(),
		updatedAt: integer("updated_at").notNull(),
		/** Row of the lead in `lead_search`, kept by a trigger. Numbered as keys are. */
		searchNo: integer("search_no"),
	},
	(t) => [
		index("leads_by_created").on(t.tenantId, t.environment, t.createdAt, t.id),
		index("leads_by_status").on(t.tenantId, t.environment, t.status, t.createdAt, t.id),
		index("leads_by_source").on(t.tenantId, t.environment, t.source, t.createdAt, t.id),
		index("leads_by_status_source").on(t.tenantId, t.environment, t.status, t.source, t.createdAt, t.id),
		uniqueIndex("leads_by_search_no").on(t.searchNo),
	],
);
