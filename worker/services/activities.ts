/** Activities of collaborators. An `external_id` that exists already is a retry, and changes nothing. */
import { and, eq, sql } from "drizzle-orm";
import { foldEmail } from "../../db/fold-email.ts";
import { newId } from "../../db/ids.ts";
import { activities, collaborators } from "../../db/product-schema.ts";
import { AppError } from "../errors.ts";
import type { KeyFacts } from "../keys/verdict.ts";
import { activitySchema } from "../schemas/sync.ts";
import { type Batch, type RejectedItem, rowsOf, validateItems } from "./batch-items.ts";
import type { Deps } from "./deps.ts";
import { withinQuotas } from "./quotas.ts";

interface Synced {
	processed: number;
	skipped: number;
	duplicates: number;
	total: number;
}

/** Unknown fields of an item: rejected, or ignored for clients of the Default Integration. */
export type UnknownFields = "reject" | "ignore";

/**
 * Writes the activities of known people in one atomic batch, which is one call to the database. One invalid item rejects
 * all of them with `VALIDATION_ERROR`, whose details name every item. `CONFLICT` past a quota.
 */
export async function syncActivities(
	{ product, now }: Pick<Deps, "product" | "now">,
	key: KeyFacts,
	batch: Batch,
	unknownFields: UnknownFields,
): Promise<Synced> {
	const { good, rejected } = validateItems(
		unknownFields === "reject" ? activitySchema.strict() : activitySchema,
		batch,
		{ list: "activities", member: "data" },
	);
	if (rejected.length > 0) throw invalidActivities(rejected);
	const rows = good.map(({ item, text }) => ({
		text,
		row: {
			id: newId("act"),
			person: foldEmail(item.collaborator_email),
			activityCode: item.activity_code,
			occurredAt: item.occurred_at ? Date.parse(item.occurred_at) : now,
			externalId: item.external_id,
		},
	}));
	const people = [...new Set(rows.map(({ row }) => row.person))];
	const sent = rowsOf(rows, "data");
	const [known, written] = await withinQuotas(() =>
		product.batch([
			peopleQuery(product, key, people),
			product
				.insert(activities)
				.select(activitiesOf(key, sent, now))
				.onConflictDoNothing({ target: [activities.tenantId, activities.environment, activities.externalId] })
				.returning({ id: activities.id }),
		]),
	);
	const knownPeople = new Set(known.map(({ emailFolded }) => emailFolded));
	const skipped = rows.filter(({ row }) => !knownPeople.has(row.person)).length;
	return {
		processed: written.length,
		skipped,
		duplicates: batch.items.length - skipped - written.length,
		total: batch.items.length,
	};
}

/** Names every field of every item. Only the sender knows what the items should be, so nothing of the batch is stored. */
function invalidActivities(rejected: readonly RejectedItem[]): AppError {
	const details = rejected.flatMap(({ index, fields }) => fields.map((field) => ({ index, ...field })));
	const [first] = details;
	const where = first ? ` Item ${first.index}, ${first.field}: ${first.message}.` : "";
	return new AppError("VALIDATION_ERROR", `The activities payload is invalid. Nothing was stored.${where}`, {
		details,
		detailsMax: details.length,
	});
}

/** Which of these people exist in the key's tenant and environment. */
function peopleQuery(product: Deps["product"], key: KeyFacts, emails: readonly string[]) {
	return product
		.select({ emailFolded: collaborators.emailFolded })
		.from(collaborators)
		.where(
			and(
				eq(collaborators.tenantId, key.tenantId),
				eq(collaborators.environment, key.environment),
				// One parameter for all of them: D1 allows 100 parameters.
				sql`${collaborators.emailFolded} in (select value from json_each(${JSON.stringify(emails)}))`,
			),
		);
}

/** The rows with the ids of their collaborators, in the order of the batch. Rows of unknown collaborators are left out. */
function activitiesOf(key: KeyFacts, rows: string, now: number) {
	const sent = (field: string) => sql`json_extract(sent.value, ${sql.raw(`'$.${field}'`)})`;
	return sql`
		select ${sent("id")}, person.tenant_id, person.environment, ${now}, ${key.id}, person.id, ${sent("activityCode")},
			${sent("occurredAt")}, ${sent("externalId")}, ${sent("data")}
		from json_each(${rows}) sent cross join collaborators person
			on person.tenant_id = ${key.tenantId} and person.environment = ${key.environment}
			and person.email_folded = ${sent("person")}
		where true`;
}
