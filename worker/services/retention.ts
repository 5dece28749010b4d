/**
 * Deletes rows whose time is over, so that no table grows for ever. A run deletes a limited number, and the next run
 * continues. A run that dies half-way has lost nothing.
 */
import { type SQL, sql } from "drizzle-orm";
import {
	accessLinks,
	apiKeys,
	auditEvents,
	idempotencyKeys,
	jobs,
	managementTokens,
	sessions,
	tenants,
	usageDaily,
	usageHourly,
	users,
} from "../../db/schema.ts";
import { ATTEMPT_KEPT_MS } from "../gate/protocol.ts";
import { DAY_MS } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";

/** A year and a month: `keys.usage` shows 366 days at most. */
export const USAGE_KEPT_DAYS = 400;
/** Two years: one more than SOC 2 and ISO 27001 audits look back on. */
export const AUDIT_KEPT_DAYS = 730;

/** Three months after the job last changed: its result is in the audit trail of its keys too. */
export const JOBS_KEPT_DAYS = 90;

/** Three months after the token has ended: it is in the audit trail too. */
export const TOKENS_KEPT_DAYS = 90;

/** Rows of one statement. D1 runs one statement at a time, so a long one would delay other requests. */
const ROWS_PER_STATEMENT = 1_000;
/** Statements of one run on one table: after a long pause, a run must still end before the platform ends it. */
const STATEMENTS_MAX = 50;

/** Rows deleted, by table, and whether the next run has more to delete. */
export interface RolledOff {
	usage_hourly: number;
	usage_daily: number;
	audit_events: number;
	sessions: number;
	idempotency_keys: number;
	jobs: number;
	access_links: number;
	management_tokens: number;
	more: boolean;
}

/**
 * The statements, each of which deletes some rows that are too old. They find them key by key or tenant by tenant,
 * because the indexes start with those columns. Jobs and management tokens are found by their creation, which is never after
 * their last change or end: a tenant has about a hundred, so no other index is needed.
 */
export function rollOffStatements(now: number): Record<Exclude<keyof RolledOff, "more">, SQL> {
	const some = sql.raw(`limit ${ROWS_PER_STATEMENT}`);
	return {
		usage_hourly: sql`delete from ${usageHourly} where rowid in (
			select old.rowid from ${apiKeys} cross join ${usageHourly} old
			on old.key_id = ${apiKeys.id} and old.hour < ${now - USAGE_KEPT_DAYS * DAY_MS} ${some})`,
		usage_daily: sql`delete from ${usageDaily} where rowid in (
			select old.rowid from ${apiKeys} cross join ${usageDaily} old
			on old.key_id = ${apiKeys.id} and old.day <= ${now - (USAGE_KEPT_DAYS + 1) * DAY_MS} ${some})`,
		audit_events: sql`delete from ${auditEvents} where rowid in (
			select old.rowid from ${tenants} cross join ${auditEvents} old
			on old.tenant_id = ${tenants.id} and old.at < ${now - AUDIT_KEPT_DAYS * DAY_MS} ${some})`,
		sessions: sql`delete from ${sessions} where rowid in (
			select old.rowid from ${users} cross join ${sessions} old
			on old.user_id = ${users.id} and old.expires_at <= ${now} ${some})`,
		idempotency_keys: sql`delete from ${idempotencyKeys} where rowid in (
			select old.rowid from ${tenants} cross join ${idempotencyKeys} old
			on old.tenant_id = ${tenants.id} and old.created_at <= ${now - ATTEMPT_KEPT_MS} ${some})`,
		jobs: sql`delete from ${jobs} where rowid in (
			select old.rowid from ${tenants} cross join ${jobs} old
			on old.tenant_id = ${tenants.id} and old.created_at < ${now - JOBS_KEPT_DAYS * DAY_MS}
			and old.updated_at < ${now - JOBS_KEPT_DAYS * DAY_MS} ${some})`,
		access_links: sql`delete from ${accessLinks} where rowid in (
			select old.rowid from ${accessLinks} old where old.expires_at <= ${now} ${some})`,
		management_tokens: sql`delete from ${managementTokens} where rowid in (
			select old.rowid from ${tenants} cross join ${managementTokens} old
			on old.tenant_id = ${tenants.id} and old.created_at < ${now - TOKENS_KEPT_DAYS * DAY_MS}
			and (old.expires_at < ${now - TOKENS_KEPT_DAYS * DAY_MS} or old.revoked_at < ${now - TOKENS_KEPT_DAYS * DAY_MS})
			${some})`,
	};
}

/** Deletes the rows that are too old at `now`. Running it twice, or twice at once, does no harm. */
export async function rollOff({ db, now }: Pick<Deps, "db" | "now">): Promise<RolledOff> {
	const done: RolledOff = {
		usage_hourly: 0,
		usage_daily: 0,
		audit_events: 0,
		sessions: 0,
		idempotency_keys: 0,
		jobs: 0,
		access_links: 0,
		management_tokens: 0,
		more: false,
	};
	for (const [table, statement] of Object.entries(rollOffStatements(now))) {
		let deleted = ROWS_PER_STATEMENT;
		for (let turn = 0; turn < STATEMENTS_MAX && deleted === ROWS_PER_STATEMENT; turn++) {
			const { meta } = await db.run(statement);
			deleted = meta.changes;
			// The names of the statements are those of the counts.
			done[table as Exclude<keyof RolledOff, "more">] += deleted;
		}
		if (deleted === ROWS_PER_STATEMENT) done.more = true;
	}
	return done;
}
