/** Collaborators as a CRM sends them: new ones are created, known ones updated. Their email identifies them. */
import { sql } from "drizzle-orm";
import { foldEmail } from "../../db/fold-email.ts";
import { newId } from "../../db/ids.ts";
import { collaborators } from "../../db/product-schema.ts";
import type { KeyFacts } from "../keys/verdict.ts";
import { collaboratorSchema } from "../schemas/sync.ts";
import { type Batch, firstOfEach, type RejectedItem, rowsOf, validateItems } from "./batch-items.ts";
import type { Deps } from "./deps.ts";
import { withinQuotas } from "./quotas.ts";

interface Synced {
	created: number;
	existing: number;
	/** The items that were left out, in the order of the batch. */
	rejected: RejectedItem[];
	total: number;
}

/** Writes the valid items in one statement, and reports the others. `CONFLICT` past a quota. */
export async function syncCollaborators(
	{ product, now }: Pick<Deps, "product" | "now">,
	key: KeyFacts,
	batch: Batch,
): Promise<Synced> {
	const { good, rejected } = validateItems(collaboratorSchema, batch, { list: "collaborators", member: "metadata" });
	const people = firstOfEach(good, ({ email }) => foldEmail(email), "email");
	const rows = people.good.map(({ item, text }) => ({
		text,
		row: {
			id: newId("col"),
			externalId: item.external_id,
			name: item.name,
			email: item.email,
			emailFolded: foldEmail(item.email),
			phone: cleared(item.phone),
			document: cleared(item.document),
			team: cleared(item.team),
			role: cleared(item.role),
		},
	}));
	const sent = rowsOf(rows, "metadata");
	const written = rows.length === 0 ? [] : await withinQuotas(async () => upsert(product, key, sent, now));
	// An existing row keeps its id, so a new id that is returned is a new person.
	const fresh = new Set(rows.map(({ row }) => row.id));
	const created = written.filter(({ id }) => fresh.has(id)).length;
	return {
		created,
		existing: written.length - created,
		rejected: [...rejected, ...people.rejected].sort((a, b) => a.index - b.index),
		total: batch.items.length,
	};
}

/** An empty text clears a field, as null does. Absent, it stays as it is. */
const cleared = (text: string | null | undefined) => (text === undefined ? undefined : text || null);

function upsert(product: Deps["product"], key: KeyFacts, rows: string, now: number) {
	const value = (field: string) => sql`json_extract(sent.value, ${sql.raw(`'$.${field}'`)})`;
	/** What was sent, or what the person has already. The row that exists is joined, because `excluded` has no absent fields. */
	const kept = (field: string) =>
		sql`iif(json_type(sent.value, ${sql.raw(`'$.${field}'`)}) is null, ${sql.raw(`person.${field}`)}, ${value(field)})`;
	return product
		.insert(collaborators)
		.select(
			sql`
			select ${value("id")}, ${key.tenantId}, ${key.environment}, ${now}, ${key.id}, ${value("externalId")},
				${value("name")}, ${value("email")}, ${kept("team")}, ${kept("role")}, ${now}, ${value("emailFolded")},
				${kept("phone")}, ${kept("document")}, ${kept("metadata")}
			from json_each(${rows}) sent left join collaborators person
				on person.tenant_id = ${key.tenantId} and person.environment = ${key.environment}
				and person.email_folded = ${value("emailFolded")}
			where true`,
		)
		.onConflictDoUpdate({
			target: [collaborators.tenantId, collaborators.environment, collaborators.emailFolded],
			set: {
				externalId: sql`excluded.external_id`,
				name: sql`excluded.name`,
				email: sql`excluded.email`,
				phone: sql`excluded.phone`,
				document: sql`excluded.document`,
				team: sql`excluded.team`,
				role: sql`excluded.role`,
				metadata: sql`excluded.metadata`,
				updatedAt: sql`excluded.updated_at`,
				writtenBy: sql`excluded.written_by`,
			},
		})
		.returning({ id: collaborators.id });
}
