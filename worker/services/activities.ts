/** Activities of collaborators. A `reference` that exists already is a retry, and changes nothing. */
import { and, eq, sql } from "drizzle-orm";
import { newId } from "../../db/ids.ts";
import { activities, collaborators } from "../../db/schema.ts";
import type { KeyFacts } from "../keys/verdict.ts";
import { type ActivitiesSynced, activitySchema } from "../schemas/sync.ts";
import { textIn, validateItems } from "./batch-items.ts";
import type { Deps } from "./deps.ts";
import { withinQuotas } from "./quotas.ts";

/** Writes the valid items in one atomic batch, which is one call to the database, and reports the others. `CONFLICT` past a quota. */
export async function syncActivities(
	{ db, now }: Pick<Deps, "db" | "now">,
	key: KeyFacts,
	items: readonly unknown[],
): Promise<ActivitiesSynced> {
	const { good, bad } = validateItems(activitySchema, items);
	const rows = good.map(({ item }) => ({
		id: newId("act"),
		person: item.collaborator_id,
		activity: item.activity,
		quantity: item.quantity,
		occurredAt: item.occurred_at === undefined ? now : Date.parse(item.occurred_at),
		reference: item.reference ?? null,
	}));
	const people = [...new Set(rows.map(({ person }) => person))];
	const [known, written] =
		rows.length === 0
			? [[], []]
			: await withinQuotas(() =>
					db.batch([
						peopleQuery(db, key, people),
						db
							.insert(activities)
							.select(activitiesOf(key, rows, now))
							.onConflictDoNothing({ target: [activities.tenantId, activities.environment, activities.reference] })
							.returning({ id: activities.id }),
					]),
				);
	const knownIds = new Set(known.map(({ externalId }) => externalId));
	const unknown = good.filter(({ item }) => !knownIds.has(item.collaborator_id));
	const message = "collaborator_id: Collaborator not found. Send it with sync_collaborators first";
	return {
		processed: written.length,
		duplicates: good.length - unknown.length - written.length,
		errors: [...bad, ...unknown.map(({ index, item }) => ({ index, sent: item, message }))]
			.sort((a, b) => a.index - b.index)
			.map(({ index, sent, message }) => ({ index, collaborator_id: textIn(sent, "collaborator_id"), message })),
		total: items.length,
	};
}

/** Which of these people exist in the key's tenant and environment. */
function peopleQuery(db: Deps["db"], key: KeyFacts, externalIds: readonly string[]) {
	return db
		.select({ externalId: collaborators.externalId })
		.from(collaborators)
		.where(
			and(
				eq(collaborators.tenantId, key.tenantId),
				eq(collaborators.environment, key.environment),
				// One parameter for all of them: D1 allows 100 parameters.
				sql`${collaborators.externalId} in (select value from json_each(${JSON.stringify(externalIds)}))`,
			),
		);
}

/** The rows with the ids of their collaborators, in the order of the batch. Rows of unknown collaborators are left out. */
function activitiesOf(key: KeyFacts, rows: readonly Record<string, unknown>[], now: number) {
	const sent = (field: string) => sql`json_extract(sent.value, ${sql.raw(`'$.${field}'`)})`;
	return sql`
		select ${sent("id")}, person.tenant_id, person.environment, ${now}, ${key.id}, person.id, ${sent("activity")},
			${sent("quantity")}, ${sent("occurredAt")}, ${sent("reference")}
		from json_each(${JSON.stringify(rows)}) sent cross join collaborators person
			on person.tenant_id = ${key.tenantId} and person.environment = ${key.environment}
			and person.external_id = ${sent("person")}
		where true`;
}
