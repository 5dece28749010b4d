/** Leads of a tenant, as integrations read and write them. */
import { and, desc, eq, sql } from "drizzle-orm";
import { columnsOf } from "../../db/client.ts";
import { newId } from "../../db/ids.ts";
import { leads } from "../../db/schema.ts";
import { foldForSearch, searchExpression, sourceToken, statusToken } from "../../db/search.ts";
import { AppError } from "../errors.ts";
import type { KeyFacts } from "../keys/verdict.ts";
import type { CreateLead, Lead, ListLeads, UpdateLead } from "../schemas/lead.ts";
import { toTimestamp } from "../schemas/time.ts";
import { decodeCursor, type Position, paginate } from "./cursor.ts";
import type { Deps } from "./deps.ts";

type Row = typeof leads.$inferSelect;
type Holder = Pick<KeyFacts, "tenantId" | "environment">;

const ORDER = "leads";
const FOUND_ORDER = "leads found";

const toLead = (row: Omit<Row, "searchNo">): Lead => ({
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

const searchText = (lead: Pick<Row, "name" | "email" | "phone" | "company">) =>
	foldForSearch(lead.name, lead.email, lead.phone, lead.company);

/** The lead, if it is of the key's tenant and environment. */
const oneOf = (key: Holder, id: string) =>
	and(eq(leads.id, id), eq(leads.tenantId, key.tenantId), eq(leads.environment, key.environment));

const notFound = () => new AppError("NOT_FOUND", "There is no such lead.");

/** Adds a lead. */
export async function createLead(
	{ db, now }: Pick<Deps, "db" | "now">,
	key: KeyFacts,
	input: CreateLead,
): Promise<Lead> {
	const { custom_fields: customFields, ...fields } = input;
	const row: Omit<Row, "searchNo"> = {
		id: newId("lead"),
		tenantId: key.tenantId,
		environment: key.environment,
		...fields,
		customFields,
		searchText: searchText(fields),
		createdAt: now,
		updatedAt: now,
		writtenBy: key.id,
	};
	await db.insert(leads).values(row);
	return toLead(row);
}

/** One lead. `NOT_FOUND` for those of other tenants and environments too. */
export async function getLead({ db }: Pick<Deps, "db">, key: Holder, id: string): Promise<Lead> {
	const [row] = await db.select().from(leads).where(oneOf(key, id));
	if (!row) throw notFound();
	return toLead(row);
}

/** How often a change is tried again when others change the same lead at the same moment. */
const UPDATE_ATTEMPTS = 5;

/** Changes the fields that are given. `CONFLICT` if others keep changing the lead meanwhile. */
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
		// The text that search looks in is made of fields old and new, so it must be written over what was read.
		const text = searchText({ ...before, ...patch });
		const [after] = await db
			.update(leads)
			.set({ ...patch, searchText: text, updatedAt: now, writtenBy: key.id })
			.where(and(oneOf(key, id), eq(leads.searchText, before.searchText)))
			.returning();
		if (after) return toLead(after);
	}
	throw new AppError("CONFLICT", "This lead is being changed by others. Try again.");
}

/** The statement behind {@link listLeads}, a page and one row more, and what a cursor tells of a row. */
function leadsQuery(db: Deps["db"], key: Holder, input: ListLeads) {
	if (input.search !== undefined) return searchQuery(db, key, input, foldForSearch(input.search));
	const after = decodeCursor(ORDER, input.cursor, "number");
	const page = db
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
	return { order: ORDER, page, position: (row: Row): Position => ({ value: row.createdAt, id: row.id }) };
}

/** Out of the index of search, whose numbers are in the order in which leads came in: the newest is its last. */
function searchQuery(db: Deps["db"], { tenantId, environment }: Holder, input: ListLeads, term: string) {
	const after = decodeCursor(FOUND_ORDER, input.cursor, "number");
	const { status, source } = input;
	const expression = searchExpression(
		term,
		environment,
		...(status === undefined ? [] : [statusToken(status)]),
		...(source === undefined ? [] : [sourceToken(source)]),
	);
	const block = sql`(select search_no >> 32 from leads where tenant_id = ${tenantId} limit 1)`;
	const page = db.select(columnsOf(leads)).from(
		sql`(
				select leads.* from lead_search cross join leads on leads.search_no = lead_search.rowid
				where lead_search match ${expression} and lead_search.rowid >= ${block} << 32
					and lead_search.rowid < ${after ? sql`min(${after.value}, (${block} + 1) << 32)` : sql`(${block} + 1) << 32`}
					and tenant_id = ${tenantId} and environment = ${environment} and instr(search_text, ${term}) > 0
				order by lead_search.rowid desc limit ${input.limit + 1}
			) as leads`,
	);
	// Whatever is found has a number: that is what it is found by.
	return { order: FOUND_ORDER, page, position: (row: Row): Position => ({ value: row.searchNo ?? 0, id: row.id }) };
}

/** Newest first. */
export async function listLeads(
	{ db }: Pick<Deps, "db">,
	key: Holder,
	input: ListLeads,
): Promise<{ items: Lead[]; next_cursor: string | null }> {
	const { order, page, position } = leadsQuery(db, key, input);
	const { rows, next_cursor } = paginate(await page, input.limit, order, position);
	return { items: rows.map(toLead), next_cursor };
}
