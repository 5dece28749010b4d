/** Reading the audit trail of a tenant. */
import { and, type SQL, sql } from "drizzle-orm";
import type { Changes } from "../../db/audit.ts";
import { type Bind, bindOnce } from "../../db/bind-once.ts";
import { columnsOf } from "../../db/client.ts";
import { AUDIT_ACTIONS, type AuditAction } from "../../db/enums.ts";
import { mergedRanges } from "../../db/ordered-union.ts";
import { auditEvents, users } from "../../db/schema.ts";
import type { AuditList, ListAudit } from "../schemas/audit.ts";
import { toTimestamp } from "../schemas/time.ts";
import { decodeCursor, isCursorOf, paginate } from "./cursor.ts";
import type { Deps } from "./deps.ts";

const ORDER = "audit";
/** The cursor's order for a page that was found by part of an email, so that the next page searches in the same way. */
const PART_ORDER = "audit by part";

const NEWEST_FIRST = sql`at desc, id desc`;

/** How an event can belong to an actor, and the index that knows it. */
interface Actor {
	condition: (bind: Bind) => SQL;
	by: "actor" | "email";
}

/** Most emails of a tenant's trail that a part is compared with, in alphabetical order. */
const EMAILS_MAX = 1_000;
/** Most emails that a part can match. Each takes a statement. */
const MATCHES_MAX = 10;

type Position = ReturnType<typeof decodeCursor<"number">>;

/**
 * The statements of a page, one for each way in which an event can belong to the actor, and each with one row more than
 * the page. A single statement for all of them would read and sort everything that the person ever did.
 *
 * Key, actor and action select one range of an index, in any combination. A span of time narrows the same range.
 */
function auditQueries(
	db: Deps["db"],
	tenantId: string,
	input: ListAudit,
	after: Position,
	actors: readonly (Actor | undefined)[],
) {
	const from = input.from === undefined ? undefined : Date.parse(input.from);
	// An index takes one upper bound. Where the cursor is the lower one, the other would have every page read again.
	const until = input.to === undefined ? undefined : Date.parse(input.to);
	const to = until !== undefined && after && after.value < until ? undefined : until;
	return actors.map((actor) => {
		const { bind, values } = bindOnce(db);
		const tenant = bind(tenantId);
		const all = and(
			sql`tenant_id = ${tenant}`,
			input.key_id === undefined ? undefined : sql`key_id = ${bind(input.key_id)}`,
			actor?.condition(bind),
			from === undefined ? undefined : sql`at >= ${bind(from)}`,
			to === undefined ? undefined : sql`at < ${bind(to)}`,
			after ? sql`(at, id) < (${bind(after.value)}, ${bind(after.id)})` : undefined,
		);
		const columns = [...(input.key_id === undefined ? [] : ["key"]), ...(actor ? [actor.by] : [])];
		// The condition is repeated for each action.
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
			.with(values())
			.select({
				...columnsOf(auditEvents),
				keyName: sql<string | null>`(select name from api_keys where id = key_id and tenant_id = ${tenant})`,
				targetName: sql<string | null>`coalesce(
					(select email from users where id = target_id and tenant_id = ${tenant}),
					(select name from management_tokens where id = target_id and tenant_id = ${tenant})
				)`,
			})
			.from(
				sql`(
					select * from (${mergedRanges(ranges, NEWEST_FIRST)}) order by ${NEWEST_FIRST} limit ${input.limit + 1}
				) as audit_events`,
			);
	});
}

const byEmail = (email: string): Actor => ({
	condition: (bind) => sql`actor_email = ${bind(email)} collate nocase`,
	by: "email",
});

/**
 * Every way in which an event can belong to the actor that is named in full. An email can be that of a user here, whose
 * events may lack it because their token did. It can be that of a person without an account here, whose events have it.
 * Or it is the id that an identity provider uses.
 */
function actorsOf(tenantId: string, actor: string | undefined): (Actor | undefined)[] {
	if (actor === undefined) return [undefined];
	const byId: Actor = { condition: (bind) => sql`actor = ${bind(actor)}`, by: "actor" };
	if (!actor.includes("@")) return [byId];
	const email = actor.toLowerCase();
	const user = (bind: Bind) =>
		sql`(select id from ${users} where email = ${bind(email)} and tenant_id = ${bind(tenantId)})`;
	return [byId, { condition: (bind) => sql`actor = ${user(bind)}`, by: "actor" }, byEmail(email)];
}

/** Whether the text can be part of an email, and is neither a whole email nor an id of this service. */
const isPart = (actor: string) =>
	/[\p{L}\p{N}].*[\p{L}\p{N}]/u.test(actor) && !/^(usr_|tok_|service_role$|system$)|.@.+\../.test(actor);

/** The tenant's actors whose email contains the text. Reads one entry of the index for each email, not for each event. */
async function actorsLike(db: Deps["db"], tenantId: string, part: string): Promise<Actor[]> {
	const next = (beyond: SQL) => sql`
		select actor_email from ${auditEvents} indexed by audit_events_by_email
		where tenant_id = ${tenantId} and ${beyond} order by actor_email collate nocase limit 1`;
	const rows = await db.all<{ email: string }>(sql`
		with recursive emails(email) as (
			select * from (${next(sql`actor_email collate nocase > ''`)})
			union all
			select (${next(sql`actor_email collate nocase > email`)}) from emails where email is not null
			limit ${sql.raw(String(EMAILS_MAX))}
		)
		select email from emails where instr(lower(email), ${part.toLowerCase()}) > 0 limit ${sql.raw(String(MATCHES_MAX))}`);
	return rows.map(({ email }) => byEmail(email));
}

type AuditRow = Awaited<ReturnType<typeof auditQueries>[number]>[number];

/**
 * Newest first. An actor is searched by id and by whole email first. If there are no events, the text is treated as part
 * of an email.
 */
export async function listAudit(deps: Deps, tenantId: string, input: ListAudit): Promise<AuditList> {
	const { actor } = input;
	const continuesPart = input.cursor !== undefined && isCursorOf(PART_ORDER, input.cursor);
	const exact = continuesPart ? [] : await read(deps.db, tenantId, input, ORDER, actorsOf(tenantId, actor));
	const byPart =
		actor !== undefined && isPart(actor) && exact.length === 0 && (continuesPart || input.cursor === undefined);
	const rows = byPart
		? await read(deps.db, tenantId, input, PART_ORDER, await actorsLike(deps.db, tenantId, actor))
		: exact;
	const page = paginate(rows, input.limit, byPart ? PART_ORDER : ORDER, (row) => ({ value: row.at, id: row.id }));
	return {
		items: page.rows.map((row) => ({
			id: row.id,
			at: toTimestamp(row.at),
			// Only `auditEvent` writes the column, and it takes no other word.
			action: row.action as AuditAction,
			actor: row.actor,
			actor_email: row.actorEmail,
			key_id: row.keyId,
			key_name: row.keyName ?? (row.keyId === null ? null : recorded("name", row.changes)),
			// A key that exists has a name.
			key_deleted: row.keyId !== null && row.keyName === null,
			ip: row.ip,
			user_agent: row.userAgent,
			target_id: row.targetId,
			target_name: row.targetName ?? (row.targetId === null ? null : recordedTarget(row.changes)),
			changes: row.changes,
		})),
		next_cursor: page.next_cursor,
	};
}

/** The rows of a page, each once, and one row more. */
async function read(
	db: Deps["db"],
	tenantId: string,
	input: ListAudit,
	order: string,
	actors: readonly (Actor | undefined)[],
): Promise<AuditRow[]> {
	const after = decodeCursor(order, input.cursor, "number");
	const [first, ...rest] = auditQueries(db, tenantId, input, after, actors);
	const found = first ? (await db.batch([first, ...rest])).flat() : [];
	if (rest.length === 0) return found;
	const once = [...new Map(found.map((row) => [row.id, row])).values()];
	return once.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).slice(0, input.limit + 1);
}

const recordedTarget = (changes: Changes) => recorded("email", changes) ?? recorded("name", changes);

/** What the event itself says about an object that is gone: creation, renaming and deletion contain its name. */
function recorded(field: "name" | "email", { [field]: change }: Changes): string | null {
	for (const text of [change?.to, change?.from]) if (typeof text === "string") return text;
	return null;
}
