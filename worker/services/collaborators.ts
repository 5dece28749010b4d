/** Collaborators as a CRM sends them: unknown ones are created, known ones brought up to date. */
import { sql } from "drizzle-orm";
import { insertRows } from "../../db/client.ts";
import { newId } from "../../db/ids.ts";
import { collaborators } from "../../db/schema.ts";
import type { KeyFacts } from "../keys/verdict.ts";
import { type CollaboratorsSynced, collaboratorSchema } from "../schemas/sync.ts";
import { firstOfEach, judge, nameIn } from "./batch-items.ts";
import type { Deps } from "./deps.ts";

/** Writes the good items in one atomic batch, which is one call of the database, and reports the others. */
export async function syncCollaborators(
	{ db, now }: Pick<Deps, "db" | "now">,
	key: KeyFacts,
	items: readonly unknown[],
): Promise<CollaboratorsSynced> {
	const judged = judge(collaboratorSchema, items);
	const { good, bad } = firstOfEach(judged.good, (item) => item.external_id, "external_id");
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
	// What the sender leaves out stays as it is, so rows are updated together with those that give the same fields.
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
	const written = first ? (await db.batch([first, ...rest])).flat() : [];
	// A known person keeps the id they had, so a new id that comes back is a new person.
	const fresh = new Set(rows.map((row) => row.id));
	const created = written.filter((row) => fresh.has(row.id)).length;
	return {
		created,
		existing: written.length - created,
		errors: [...judged.bad, ...bad]
			.sort((a, b) => a.index - b.index)
			.map(({ index, sent, message }) => ({ index, external_id: nameIn(sent, "external_id"), message })),
		total: items.length,
	};
}
