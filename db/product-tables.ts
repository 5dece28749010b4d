/** The tables that integrations write. Conventions: `schema.ts`. */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core";
import { ENVIRONMENTS, LEAD_STATUSES } from "./enums.ts";

/** What a trigger says while the last changes of product data are copied to another database: it rejects every write. */
export const PRODUCT_DATA_MOVES = "product data is being moved";

export const plainTenantId = () => text("tenant_id").notNull();

/** `tenantId` makes the column of the tenant, which refers to `tenants` where that table is in the same database. */
export function productTables(tenantId: typeof plainTenantId) {
	/** Columns of every table that integrations write. */
	const integrationRow = () => ({
		id: text("id").primaryKey(),
		tenantId: tenantId(),
		environment: text("environment", { enum: ENVIRONMENTS }).notNull(),
		createdAt: integer("created_at").notNull(),
		/** The API key that last wrote the row. */
		writtenBy: text("written_by").notNull(),
	});

	/** People of a tenant's team, as its CRM sends them. */
	const collaborators = sqliteTable(
		"collaborators",
		{
			...integrationRow(),
			/** The person's id in the sending system. It may change, and two people may have the same. */
			externalId: text("external_id").notNull(),
			name: text("name").notNull(),
			email: text("email").notNull(),
			team: text("team"),
			role: text("role"),
			updatedAt: integer("updated_at").notNull(),
			/** The email without regard to case, made by `foldEmail`. It identifies a person in the tenant and environment. */
			emailFolded: text("email_folded").notNull().default(""),
			phone: text("phone"),
			/** An official number of the person, such as a CPF. */
			document: text("document"),
			/** A JSON object, in the text that was sent. */
			metadata: text("metadata"),
			/** What the row counts towards `stored_bytes`: its text as UTF-8, and a constant for ids, instants and indexes. */
			bytes: integer("bytes").generatedAlwaysAs(
				sql`250 + octet_length(external_id) + octet_length(name) + octet_length(email) + 2 * octet_length(email_folded) + coalesce(octet_length(phone), 0) + coalesce(octet_length(document), 0) + coalesce(octet_length(team), 0) + coalesce(octet_length(role), 0) + coalesce(octet_length(metadata), 0)`,
				{ mode: "virtual" },
			),
		},
		(t) => [uniqueIndex("collaborators_by_email").on(t.tenantId, t.environment, t.emailFolded)],
	);

	/**
	 * Collaborators who had the email of another one before the email identified a person. The migration merged each into
	 * the person, and keeps the row here as it was. Nothing writes to this table any more.
	 */
	const mergedCollaborators = sqliteTable(
		"merged_collaborators",
		{
			...integrationRow(),
			externalId: text("external_id").notNull(),
			name: text("name").notNull(),
			email: text("email").notNull(),
			team: text("team"),
			role: text("role"),
			updatedAt: integer("updated_at").notNull(),
			/** The person who has the activities now. */
			mergedInto: text("merged_into")
				.notNull()
				.references(() => collaborators.id),
		},
		// For the same check as that of `activities_by_collaborator`.
		(t) => [index("merged_collaborators_by_person").on(t.mergedInto)],
	);

	/** What collaborators did: calls, visits, proposals, each with its three-digit code. */
	const activities = sqliteTable(
		"activities",
		{
			...integrationRow(),
			collaboratorId: text("collaborator_id")
				.notNull()
				.references(() => collaborators.id),
			activityCode: text("activity_code").notNull(),
			occurredAt: integer("occurred_at").notNull(),
			/** The sender's id of the activity. Sending it again changes nothing. */
			externalId: text("external_id").notNull().default(""),
			/** A JSON object, in the text that was sent. */
			data: text("data"),
			/** What the row counts towards `stored_bytes`. */
			bytes: integer("bytes").generatedAlwaysAs(
				sql`200 + 2 * octet_length(external_id) + coalesce(octet_length(data), 0)`,
				{ mode: "virtual" },
			),
		},
		(t) => [
			uniqueIndex("activities_by_external_id").on(t.tenantId, t.environment, t.externalId),
			// A person who is deleted must have no activities. Without the index, checking it would read those of all tenants.
			index("activities_by_collaborator").on(t.collaboratorId),
		],
	);

	/** How many leads a tenant has with each status. Triggers on `leads` maintain it. */
	const leadCounts = sqliteTable(
		"lead_counts",
		{
			tenantId: tenantId(),
			environment: text("environment", { enum: ENVIRONMENTS }).notNull(),
			status: text("status", { enum: LEAD_STATUSES }).notNull(),
			leads: integer("leads").notNull(),
		},
		(t) => [primaryKey({ columns: [t.tenantId, t.environment, t.status] })],
	);

	/** Potential customers that forms and partners send. */
	const leads = sqliteTable(
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
			/** Name, email, phone and company, folded by `foldText`: the text that `search` looks in. */
			searchText: text("search_text").notNull(),
			/** Version of the rule that made `search_text`: see `TEXT_VERSION`. */
			textVersion: integer("text_version").notNull().default(0),
			updatedAt: integer("updated_at").notNull(),
			/** Ids of other services: this one has neither owners nor teams. */
			ownerId: text("owner_id"),
			teamId: text("team_id"),
			/** The name as lists sort it, made by `sortText`. */
			nameSort: text("name_sort").notNull().default(""),
			/** Row of the lead in `lead_search`, set by a trigger: see `NUMBERS_PER_TENANT`. Later leads have higher numbers. */
			searchNo: integer("search_no"),
			/**
			 * What the row counts towards `stored_bytes`: its text as UTF-8, and a constant for ids, instants and indexes. What
			 * `search` looks in counts four times, because each of its characters starts three tokens of the index.
			 */
			bytes: integer("bytes").generatedAlwaysAs(
				sql`600 + 4 * octet_length(search_text) + octet_length(name) + coalesce(octet_length(email), 0) + coalesce(octet_length(phone), 0) + coalesce(octet_length(company), 0) + coalesce(octet_length(position), 0) + 3 * coalesce(octet_length(source), 0) + octet_length(tags) + octet_length(custom_fields)`,
				{ mode: "virtual" },
			),
		},
		(t) => [
			index("leads_by_created").on(t.tenantId, t.environment, t.createdAt, t.id),
			index("leads_by_status").on(t.tenantId, t.environment, t.status, t.createdAt, t.id),
			index("leads_by_source").on(t.tenantId, t.environment, t.source, t.createdAt, t.id),
			index("leads_by_status_source").on(t.tenantId, t.environment, t.status, t.source, t.createdAt, t.id),
			index("leads_by_status_updated").on(t.tenantId, t.environment, t.status, t.updatedAt, t.id),
			index("leads_by_status_name").on(t.tenantId, t.environment, t.status, t.nameSort, t.id),
			index("leads_by_updated").on(t.tenantId, t.environment, t.updatedAt, t.id),
			index("leads_by_name").on(t.tenantId, t.environment, t.nameSort, t.id),
			// Most leads of forms have neither an owner nor a team, and take no room in these.
			index("leads_by_owner")
				.on(t.tenantId, t.environment, t.ownerId, t.createdAt, t.id)
				.where(sql`owner_id is not null`),
			index("leads_by_owner_status")
				.on(t.tenantId, t.environment, t.ownerId, t.status, t.createdAt, t.id)
				.where(sql`owner_id is not null`),
			index("leads_by_owner_updated")
				.on(t.tenantId, t.environment, t.ownerId, t.updatedAt, t.id)
				.where(sql`owner_id is not null`),
			index("leads_by_team").on(t.tenantId, t.environment, t.teamId, t.createdAt, t.id).where(sql`team_id is not null`),
			index("leads_by_team_status")
				.on(t.tenantId, t.environment, t.teamId, t.status, t.createdAt, t.id)
				.where(sql`team_id is not null`),
			index("leads_by_team_updated")
				.on(t.tenantId, t.environment, t.teamId, t.updatedAt, t.id)
				.where(sql`team_id is not null`),
			// Finds the leads of a person whose data is exported or deleted.
			index("leads_by_email").on(t.tenantId, sql`lower(email)`).where(sql`email is not null`),
			index("leads_by_old_text").on(t.id).where(sql`text_version < 1`),
			uniqueIndex("leads_by_search_no").on(t.searchNo),
		],
	);

	return { collaborators, mergedCollaborators, activities, leadCounts, leads };
}
