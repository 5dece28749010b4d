/** Leads, which forms and partners send. */
import { z } from "zod";
import { LEAD_STATUSES } from "../../db/enums.ts";
import { environment } from "./api-key.ts";
import { id, line, page, timestamp } from "./common.ts";

/** Enough for a long form, and far below the size limit of a row. */
const CUSTOM_FIELDS_MAX_CHARACTERS = 16_384;

/** Deeper than any form. Walking JSON with thousands of levels would exhaust the stack. */
const CUSTOM_FIELDS_MAX_DEPTH = 10;

function isShallow(value: unknown, depth: number): boolean {
	if (typeof value !== "object" || value === null) return true;
	return depth > 0 && Object.values(value).every((inner) => isShallow(inner, depth - 1));
}

const customFields = z
	.record(z.string().min(1).max(100), z.unknown())
	.refine((fields) => isShallow(fields, 1 + CUSTOM_FIELDS_MAX_DEPTH), {
		error: `Must have at most ${CUSTOM_FIELDS_MAX_DEPTH} levels of nesting`,
		abort: true,
	})
	.refine((fields) => JSON.stringify(fields).length <= CUSTOM_FIELDS_MAX_CHARACTERS, {
		error: `Must be at most ${CUSTOM_FIELDS_MAX_CHARACTERS} characters as JSON`,
	});

const fields = {
	name: line(200),
	email: z.string().trim().max(254).pipe(z.email("Must be an email address")).nullable(),
	phone: line(50).nullable(),
	company: line(200).nullable(),
	position: line(200).nullable(),
	source: line(100).nullable(),
	status: z.enum(LEAD_STATUSES),
	tags: z.array(line(50)).max(50),
	custom_fields: customFields,
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
		created_at: timestamp,
		updated_at: timestamp,
	})
	.meta({ id: "Lead" });
export type Lead = z.infer<typeof leadSchema>;

export const listLeadsSchema = z.strictObject({
	status: z.enum(LEAD_STATUSES).optional().describe("Only leads with this status."),
	source: z.string().trim().min(1).max(100).optional().describe("Only leads with exactly this source."),
	search: z
		.string()
		.trim()
		.min(1)
		.max(100)
		.optional()
		.describe("Matches name, email, phone and company. Ignores case and accents."),
	...page,
});
export type ListLeads = z.output<typeof listLeadsSchema>;
