/**
 * Compares gates with D1 and repairs the difference, for `npm run reconcile` and after a tenant was created again. Every
 * repair is the gate's own, and leaves an event in the audit log.
 */
import { and, asc, eq, gt, inArray, isNull, lt, sql } from "drizzle-orm";
import { type Author, auditEvent, changesBetween, createdWith } from "../../db/audit.ts";
import { insertRows, runBatch } from "../../db/client.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { type LocationHint, toPlace } from "../../db/places.ts";
import { apiKeys, auditEvents, managementTokens, tenants, unlistedKeys } from "../../db/schema.ts";
import type { GateReport, Suspension } from "../gate/protocol.ts";
import { logError } from "../log.ts";
import type {
	OpenTokens,
	Reconciled,
	ReconcileKeys,
	ReconcileObjects,
	ReconcilePage,
	RevokeTokens,
} from "../schemas/reconcile.ts";
import { toTimestamp, toTimestampOrNull } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { eachGate } from "./each-gate.ts";
import { beginSweep } from "./gate-sweeps.ts";
import { callAddedMethod } from "./gates.ts";

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
	const found = await eachGate(page, ({ id, hint }) =>
		reconciled(id, () => gates.getByName(id, toPlace(hint)).reconcile(id, dry_run)),
	);
	const suspensions = await takeOverSuspensions(deps, found, dry_run);
	return {
		items: found.map(({ item }) => item),
		suspensions,
		next_after: ids.length < limit ? null : (ids.at(-1) ?? null),
	};
}

/** Objects by their own ids, as Cloudflare lists them. An object knows its key and its tenant. */
export async function reconcileObjects(deps: Deps, { object_ids, dry_run }: ReconcileObjects): Promise<ReconcilePage> {
	const { gates } = deps;
	const found = await eachGate(object_ids, (objectId) =>
		reconciled(null, () => gates.get(gates.idFromString(objectId)).reconcile(null, dry_run)),
	);
	const suspensions = await takeOverSuspensions(deps, found, dry_run);
	return { items: found.map(({ item }) => item), suspensions, next_after: null };
}

/**
 * Takes over suspensions and resumptions that gates know and D1 has lost, and begins the sweep again: a gate that was not
 * called yet would take the lost state from D1. A tenant that is being deleted stays as it is.
 */
async function takeOverSuspensions(
	deps: Deps,
	found: readonly Compared[],
	isDryRun: boolean,
): Promise<ReconcilePage["suspensions"]> {
	const { db, now } = deps;
	const latest = new Map<string, Suspension>();
	for (const { item, suspension } of found)
		if (item.tenant_id !== null && suspension && suspension.no > (latest.get(item.tenant_id)?.no ?? 0))
			latest.set(item.tenant_id, suspension);
	const taken: ReconcilePage["suspensions"] = [];
	for (const [tenantId, { no, at }] of latest) {
		const isLost = sql`exists (select 1 from ${tenants} lost where lost.id = ${tenantId} and lost.suspension_no < ${no}
			and lost.deleted_at is null and lost.delete_after is null)`;
		const kind = at === null ? "resume" : "suspend";
		const author: Author = { tenantId, actor: "system", actorEmail: null, ip: null, userAgent: null };
		const reason = "The database had lost what the gates know";
		const changes = createdWith({ suspended_at: toTimestampOrNull(at), reason });
		const event = auditEvent(author, `tenant.${kind}`, now, { changes });
		const [lost] = await db.all<{ is_lost: number }>(sql`select ${isLost} as is_lost`);
		if (!lost?.is_lost) continue;
		taken.push({ tenant_id: tenantId, suspended: at !== null });
		if (isDryRun) continue;
		await runBatch(db, [
			insertRows(db, auditEvents, [event], () => isLost),
			...beginSweep(deps, { tenantId, kind, suspensionNo: no }, isLost),
			db
				.update(tenants)
				.set({ suspendedAt: at, suspensionNo: no })
				.where(and(eq(tenants.id, tenantId), isLost)),
		]);
	}
	return taken;
}

/** Lists the keys of a tenant that was created again. Those that are not reached are listed with their next use. */
export async function listKeysAgain({ db, gates }: Deps, tenantId: string): Promise<void> {
	const lost = await db
		.select({ id: unlistedKeys.keyId })
		.from(unlistedKeys)
		.where(eq(unlistedKeys.tenantId, tenantId))
		.limit(LISTED_WITH_TENANT);
	await eachGate(lost, ({ id }) => reconciled(id, () => gates.getByName(id).reconcile(id, false)));
}

interface Compared {
	item: Reconciled;
	suspension?: Suspension | undefined;
}

async function reconciled(keyId: string | null, call: () => Promise<GateReport>): Promise<Compared> {
	try {
		const report = await callAddedMethod(call);
		const { keyId: key_id, tenantId: tenant_id, outcome, isRepaired: repaired, suspension } = report;
		return { item: { key_id, tenant_id, outcome, repaired }, suspension };
	} catch (error) {
		logError("A gate could not be compared with D1", error);
		return { item: { key_id: keyId, tenant_id: null, outcome: "failed", repaired: false } };
	}
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
