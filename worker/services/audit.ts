/** Reading the audit trail of a tenant. */
import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Changes } from "../../db/audit.ts";
import { columnsOf } from "../../db/client.ts";
import { AUDIT_ACTIONS, type AuditAction } from "../../db/enums.ts";
import { mergedRanges } from "../../db/ordered-union.ts";
import { auditEvents, users } from "../../db/schema.ts";
import type { AuditList, ListAudit } from "../schemas/audit.ts";
import { toTimestamp } from "../schemas/time.ts";
import { decodeCursor, paginate } from "./cursor.ts";
import type { Deps } from "./deps.ts";

const ORDER = "audit";

const NEWEST_FIRST = sql`at desc, id desc`;

/**
 * The statements behind {@link listAudit}, each of a page and one row more. An actor by email address takes several:
 * one statement that looks for either would have to read and sort everything that the person ever did.
 *
 * Key, actor and action are looked up together, whichever are asked for; a span of time is the end of the same range.
 */
function auditQueries(db: Deps["db"], tenantId: string, input: ListAudit) {
	const after = decodeCursor(ORDER, input.cursor, "number");
	const from = input.from === undefined ? undefined : Date.parse(input.from);
	// An index takes one upper bound. Where the cursor is the lower one, the other would have every page read again.
	const until = input.to === undefined ? undefined : Date.parse(input.to);
	const to = until !== undefined && after && after.value < until ? undefined : until;
	return actorsOf(tenantId, input.actor).map((actor) => {
		const all = and(
			eq(auditEvents.tenantId, tenantId),
			input.key_id === undefined ? undefined : eq(auditEvents.keyId, input.key_id),
			actor?.condition,
			from === undefined ? undefined : sql`at >= ${from}`,
			to === undefined ? undefined : sql`at < ${to}`,
			after ? sql`(at, id) < (${after.value}, ${after.id})` : undefined,
		);
		const columns = [...(input.key_id === undefined ? [] : ["key"]), ...(actor ? [actor.by] : [])];
		const range = (index: string, action: string | undefined) => sql`
			select * from ${auditEvents} indexed by ${sql.raw(`audit_events_by_${index}`)}
			where ${all} ${action === undefined ? sql`` : sql`and action = ${sql.raw(`'${action}'`)}`}`;
		const { action } = input;
		const actions = action === undefined ? AUDIT_ACTIONS : [action];
		const ranges =
			columns.length > 0
				? actions.map((each) => range(columns.join("_"), each))
				: [range(action === undefined ? "time" : "action", action)];
		return db
			.select({
				...columnsOf(auditEvents),
				keyName: sql<string | null>`(select name from api_keys where id = key_id and tenant_id = ${tenantId})`,
			})
			.from(
				sql`(
					select * from (${mergedRanges(ranges, NEWEST_FIRST)}) order by ${NEWEST_FIRST} limit ${input.limit + 1}
				) as audit_events`,
			);
	});
}

/**
 * Every way in which an event can be of the actor, and the index that knows it. An address is that of a user here, whose
 * events may lack it where their token did; or of somebody who has no account here, whose events carry it; or it is an
 * identity provider's id.
 */
function actorsOf(
	tenantId: string,
	actor: string | undefined,
): ({ condition: SQL; by: "actor" | "email" } | undefined)[] {
	if (actor === undefined) return [undefined];
	const byId = { condition: sql`actor = ${actor}`, by: "actor" } as const;
	if (!actor.includes("@")) return [byId];
	const email = actor.toLowerCase();
	const user = sql`(select id from ${users} where email = ${email} and tenant_id = ${tenantId})`;
	return [
		byId,
		{ condition: sql`actor = ${user}`, by: "actor" },
		{ condition: sql`actor_email = ${email} collate nocase`, by: "email" },
	];
}

type AuditRow = Awaited<ReturnType<typeof auditQueries>[number]>[number];

/** Newest first. */
export async function listAudit(deps: Deps, tenantId: string, input: ListAudit): Promise<AuditList> {
	const [first, ...rest] = auditQueries(deps.db, tenantId, input);
	const found = first ? (await deps.db.batch([first, ...rest])).flat() : [];
	const rows = rest.length === 0 ? found : merged(found).slice(0, input.limit + 1);
	const page = paginate(rows, input.limit, ORDER, (row) => ({ value: row.at, id: row.id }));
	return {
		items: page.rows.map((row) => ({
			id: row.id,
			at: toTimestamp(row.at),
			// Only `auditEvent` writes the column, and it takes no other word.
			action: row.action as AuditAction,
			actor: row.actor,
			actor_email: row.actorEmail,
			key_id: row.keyId,
			key_name: row.keyName ?? recordedName(row.changes),
			// A key that is there has a name.
			key_deleted: row.keyId !== null && row.keyName === null,
			ip: row.ip,
			user_agent: row.userAgent,
			changes: row.changes,
		})),
		next_cursor: page.next_cursor,
	};
}

/** Every event once, newest first, as the statements order them. */
function merged(rows: readonly AuditRow[]): AuditRow[] {
	const once = [...new Map(rows.map((row) => [row.id, row])).values()];
	return once.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
}

/** The name of a key that is gone, where its event tells: making, renaming and deleting it do. */
function recordedName({ name }: Changes): string | null {
	for (const text of [name?.to, name?.from]) if (typeof text === "string") return text;
	return null;
}
