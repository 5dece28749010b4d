/** Reading the audit trail of a tenant. */
import { and, desc, eq, getTableColumns, type SQL, sql } from "drizzle-orm";
import type { SQLiteColumn } from "drizzle-orm/sqlite-core";
import type { Changes } from "../../db/audit.ts";
import { apiKeys, auditEvents, users } from "../../db/schema.ts";
import type { AuditAction, AuditList, ListAudit } from "../schemas/audit.ts";
import { toTimestamp } from "../schemas/common.ts";
import { decodeCursor, paginate } from "./cursor.ts";
import type { Deps } from "./deps.ts";

const ORDER = "audit";

/**
 * The statements behind {@link listAudit}, each of a page and one row more. An actor by email address takes several:
 * one statement that looks for either would have to read and sort everything that the person ever did.
 *
 * Of several filters the rarest is looked up and the others are checked, which is left to no guess of the planner: a
 * unary plus keeps a column out of its choice, and `likely` keeps it from taking a span of time for rarer than a key.
 */
export function auditQueries(db: Deps["db"], tenantId: string, input: ListAudit) {
	const after = decodeCursor(ORDER, input.cursor, "number");
	const from = input.from === undefined ? undefined : Date.parse(input.from);
	// An index takes one upper bound. Where the cursor is the lower one, the other would have every page read again.
	const until = input.to === undefined ? undefined : Date.parse(input.to);
	const to = until !== undefined && after && after.value < until ? undefined : until;
	const byKey = input.key_id !== undefined;
	return actorConditions(tenantId, input.actor, byKey ? checked : lookedUp).map((byActor) =>
		db
			.select({ ...getTableColumns(auditEvents), keyName: apiKeys.name })
			.from(auditEvents)
			.leftJoin(apiKeys, and(eq(apiKeys.id, auditEvents.keyId), eq(apiKeys.tenantId, auditEvents.tenantId)))
			.where(
				and(
					eq(auditEvents.tenantId, tenantId),
					input.key_id === undefined ? undefined : eq(auditEvents.keyId, input.key_id),
					byActor,
					input.action === undefined
						? undefined
						: sql`${(byKey || byActor ? checked : lookedUp)(auditEvents.action)} = ${input.action}`,
					from === undefined ? undefined : sql`likely(${auditEvents.at} >= ${from})`,
					to === undefined ? undefined : sql`likely(${auditEvents.at} < ${to})`,
					after ? sql`(${auditEvents.at}, ${auditEvents.id}) < (${after.value}, ${after.id})` : undefined,
				),
			)
			.orderBy(desc(auditEvents.at), desc(auditEvents.id))
			.limit(input.limit + 1),
	);
}

const lookedUp = (column: SQLiteColumn): SQL => sql`${column}`;
const checked = (column: SQLiteColumn): SQL => sql`+${column}`;

/**
 * Every way in which an event can be of the actor. An address is that of a user here, whose events may lack it where
 * their token did; or of somebody who has no account here, whose events carry it; or it is an identity provider's id.
 */
function actorConditions(
	tenantId: string,
	actor: string | undefined,
	column: (column: SQLiteColumn) => SQL,
): (SQL | undefined)[] {
	if (actor === undefined) return [undefined];
	const byId = sql`${column(auditEvents.actor)} = ${actor}`;
	if (!actor.includes("@")) return [byId];
	const email = actor.toLowerCase();
	return [
		byId,
		sql`${column(auditEvents.actor)} = (
			select ${users.id} from ${users} where ${users.email} = ${email} and ${users.tenantId} = ${tenantId}
		)`,
		sql`${column(auditEvents.actorEmail)} = ${email} collate nocase`,
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
