/**
 * Suspending and resuming a tenant. D1 changes first: from then on no key can be added. Then a sweep calls every gate of the
 * tenant. `docs/decisions/suspending-tenants.md` says why this admits nothing late.
 */
import { and, eq } from "drizzle-orm";
import { type Author, auditEvent, changesBetween } from "../../db/audit.ts";
import { insertRows } from "../../db/client.ts";
import { auditEvents, tenants } from "../../db/schema.ts";
import { AppError } from "../errors.ts";
import type { ResumeTenant, SuspendTenant, Tenant } from "../schemas/tenant.ts";
import { toTimestampOrNull } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { beginSweep, workOnSweep } from "./gate-sweeps.ts";
import { findRow, getTenant, hasDeletionBegun, isUnchanged, toTenant } from "./tenants.ts";

/** How long a request works on its sweep. The typed client waits for a response for 10 seconds. */
const WORK_MS = 8_000;

/**
 * Suspends a tenant, or continues to. If it is suspended already, calls every gate again. Once the state is `suspended`, no
 * key of the tenant is admitted any more. A tenant with many keys is `suspending` until every gate has acknowledged.
 * `NOT_FOUND` for an unknown tenant, `CONFLICT` for an active one that will be deleted.
 */
export async function suspendTenant(
	deps: Deps,
	author: Omit<Author, "tenantId">,
	{ id, reason }: SuspendTenant,
): Promise<Tenant> {
	return changeState(deps, author, { id, reason }, "suspend");
}

/**
 * Resumes a tenant, or continues to. If it is active already, calls every gate again. `NOT_FOUND` for an unknown tenant,
 * `CONFLICT` for one that will be deleted.
 */
export async function resumeTenant(
	deps: Deps,
	author: Omit<Author, "tenantId">,
	{ id }: ResumeTenant,
): Promise<Tenant> {
	return changeState(deps, author, { id }, "resume");
}

async function changeState(
	deps: Deps,
	author: Omit<Author, "tenantId">,
	{ id, reason }: SuspendTenant,
	kind: "suspend" | "resume",
): Promise<Tenant> {
	const { db, now } = deps;
	const found = await findRow(deps, id);
	const { tenant } = found;
	const isSuspended = tenant.suspendedAt !== null;
	// A tenant that will be deleted, or is, stays suspended.
	if (tenant.deleteAfter !== null && (kind === "resume" || !isSuspended))
		throw new AppError("CONFLICT", `The tenant will be deleted, or is. Cancel the deletion before you ${kind} it.`);
	if (hasDeletionBegun(found)) return toTenant(found);
	const isChange = isSuspended !== (kind === "suspend");
	// A repetition continues the sweep. If none is in progress, it begins one: after a restore of D1, the gates may know
	// another state than D1 does.
	if (isChange || found.sweep === null) {
		// At least the time: after a restore of D1, no gate has a higher number.
		const suspensionNo = Math.max(tenant.suspensionNo + 1, now);
		const suspendedAt = kind === "resume" ? null : (tenant.suspendedAt ?? now);
		const changes = changesBetween(
			{ suspended_at: toTimestampOrNull(tenant.suspendedAt), reason: null },
			{ suspended_at: toTimestampOrNull(suspendedAt), reason: reason ?? null },
		);
		const event = auditEvent({ ...author, tenantId: id }, `tenant.${kind}`, now, { changes });
		const unchanged = isUnchanged(found);
		const [, , , changed] = await db.batch([
			insertRows(db, auditEvents, [event], () => unchanged),
			...beginSweep(deps, { tenantId: id, kind, suspensionNo }, unchanged),
			db
				.update(tenants)
				.set({ suspendedAt, suspensionNo })
				.where(and(eq(tenants.id, id), unchanged))
				.returning({ id: tenants.id }),
		]);
		// Another request was faster: start again from the state that it left.
		if (changed.length === 0) return changeState(deps, author, { id, reason }, kind);
	}
	await workOnSweep(deps, id, { forMs: WORK_MS });
	return getTenant(deps, id);
}
