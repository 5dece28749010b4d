/** Activities of collaborators. A `reference` that is known already is a retry, and changes nothing. */
import { and, eq, inArray } from "drizzle-orm";
import { chunked } from "../../db/client.ts";
import { activities, collaborators } from "../../db/schema.ts";
import type { KeyFacts } from "../gate/verdict.ts";
import { newId } from "../random.ts";
import { type ActivitiesSynced, activitySchema } from "../schemas/sync.ts";
import { judge, nameIn } from "./batch-items.ts";
import type { Deps } from "./deps.ts";

/** Bound parameters of one inserted row. */
const PARAMETERS = 10;

/** Writes the good items in one atomic batch and reports the others. */
export async function syncActivities(
	{ db, now }: Pick<Deps, "db" | "now">,
	key: KeyFacts,
	items: readonly unknown[],
): Promise<ActivitiesSynced> {
	const { good, bad } = judge(activitySchema, items);
	const ids = await collaboratorIds(db, key, [...new Set(good.map(({ item }) => item.collaborator_id))]);
	const known = good.flatMap(({ index, item }) => {
		const collaboratorId = ids.get(item.collaborator_id);
		if (collaboratorId !== undefined) return [{ item, collaboratorId }];
		const message = "collaborator_id: There is no such collaborator; send them with sync_collaborators first";
		bad.push({ index, sent: item, message });
		return [];
	});
	const rows = known.map(({ item, collaboratorId }) => ({
		id: newId("act"),
		tenantId: key.tenantId,
		environment: key.environment,
		collaboratorId,
		activity: item.activity,
		quantity: item.quantity,
		occurredAt: item.occurred_at === undefined ? now : Date.parse(item.occurred_at),
		reference: item.reference ?? null,
		createdAt: now,
		writtenBy: key.id,
	}));
	const inserts = chunked(rows, PARAMETERS).map((chunk) =>
		db
			.insert(activities)
			.values(chunk)
			.onConflictDoNothing({ target: [activities.tenantId, activities.environment, activities.reference] })
			.returning({ id: activities.id }),
	);
	const [first, ...rest] = inserts;
	const processed = first ? (await db.batch([first, ...rest])).flat().length : 0;
	return {
		processed,
		duplicates: rows.length - processed,
		errors: bad
			.sort((a, b) => a.index - b.index)
			.map(({ index, sent, message }) => ({ index, collaborator_id: nameIn(sent, "collaborator_id"), message })),
		total: items.length,
	};
}

/** Ids of the key's tenant and environment by `external_id`. */
async function collaboratorIds(db: Deps["db"], key: KeyFacts, externalIds: string[]): Promise<Map<string, string>> {
	const queries = chunked(externalIds, 1, 2).map((chunk) =>
		db
			.select({ externalId: collaborators.externalId, id: collaborators.id })
			.from(collaborators)
			.where(
				and(
					eq(collaborators.tenantId, key.tenantId),
					eq(collaborators.environment, key.environment),
					inArray(collaborators.externalId, chunk),
				),
			),
	);
	const [first, ...rest] = queries;
	const rows = first ? (await db.batch([first, ...rest])).flat() : [];
	return new Map(rows.map((row) => [row.externalId, row.id]));
}
