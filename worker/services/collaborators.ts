/** Collaborators as a CRM sends them: new ones are created, existing ones updated. */
import { sql } from "drizzle-orm";
import { insertRows } from "../../db/client.ts";
import { newId } from "../../db/ids.ts";
import { collaborators } from "../../db/schema.ts";
import type { KeyFacts } from "../keys/verdict.ts";
import { type CollaboratorsSynced, collaboratorSchema } from "../schemas/sync.ts";
import { firstOfEach, textIn, validateItems } from "./batch-items.ts";
import type { Deps } from "./deps.ts";
import { withinQuotas } from "./quotas.ts";

/** Writes the valid items in one atomic batch, which is one call to the database, and reports the others. `CONFLICT` past a quota. */
export async function syncCollaborators(
	{ db, now }: Pick<Deps, "db" | "now">,
	key: KeyFacts,
	items: readonly unknown[],
): Promise<CollaboratorsSynced> {
	const validated = validateItems(collaboratorSchema, items);
	const { good, bad } = firstOfEach(validated.good, (item) => item.external_id, "external_id");
	const rows = good.map(({ item }) => ({
		id: newId("col"),
		tenantId: key.tenantId,
		environment: key.environment,
		externalId: item.external_id,
		name: item.name,
		email: item.email,
		team: item.team,
		role: item.role,
		createdAt: now,
		updatedAt: now,
		writtenBy: key.id,
	}));
	// A field that an item omits keeps its value, so items are written together with those that have the same fields.
	const groups = Map.groupBy(rows, (row) => `${row.team !== undefined},${row.role !== undefined}`);
	const upserts = [...groups.values()].map((group) => {
		const [{ team, role } = {}] = group;
		return insertRows(db, collaborators, group)
			.onConflictDoUpdate({
				target: [collaborators.tenantId, collaborators.environment, collaborators.externalId],
				set: {
					name: sql`excluded.name`,
					email: sql`excluded.email`,
					...(team === undefined ? {} : { team: sql`excluded.team` }),
					...(role === undefined ? {} : { role: sql`excluded.role` }),
					updatedAt: sql`excluded.updated_at`,
					writtenBy: sql`excluded.written_by`,
				},
			})
			.returning({ id: collaborators.id });
	});
	const [first, ...rest] = upserts;
	const written = first ? (await withinQuotas(() => db.batch([first, ...rest]))).flat() : [];
	// An existing row keeps its id, so a new id that is returned is a new person.
	const fresh = new Set(rows.map((row) => row.id));
	const created = written.filter((row) => fresh.has(row.id)).length;
	return {
		created,
		existing: written.length - created,
		errors: [...validated.bad, ...bad]
			.sort((a, b) => a.index - b.index)
			.map(({ index, sent, message }) => ({ index, external_id: textIn(sent, "external_id"), message })),
		total: items.length,
	};
}
