/**
 * Compares gates with D1 and repairs the difference, for `npm run reconcile` and after a tenant was created again. Every
 * repair is the gate's own, and leaves an event in the audit log.
 */
import { and, asc, eq, gt, inArray, isNull, lt, sql } from "drizzle-orm";
import { type Author, auditEvent, changesBetween } from "../../db/audit.ts";
import { runBatch } from "../../db/client.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { type LocationHint, toPlace } from "../../db/places.ts";
import { apiKeys, managementTokens, tenants, unlistedKeys } from "../../db/schema.ts";
import type { GateReport } from "../gate/protocol.ts";
import { logError } from "../log.ts";
import type {
	OpenTokens,
	Reconciled,
	ReconcileKeys,
	ReconcileObjects,
	ReconcilePage,
	RevokeTokens,
} from "../schemas/reconcile.ts";
import { toTimestamp } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { callAddedMethod } from "./gates.ts";

/** Gates that are called at once: the platform lets a request have six connections. */
const AT_ONCE = 6;
/** Keys that are listed while a tenant is created. `npm run reconcile` lists the others. */
const LISTED_WITH_TENANT = 50;
/** Tokens of one portion. */
const TOKENS_AT_ONCE = 40;

/** The next keys that D1 knows, in the order of their ids, those without a tenant included. */
export async function reconcileKeys(deps: Deps, { after, limit, dry_run }: ReconcileKeys): Promise<ReconcilePage> {
	const { db, gates } = deps;
	// With the place of the tenant: comparing a key that was never used creates its gate.
	const page = await db.all<{ id: string; hint: LocationHint | null }>(sql`
		select page.id, tenants.location_hint as hint from (
			select id, tenant_id from (select id, tenant_id from ${apiKeys} where id > ${after} order by id limit ${limit})
			union select key_id, tenant_id
				from (select key_id, tenant_id from ${unlistedKeys} where key_id > ${after} order by key_id limit ${limit})
			order by id limit ${limit}
		) page left join ${tenants} on tenants.id = page.tenant_id order by page.id`);
	const ids = page.map(({ id }) => id);
	const items = await eachAtOnce(page, ({ id, hint }) =>
		reconciled(id, () => gates.getByName(id, toPlace(hint)).reconcile(id, dry_run)),
	);
	return { items, next_after: ids.length < limit ? null : (ids.at(-1) ?? null) };
}

/** Objects by their own ids, as Cloudflare lists them. An object knows its key and its tenant. */
export async function reconcileObjects(
	{ gates }: Deps,
	{ object_ids, dry_run }: ReconcileObjects,
): Promise<ReconcilePage> {
	const items = await eachAtOnce(object_ids, (objectId) =>
		reconciled(null, () => gates.get(gates.idFromString(objectId)).reconcile(null, dry_run)),
	);
	return { items, next_after: null };
}

/** Lists the keys of a tenant that was created again. Those that are not reached are listed with their next use. */
export async function listKeysAgain({ db, gates }: Deps, tenantId: string): Promise<void> {
	const lost = await db
		.select({ id: unlistedKeys.keyId })
		.from(unlistedKeys)
		.where(eq(unlistedKeys.tenantId, tenantId))
		.limit(LISTED_WITH_TENANT);
	await eachAtOnce(lost, ({ id }) => reconciled(id, () => gates.getByName(id).reconcile(id, false)));
}

async function reconciled(keyId: string | null, call: () => Promise<GateReport>): Promise<Reconciled> {
	try {
		const report = await callAddedMethod(call);
		return {
			key_id: report.keyId,
			tenant_id: report.tenantId,
			outcome: report.outcome,
			repaired: report.isRepaired,
		};
	} catch (error) {
		logError("A gate could not be compared with D1", error);
		return { key_id: keyId, tenant_id: null, outcome: "failed", repaired: false };
	}
}

async function eachAtOnce<T, R>(inputs: readonly T[], act: (input: T) => Promise<R>): Promise<R[]> {
	const results: R[] = [];
	let next = 0;
	async function work(): Promise<void> {
		for (let index = next++; index < inputs.length; index = next++)
			// The index is below the length.
			results[index] = await act(inputs[index] as T);
	}
	await Promise.all(Array.from({ length: AT_ONCE }, work));
	return results;
}

/**
 * The next management tokens that are valid and were created before `created_before`, in the order of their ids. One that was
 * revoked after the backup is valid again, and nothing but D1 knew of the revocation. `revoke` ends them.
 */
export async function openTokens(
	{ db, now }: Deps,
	author: Omit<Author, "tenantId">,
	{ created_before, after, revoke }: RevokeTokens,
): Promise<OpenTokens> {
	const rows = await db
		.select()
		.from(managementTokens)
		.where(
			and(
				gt(managementTokens.id, after),
				lt(managementTokens.createdAt, Date.parse(created_before)),
				gt(managementTokens.expiresAt, now),
				isNull(managementTokens.revokedAt),
			),
		)
		.orderBy(asc(managementTokens.id))
		.limit(TOKENS_AT_ONCE);
	if (revoke && rows.length > 0) {
		const ids = rows.map(({ id }) => id);
		const changes = changesBetween({ revoked_at: null }, { revoked_at: toTimestamp(now) });
		await runBatch(db, [
			db
				.update(managementTokens)
				.set({ revokedAt: now, revokedBy: author.actor })
				.where(and(inArray(managementTokens.id, ids), isNull(managementTokens.revokedAt))),
			// The id of the event is that of the token, so that of two revocations at once the first is recorded.
			...rows.map(({ id, tenantId }) =>
				insertAudit(db, {
					...auditEvent({ ...author, tenantId }, "token.revoke", now, { targetId: id, changes }),
					id: `evt_revoke_${id}`,
				}),
			),
		]);
	}
	return {
		items: rows.map((row) => ({
			id: row.id,
			tenant_id: row.tenantId,
			name: row.name,
			created_at: toTimestamp(row.createdAt),
			last_used_at: row.lastUsedAt === null ? null : toTimestamp(row.lastUsedAt),
		})),
		next_after: rows.length < TOKENS_AT_ONCE ? null : (rows.at(-1)?.id ?? null),
	};
}
