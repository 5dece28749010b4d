/** Leads, which forms and partners send. */
import { z } from "zod";
import { LEAD_SORTS, LEAD_STATUSES } from "../../db/enums.ts";
import { environment } from "./api-key.ts";
import { emailInput, id, line, page, timestamp, timestampOrDateInput, uuidInput } from "./common.ts";
import { customFields } from "./free-form.ts";

const fields = {
	name: line(200),
	email: emailInput.nullable(),
	phone: line(50).nullable(),
	company: line(200).nullable(),
	position: line(200).nullable(),
	source: line(100).nullable(),
	status: z.enum(LEAD_STATUSES),
	tags: z.array(line(50)).max(50),
	custom_fields: customFields,
	owner_id: uuidInput.nullable().describe("The user who owns the lead, by their id in SalesOS."),
	team_id: uuidInput.nullable().describe("The team that owns the lead, by its id in SalesOS."),
};

export const createLeadSchema = z.strictObject({
	name: fields.name,
	email: fields.email.default(null),
	phone: fields.phone.default(null),
	company: fields.company.default(null),
	position: fields.position.default(null),
	source: fields.source.default(null),
	status: fields.status.default("new"),
	tags: fields.tags.default([]),
	custom_fields: fields.custom_fields.default({}),
	owner_id: fields.owner_id.default(null),
	team_id: fields.team_id.default(null),
});
export type CreateLead = z.output<typeof createLeadSchema>;

/** Absent fields keep their value; `null` clears a field; `tags` and `custom_fields` are replaced. */
export const updateLeadSchema = z.strictObject(fields).partial();
export type UpdateLead = z.output<typeof updateLeadSchema>;

export const leadSchema = z
	.object({
		id,
		environment,
		name: z.string(),
		email: z.string().nullable(),
		phone: z.string().nullable(),
		company: z.string().nullable(),
		position: z.string().nullable(),
		source: z.string().nullable(),
		status: z.enum(LEAD_STATUSES),
		tags: z.array(z.string()),
		custom_fields: z.record(z.string(), z.unknown()),
		owner_id: z.string().nullable(),
		team_id: z.string().nullable(),
		created_at: timestamp,
		updated_at: timestamp,
	})
	.meta({ id: "Lead" });
export type Lead = z.infer<typeof leadSchema>;

const after = (what: string) => timestampOrDateInput.optional().describe(`Only leads ${what} at this time or later.`);
const before = (what: string) => timestampOrDateInput.optional().describe(`Only leads ${what} before this time.`);

const BOTH = "Cannot be combined with cursor and limit: send either page and per_page, or cursor and limit";

export const listLeadsSchema = z
	.strictObject({
		status: z.enum(LEAD_STATUSES).optional().describe("Only leads with this status."),
		source: z.string().trim().min(1).max(100).optional().describe("Only leads with exactly this source."),
		owner_id: uuidInput.optional().describe("Only leads of this owner."),
		team_id: uuidInput.optional().describe("Only leads of this team."),
		created_after: after("created"),
		created_before: before("created"),
		updated_after: after("changed"),
		updated_before: before("changed"),
		search: z
			.string()
			.trim()
			.min(1)
			.max(100)
			.optional()
			.describe("Matches name, email, phone and company. Ignores case and accents."),
		sort: z.enum(LEAD_SORTS).default("-created_at").describe("`-` means descending."),
		page: z
			.number()
			.int()
			.min(1)
			.optional()
			.describe("Number of the page, from 1. Pages reach the first 10,000 leads; walk further with a cursor."),
		per_page: z.number().int().min(1).max(100).optional().describe("Leads on a numbered page. Default: 25."),
		cursor: page.cursor,
		limit: page.limit.unwrap().optional().describe("Leads on a page with a cursor. Default: 25."),
	})
	.check(({ value, issues }) => {
		const numbered = (["page", "per_page"] as const).filter((name) => value[name] !== undefined);
		if (value.cursor === undefined && value.limit === undefined) return;
		for (const name of numbered) issues.push({ code: "custom", path: [name], message: BOTH, input: value[name] });
	});
export type ListLeads = z.output<typeof listLeadsSchema>;

/** What `meta` holds of a list, besides the cursor. With `cursor` or `limit`, leads are not counted. */
export const leadTotals = {
	total: z.int32().optional().describe("How many leads match, up to 10,000."),
	total_is_capped: z.boolean().optional().describe("Whether more leads match than `total`."),
	page: z.int32().optional(),
	per_page: z.int32().optional(),
	total_pages: z.int32().optional().describe("How many pages `total` takes."),
};
