/** Leads, which forms and partners send. */
import { z } from "zod";
import { LEAD_STATUSES } from "../../db/enums.ts";
import { environment } from "./api-key.ts";
import { emailInput, id, line, page, timestamp } from "./common.ts";
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
