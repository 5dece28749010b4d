/**
 * A person's data in a tenant, found by their email: as members, as collaborators, as leads, and in the audit log. For requests of
 * people under privacy laws (GDPR, articles 15 and 17; LGPD, article 18). Both environments are covered.
 */
import { and, eq, gte, inArray, isNotNull, or, type SQL, sql } from "drizzle-orm";
import { type Author, auditEvent, createdWith } from "../../db/audit.ts";
import { runBatch } from "../../db/client.ts";
import { foldEmail } from "../../db/fold-email.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { activities, collaborators, leads, mergedCollaborators } from "../../db/product-schema.ts";
import { accessLinks, auditEvents, serviceState, sessions, userIdentities, users } from "../../db/schema.ts";
import { AppError } from "../errors.ts";
import { ADDRESSES_KEPT_MS } from "../keys/recent-callers.ts";
import { logEvent } from "../log.ts";
import type { PersonDeleted, PersonExport } from "../schemas/person.ts";
import { MINUTE_MS, toTimestampOrNull } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { type StoredRow, shown } from "./stored-rows.ts";

type PersonDeps = Pick<Deps, "db" | "product" | "now">;

/** Rows of one table in an export. More would not fit into one response. */
const ROWS_EXPORTED_MAX = 5_000;
/** Rows of one statement: D1 runs one statement at a time, so a long one would delay other requests. */
const ROWS_PER_STATEMENT = 500;
/** Statements of one deletion. What is left then needs another call. */
const STATEMENTS_MAX = 40;

/** Replaces the name and the email of a deleted person in the audit log. */
export const DELETED = "[deleted]";

/** Actions whose changes contain the name or the email of the person whom they are about. */
const ABOUT_PEOPLE = ["invite", "create", "join", "update", "remove", "deactivate", "reactivate"].map(
	(verb) => `member.${verb}`,
);
/**
 * The newest events of each of these actions that are read. No index leads to the email in an event, and an admin can cause any
 * number of events.
 */
const EVENTS_READ_MAX = 5_000;
/** Exports and deletions of a tenant in a minute: each costs as much as hundreds of other requests. */
const RUNS_PER_MINUTE = 20;

interface Person {
	tenantId: string;
	email: string;
	/** Ids of the accounts that they have or had in the tenant. */
	userIds: string[];
}

/** The text as SQL's `lower` makes it, which leaves letters outside of ASCII. */
const lowerAscii = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());

/** Ids as one parameter: D1 allows 100 parameters. */
const idsIn = (ids: readonly string[]) => sql`(select value from json_each(${JSON.stringify(ids)}))`;

async function findPerson({ db }: PersonDeps, tenantId: string, email: string): Promise<Person> {
	const [accounts, actors, targets] = await db.batch([
		db
			.select({ id: users.id })
			.from(users)
			.where(and(eq(users.tenantId, tenantId), eq(users.email, foldEmail(email)))),
		db
			.selectDistinct({ id: auditEvents.actor })
			.from(auditEvents)
			.where(and(byEmail(tenantId, email), sql`actor glob 'usr_*'`)),
		db
			.selectDistinct({ id: auditEvents.targetId })
			.from(auditEvents)
			.where(and(aboutPeople(tenantId), names(email))),
	]);
	const ids = [...accounts, ...actors, ...targets].flatMap(({ id }) => (id === null ? [] : [id]));
	return { tenantId, email, userIds: [...new Set(ids)] };
}

const byEmail = (tenantId: string, email: string) =>
	and(eq(auditEvents.tenantId, tenantId), sql`actor_email = ${email} collate nocase`);
const aboutPeople = (tenantId: string) => {
	// Not one `union all`: D1 allows five terms.
	const newest = ABOUT_PEOPLE.map(
		(action) => sql`${auditEvents}.rowid in (select rowid from ${auditEvents}
			where tenant_id = ${tenantId} and action = ${action} order by at desc limit ${sql.raw(String(EVENTS_READ_MAX))})`,
	);
	return sql`(${sql.join(newest, sql` or `)})`;
};
/** Whether the email is the one of an account that the event is about. */
const names = (email: string) =>
	sql`${lowerAscii(email)} in (lower(changes ->> '$.email.from'), lower(changes ->> '$.email.to'))`;

/** Whether an event was caused by the person. */
const causedBy = ({ tenantId, email, userIds }: Person): SQL | undefined =>
	or(byEmail(tenantId, email), and(eq(auditEvents.tenantId, tenantId), inArray(auditEvents.actor, idsIn(userIds))));
/** Whether an event is about the person. */
const isAbout = ({ tenantId, email, userIds }: Person): SQL | undefined =>
	and(aboutPeople(tenantId), or(names(email), inArray(auditEvents.targetId, idsIn(userIds))));

const collaboratorsOf = ({ tenantId, email }: Pick<Person, "tenantId" | "email">) =>
	sql`tenant_id = ${tenantId} and environment in ('live', 'test') and email_folded = ${foldEmail(email)}`;
const activitiesOf = (person: Person) =>
	sql`collaborator_id in (select id from ${collaborators} where ${collaboratorsOf(person)})`;
const mergedInto = (person: Person) =>
	sql`merged_into in (select id from ${collaborators} where ${collaboratorsOf(person)})`;
const leadsOf = ({ tenantId, email }: Person) =>
	sql`tenant_id = ${tenantId} and email is not null and lower(email) = ${lowerAscii(email)}`;

/** Counts an export or a deletion of the tenant. Throws `RATE_LIMITED` past the quota of a minute, which D1 counts exactly. */
async function countRun({ db, now }: PersonDeps, tenantId: string): Promise<void> {
	const minute = now - (now % MINUTE_MS);
	const counted = await db
		.insert(serviceState)
		.values({ name: runsRecord(tenantId), value: "1", updatedAt: minute })
		.onConflictDoUpdate({
			target: serviceState.name,
			set: {
				value: sql`case when ${serviceState.updatedAt} < ${minute} then '1' else cast(${serviceState.value} + 1 as text) end`,
				updatedAt: minute,
			},
			setWhere: sql`${serviceState.updatedAt} < ${minute} or cast(${serviceState.value} as integer) < ${RUNS_PER_MINUTE}`,
		})
		.returning({ name: serviceState.name });
	if (counted.length > 0) return;
	const retryAfter = Math.ceil((minute + MINUTE_MS - now) / 1_000);
	const message = `A tenant can export and delete people ${RUNS_PER_MINUTE} times a minute. Retry in the next minute.`;
	throw new AppError("RATE_LIMITED", message, { retryAfter });
}

const runsRecord = (tenantId: string) => `people: ${tenantId}`;

/** Forgets the count of a tenant that is deleted. */
export const forgetRuns = (db: PersonDeps["db"], tenantId: string) =>
	db.delete(serviceState).where(eq(serviceState.name, runsRecord(tenantId)));

/** Everything that the tenant stores about the person, without hashes. Leaves an event without the email. */
export async function exportPerson(
	deps: PersonDeps,
	author: Author,
	{ email }: { email: string },
): Promise<PersonExport> {
	const { db, product, now } = deps;
	await countRun(deps, author.tenantId);
	const person = await findPerson(deps, author.tenantId, email);
	const ofUser = inArray(sql`user_id`, idsIn(person.userIds));
	const queries: Record<string, [typeof db, SQL]> = {
		members: [db, sql`${users} where ${inArray(users.id, idsIn(person.userIds))}`],
		user_identities: [db, sql`${userIdentities} where ${ofUser}`],
		sessions: [db, sql`${sessions} where ${ofUser}`],
		access_links: [db, sql`${accessLinks} where ${ofUser}`],
		collaborators: [product, sql`${collaborators} where ${collaboratorsOf(person)}`],
		merged_collaborators: [product, sql`${mergedCollaborators} where ${mergedInto(person)}`],
		activities: [product, sql`${activities} where ${activitiesOf(person)}`],
		leads: [product, sql`${leads} where ${leadsOf(person)}`],
		audit_events: [db, sql`${auditEvents} where ${or(causedBy(person), isAbout(person))}`],
	};
	const tables: Record<string, StoredRow[]> = {};
	const cutOff: string[] = [];
	for (const [name, [database, from]] of Object.entries(queries)) {
		const rows = await database.all<StoredRow>(
			sql`select * from ${from} limit ${sql.raw(String(ROWS_EXPORTED_MAX + 1))}`,
		);
		if (rows.length > ROWS_EXPORTED_MAX) cutOff.push(name);
		tables[name] = rows.slice(0, ROWS_EXPORTED_MAX).map(shown);
	}
	const rows = Object.fromEntries(Object.entries(tables).map(([name, found]) => [name, found.length]));
	await runBatch(db, [insertAudit(db, auditEvent(author, "person.export", now, { changes: createdWith(rows) }))]);
	return { email, tables, cut_off: cutOff };
}

/**
 * Deletes the person. `CONFLICT` while they are a member: a member is removed first, which keeps the rule of the last owner. `CONFLICT`
 * for the caller's own email. Events of the audit log stay. Those that the person has caused lose the email once they are so old
 * that they have lost their IP addresses. Repeating it is harmless.
 */
export async function deletePerson(
	deps: PersonDeps,
	author: Author,
	{ email }: { email: string },
): Promise<PersonDeleted> {
	const { db, product, now } = deps;
	if (author.actorEmail !== null && foldEmail(author.actorEmail) === foldEmail(email))
		throw new AppError("CONFLICT", "This is your own email. Another admin of the tenant must delete you.");
	const isMember = await db.$count(users, and(eq(users.tenantId, author.tenantId), eq(users.email, foldEmail(email))));
	if (isMember > 0)
		throw new AppError("CONFLICT", "The person is a member. Remove the member first, then delete the person.");
	await countRun(deps, author.tenantId);
	const person = await findPerson(deps, author.tenantId, email);
	let statements = 0;
	/** Runs a statement until it changes nothing. Returns how many rows it has changed. */
	const all = async (database: typeof db, statement: SQL): Promise<number> => {
		for (let changed = 0; ; ) {
			if (statements++ >= STATEMENTS_MAX) return changed;
			// D1's own count would include rows that triggers change.
			const rows = await database.all(sql`${statement} returning 1`);
			changed += rows.length;
			if (rows.length === 0) return changed;
		}
	};
	const some = sql.raw(`limit ${ROWS_PER_STATEMENT}`);
	const remove = (
		table: typeof leads | typeof activities | typeof collaborators | typeof mergedCollaborators,
		of: SQL,
	) => all(product, sql`delete from ${table} where rowid in (select rowid from ${table} where ${of} ${some})`);
	// Children first, because of the foreign keys.
	const deleted = {
		activities: await remove(activities, activitiesOf(person)),
		merged_collaborators: await remove(mergedCollaborators, mergedInto(person)),
		collaborators: await remove(collaborators, collaboratorsOf(person)),
		leads: await remove(leads, leadsOf(person)),
	};
	// The author of an event stays known for as long as IP addresses are kept: an admin must not remove the traces of an attack.
	const oldest = now - ADDRESSES_KEPT_MS;
	let events = await all(
		db,
		sql`update ${auditEvents} set actor_email = null, ip = null, user_agent = null where rowid in (
			select rowid from ${auditEvents} where ${causedBy(person)} and at < ${oldest}
			and (actor_email is not null or ip is not null or user_agent is not null) ${some})`,
	);
	for (;;) {
		if (statements++ >= STATEMENTS_MAX) break;
		const cleaned = await cleanEvents(deps, person);
		events += cleaned;
		if (cleaned === 0) break;
	}
	const [newest] = await db
		.select({ at: sql<number | null>`max(${auditEvents.at})` })
		.from(auditEvents)
		.where(and(causedBy(person), gte(auditEvents.at, oldest), isNotNull(auditEvents.actorEmail)));
	const keptUntil = newest?.at == null ? null : newest.at + ADDRESSES_KEPT_MS;
	const digest = await personDigest(author.tenantId, email);
	const changes = createdWith({ ...deleted, audit_events: events, person: digest });
	await runBatch(db, [insertAudit(db, auditEvent(author, "person.delete", now, { changes }))]);
	// The log is outside of the databases: after a restore, it says whom to delete again.
	logEvent("person_deleted", { tenant_id: author.tenantId, person: digest });
	return {
		deleted,
		cleaned_audit_events: events,
		is_complete: statements < STATEMENTS_MAX,
		events_kept_until: toTimestampOrNull(keptUntil),
	};
}

/** SHA-256 of the tenant's id and the email. Only those who have the email can tell from it who the person is. */
export async function personDigest(tenantId: string, email: string): Promise<string> {
	const text = new TextEncoder().encode(`${tenantId}\n${foldEmail(email)}`);
	return Buffer.from(await crypto.subtle.digest("SHA-256", text)).toString("hex");
}

/** Replaces the name and the email in events about the person. Returns how many events it has changed. */
async function cleanEvents({ db }: PersonDeps, person: Person): Promise<number> {
	const found = await db
		.select({ id: auditEvents.id, changes: auditEvents.changes })
		.from(auditEvents)
		.where(and(isAbout(person), isNamed))
		.limit(ROWS_PER_STATEMENT);
	if (found.length === 0) return 0;
	const cleaned = found.map(({ id, changes }) => ({ id, changes: JSON.stringify(cleanedChanges(changes)) }));
	await db.run(
		sql`update ${auditEvents} set changes = cleaned.value ->> 'changes'
			from json_each(${JSON.stringify(cleaned)}) as cleaned where ${auditEvents.id} = cleaned.value ->> 'id'`,
	);
	return found.length;
}

/** Whether an event still has a name or an email that was not replaced. */
const isNamed = sql`(
	coalesce(changes ->> '$.email.from', ${DELETED}) <> ${DELETED} or coalesce(changes ->> '$.email.to', ${DELETED}) <> ${DELETED}
	or coalesce(changes ->> '$.name.from', ${DELETED}) <> ${DELETED} or coalesce(changes ->> '$.name.to', ${DELETED}) <> ${DELETED})`;

type StoredChanges = (typeof auditEvents.$inferSelect)["changes"];

function cleanedChanges(changes: StoredChanges): StoredChanges {
	const replaced = (value: unknown) => (value === null || value === undefined ? value : DELETED);
	return Object.fromEntries(
		Object.entries(changes).map(([field, { from, to }]) =>
			field === "email" || field === "name"
				? [field, { from: replaced(from), to: replaced(to) }]
				: [field, { from, to }],
		),
	);
}
