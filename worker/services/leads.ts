/** Leads of a tenant, as integrations read and write them. */
import { and, eq } from "drizzle-orm";
import { leads } from "../../db/product-schema.ts";
import { foldText, sortText, TEXT_VERSION } from "../../db/search.ts";
import { AppError } from "../errors.ts";
import type { KeyFacts } from "../keys/verdict.ts";
import type { CreateLead, Lead, ListLeads, UpdateLead } from "../schemas/lead.ts";
import { toTimestamp } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import type { Holder, LeadRow } from "./lead-indexes.ts";
import { cursorPage, type LeadTotals, numberedPage } from "./lead-list.ts";
import { cursorFound, numberedFound } from "./lead-search.ts";
import { withinQuotas } from "./quotas.ts";

/** What a lead has besides what the database adds. */
type Row = Omit<LeadRow, "searchNo" | "bytes">;

const toLead = (row: Row): Lead => ({
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
	owner_id: row.ownerId,
	team_id: row.teamId,
	created_at: toTimestamp(row.createdAt),
	updated_at: toTimestamp(row.updatedAt),
});

/** The text of a lead that `search` looks in, and that lists sort. */
export const leadText = (lead: Pick<Row, "name" | "email" | "phone" | "company">) => ({
	searchText: foldText(lead.name, lead.email, lead.phone, lead.company),
	nameSort: sortText(lead.name),
	textVersion: TEXT_VERSION,
});

/** RFC 9562, section 4: a UUID is written in lower case, and read in either. Older leads have ids such as `lead_…`. */
const asStored = (id: string) => (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id) ? id.toLowerCase() : id);

/** The condition for one lead of the key's tenant and environment. */
const oneOf = (key: Holder, id: string) =>
	and(eq(leads.id, asStored(id)), eq(leads.tenantId, key.tenantId), eq(leads.environment, key.environment));

const notFound = () => new AppError("NOT_FOUND", "Lead not found.");

/** Adds a lead. */
export async function createLead(
	{ product, now }: Pick<Deps, "product" | "now">,
	key: KeyFacts,
	input: CreateLead,
): Promise<Lead> {
	const { custom_fields: customFields, owner_id: ownerId, team_id: teamId, ...fields } = input;
	const row: Row = {
		id: crypto.randomUUID(),
		tenantId: key.tenantId,
		environment: key.environment,
		...fields,
		customFields,
		ownerId,
		teamId,
		...leadText(fields),
		createdAt: now,
		updatedAt: now,
		writtenBy: key.id,
	};
	await withinQuotas(async () => product.insert(leads).values(row));
	return toLead(row);
}

/** One lead. `NOT_FOUND` also for a lead of another tenant or environment. */
export async function getLead({ product }: Pick<Deps, "product">, key: Holder, id: string): Promise<Lead> {
	const [row] = await product.select().from(leads).where(oneOf(key, id));
	if (!row) throw notFound();
	return toLead(row);
}

/** Attempts to change a lead that other requests change at the same moment. */
const UPDATE_ATTEMPTS = 5;

/** Changes the fields that are given. `CONFLICT` if other requests keep changing the lead at the same time. */
export async function updateLead(
	{ product, now }: Pick<Deps, "product" | "now">,
	key: KeyFacts,
	id: string,
	{ custom_fields: customFields, owner_id: ownerId, team_id: teamId, ...fields }: UpdateLead,
): Promise<Lead> {
	const given = { ...fields, customFields, ownerId, teamId };
	const patch: Partial<Row> = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
	for (let attempt = 0; attempt < UPDATE_ATTEMPTS; attempt++) {
		const [before] = await product.select().from(leads).where(oneOf(key, id));
		if (!before) throw notFound();
		// The search text is made of old and new fields, so it must not overwrite a text that another request wrote since.
		const [after] = await withinQuotas(async () =>
			product
				.update(leads)
				.set({ ...patch, ...leadText({ ...before, ...patch }), updatedAt: now, writtenBy: key.id })
				.where(and(oneOf(key, id), eq(leads.searchText, before.searchText)))
				.returning(),
		);
		if (after) return toLead(after);
	}
	throw new AppError("CONFLICT", "Other requests are changing this lead. Retry.");
}

/** Deletes a lead. */
export async function deleteLead({ product }: Pick<Deps, "product">, key: Holder, id: string): Promise<void> {
	const deleted = await withinQuotas(async () =>
		product.delete(leads).where(oneOf(key, id)).returning({ id: leads.id }),
	);
	if (deleted.length === 0) throw notFound();
}

/** A page of the list. Without `cursor` and `limit`, the page has a number, and the leads are counted. */
export async function listLeads(
	{ product }: Pick<Deps, "product">,
	key: Holder,
	input: ListLeads,
): Promise<{ items: Lead[]; next_cursor: string | null } & Partial<LeadTotals>> {
	const { search } = input;
	const isNumbered = input.cursor === undefined && input.limit === undefined;
	const { rows, next_cursor, totals } =
		search !== undefined
			? await (isNumbered ? numberedFound : cursorFound)(product, key, input, search)
			: await (isNumbered ? numberedPage : cursorPage)(product, key, input);
	return { items: rows.map(toLead), next_cursor, ...totals };
}
