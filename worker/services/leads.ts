/** Leads of a tenant, as integrations read and write them. */
import { and, desc, eq, sql } from "drizzle-orm";
import { newId } from "../../db/ids.ts";
import { leads } from "../../db/schema.ts";
import { foldText, sourceToken, statusToken, TEXT_VERSION } from "../../db/search.ts";
import { AppError } from "../errors.ts";
import type { KeyFacts } from "../keys/verdict.ts";
import type { CreateLead, Lead, ListLeads, UpdateLead } from "../schemas/lead.ts";
import { toTimestamp } from "../schemas/time.ts";
import { decodeCursor, encodeCursor, paginate } from "./cursor.ts";
import type { Deps } from "./deps.ts";
import { withinQuotas } from "./quotas.ts";
import { findRows, inOrderFound, isFound } from "./search.ts";

type Row = typeof leads.$inferSelect;
/** A row without the columns that the database sets. */
type NewRow = Omit<Row, "searchNo" | "bytes">;
type Holder = Pick<KeyFacts, "tenantId" | "environment">;

const ORDER = "leads";
const FOUND_ORDER = "leads found";

const toLead = (row: NewRow): Lead => ({
	id: row.id,
	environment: row.environment,
	name: row.name,
	email: row.email,
	phone: row.phone,
	company: row.company,
	position: row.position,
	source: row.source,
	status: row.status,
	tags: row.tags,
	custom_fields: row.customFields,
	created_at: toTimestamp(row.createdAt),
	updated_at: toTimestamp(row.updatedAt),
});

/** The text of a lead that `search` looks in. */
export const leadText = (lead: Pick<Row, "name" | "email" | "phone" | "company">) => ({
	searchText: foldText(lead.name, lead.email, lead.phone, lead.company),
	textVersion: TEXT_VERSION,
});

/** The condition for one lead of the key's tenant and environment. */
const oneOf = (key: Holder, id: string) =>
	and(eq(leads.id, id), eq(leads.tenantId, key.tenantId), eq(leads.environment, key.environment));

const notFound = () => new AppError("NOT_FOUND", "Lead not found.");

/** Adds a lead. */
export async function createLead(
	{ db, now }: Pick<Deps, "db" | "now">,
	key: KeyFacts,
	input: CreateLead,
): Promise<Lead> {
	const { custom_fields: customFields, ...fields } = input;
	const row: NewRow = {
		id: newId("lead"),
		tenantId: key.tenantId,
		environment: key.environment,
		...fields,
		customFields,
		...leadText(fields),
		createdAt: now,
		updatedAt: now,
		writtenBy: key.id,
	};
	await withinQuotas(async () => db.insert(leads).values(row));
	return toLead(row);
}

/** One lead. `NOT_FOUND` also for a lead of another tenant or environment. */
export async function getLead({ db }: Pick<Deps, "db">, key: Holder, id: string): Promise<Lead> {
	const [row] = await db.select().from(leads).where(oneOf(key, id));
	if (!row) throw notFound();
	return toLead(row);
}

/** Attempts to change a lead that other requests change at the same moment. */
const UPDATE_ATTEMPTS = 5;

/** Changes the fields that are given. `CONFLICT` if other requests keep changing the lead at the same time. */
export async function updateLead(
	{ db, now }: Pick<Deps, "db" | "now">,
	key: KeyFacts,
	id: string,
	{ custom_fields, ...fields }: UpdateLead,
): Promise<Lead> {
	const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
	const patch: Partial<Row> = { ...given, ...(custom_fields === undefined ? {} : { customFields: custom_fields }) };
	for (let attempt = 0; attempt < UPDATE_ATTEMPTS; attempt++) {
		const [before] = await db.select().from(leads).where(oneOf(key, id));
		if (!before) throw notFound();
		// The search text is made of old and new fields, so it must not overwrite a text that another request wrote since.
		const [after] = await withinQuotas(async () =>
			db
				.update(leads)
				.set({ ...patch, ...leadText({ ...before, ...patch }), updatedAt: now, writtenBy: key.id })
				.where(and(oneOf(key, id), eq(leads.searchText, before.searchText)))
				.returning(),
		);
		if (after) return toLead(after);
	}
	throw new AppError("CONFLICT", "Other requests are changing this lead. Retry.");
}

/** Newest first. With `search`, a page can be short or empty although there are more: continue while there is a cursor. */
export async function listLeads(
	deps: Pick<Deps, "db">,
	key: Holder,
	input: ListLeads,
): Promise<{ items: Lead[]; next_cursor: string | null }> {
	const { rows, next_cursor } =
		input.search === undefined
			? await leadsInOrder(deps, key, input)
			: await leadsFound(deps, key, input, input.search);
	return { items: rows.map(toLead), next_cursor };
}

async function leadsInOrder({ db }: Pick<Deps, "db">, key: Holder, input: ListLeads) {
	const after = decodeCursor(ORDER, input.cursor, "number");
	const rows = await db
		.select()
		.from(leads)
		.where(
			and(
				eq(leads.tenantId, key.tenantId),
				eq(leads.environment, key.environment),
				input.status === undefined ? undefined : eq(leads.status, input.status),
				input.source === undefined ? undefined : eq(leads.source, input.source),
				after ? sql`(${leads.createdAt}, ${leads.id}) < (${after.value}, ${after.id})` : undefined,
			),
		)
		.orderBy(desc(leads.createdAt), desc(leads.id))
		.limit(input.limit + 1);
	return paginate(rows, input.limit, ORDER, (row) => ({ value: row.createdAt, id: row.id }));
}

/** In the order of creation, as {@link findRows} numbers the leads. */
async function leadsFound(
	{ db }: Pick<Deps, "db">,
	{ tenantId, environment }: Holder,
	{ status, source, cursor, limit }: ListLeads,
	search: string,
): Promise<{ rows: Row[]; next_cursor: string | null }> {
	const after = decodeCursor(FOUND_ORDER, cursor, "number");
	const tokens = [
		...(status === undefined ? [] : [statusToken(status)]),
		...(source === undefined ? [] : [sourceToken(source)]),
	];
	const { found, scannedTo } = await findRows(
		db,
		{ in: leads, tenantId, environments: [environment], term: foldText(search), tokens },
		{ after: after?.value ?? null, descending: true, limit: limit + 1 },
	);
	const page = paginate(found, limit, FOUND_ORDER, ({ no, id }) => ({ value: no, id }));
	const rows = await db.select().from(leads).where(isFound(tenantId, page.rows));
	const next = scannedTo === null ? null : encodeCursor(FOUND_ORDER, { value: scannedTo, id: "" });
	return { rows: inOrderFound(page.rows, rows), next_cursor: page.next_cursor ?? next };
}
