/**
 * Suspending and resuming a tenant. D1 is first: from then on no key can be added. Then every gate of the tenant is told, by
 * a sweep. `docs/decisions/suspending-tenants.md` says why this admits nothing late.
 */
import { and, eq, isNotNull, isNull, sql } from "drizzle-orm";
import { type Author, auditEvent, changesBetween } from "../../db/audit.ts";
import { runBatch } from "../../db/client.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { tenants } from "../../db/schema.ts";
import { AppError } from "../errors.ts";
import type { ResumeTenant, SuspendTenant, Tenant } from "../schemas/tenant.ts";
import { toTimestampOrNull } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { beginSweep, workOnSweep } from "./gate-sweeps.ts";
import { findRow, getTenant, toTenant } from "./tenants.ts";

/** How long a request works on its sweep. The typed client waits for a response for 10 seconds. */
const WORK_MS = 8_000;

/**
 * Suspends a tenant, or continues to. Once the state is `suspended`, no key of the tenant is admitted any more. A tenant with
 * many keys is `suspending` until every gate has acknowledged. `NOT_FOUND` for an unknown tenant.
 */
export async function suspendTenant(
	deps: Deps,
	author: Omit<Author, "tenantId">,
	{ id, reason }: SuspendTenant,
): Promise<Tenant> {
	return changeState(deps, author, { id, reason }, deps.now);
}

/** Resumes a tenant, or continues to. `NOT_FOUND` for an unknown tenant. */
export async function resumeTenant(
	deps: Deps,
	author: Omit<Author, "tenantId">,
	{ id }: ResumeTenant,
): Promise<Tenant> {
	return changeState(deps, author, { id }, null);
}

async function changeState(
	deps: Deps,
	author: Omit<Author, "tenantId">,
	{ id, reason }: SuspendTenant,
	suspendedAt: number | null,
): Promise<Tenant> {
	const { db, now } = deps;
	const found = await findRow(deps, id);
	const { tenant } = found;
	// A tenant that will be deleted, or is, stays suspended.
	if (tenant.deleteAfter !== null) {
		if (suspendedAt !== null) return toTenant(found);
		throw new AppError("CONFLICT", "The tenant will be deleted, or is. Cancel the deletion before you resume it.");
	}
	if ((tenant.suspendedAt === null) !== (suspendedAt === null)) {
		// At least the time: after a restore of D1, no gate has a higher number.
		const suspensionNo = Math.max(tenant.suspensionNo + 1, now);
		const changes = changesBetween(
			{ suspended_at: toTimestampOrNull(tenant.suspendedAt), reason: null },
			{ suspended_at: toTimestampOrNull(suspendedAt), reason: reason ?? null },
		);
		const action = suspendedAt === null ? "tenant.resume" : "tenant.suspend";
		await runBatch(db, [
			// Two requests at once may both find the old state. The second one changes nothing more.
			db
				.update(tenants)
				.set({ suspendedAt, suspensionNo })
				.where(
					and(
						eq(tenants.id, id),
						suspendedAt === null ? isNotNull(tenants.suspendedAt) : isNull(tenants.suspendedAt),
						sql`${tenants.suspensionNo} < ${suspensionNo}`,
					),
				),
			...beginSweep(deps, { tenantId: id, kind: suspendedAt === null ? "resume" : "suspend", suspensionNo }),
			insertAudit(db, auditEvent({ ...author, tenantId: id }, action, now, { changes })),
		]);
	}
	await workOnSweep(deps, id, { forMs: WORK_MS });
	return getTenant(deps, id);
}
