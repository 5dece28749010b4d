/** The tenant that the platform's `service_role` key acts in. Every other credential is bound to its own tenant. */
import { eq } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { tenants } from "../../db/schema.ts";
import { AppError } from "../errors.ts";

/**
 * Throws `NOT_FOUND` unless the tenant exists, and `CONFLICT` for a change in one whose deletion has begun: a row that is
 * written meanwhile could be left behind.
 */
export async function requireTenant(db: Database, tenantId: string, isChange: boolean, now: number): Promise<void> {
	const [tenant] = await db.select({ deleteAfter: tenants.deleteAfter }).from(tenants).where(eq(tenants.id, tenantId));
	if (!tenant) throw new AppError("NOT_FOUND", "Tenant not found.");
	if (isChange && tenant.deleteAfter !== null && tenant.deleteAfter <= now)
		throw new AppError("CONFLICT", "The tenant is being deleted, or was. Nothing can be changed.");
}

/** Throws `FORBIDDEN` if the tenant is suspended. */
export async function requireActiveTenant(db: Database, tenantId: string): Promise<void> {
	const [tenant] = await db.select({ suspendedAt: tenants.suspendedAt }).from(tenants).where(eq(tenants.id, tenantId));
	if (tenant && tenant.suspendedAt !== null)
		throw new AppError("FORBIDDEN", "The tenant is suspended, so nothing can be changed. Contact SalesOS.");
}

/**
 * The tenant of a `service_role` request: header `X-Tenant-Id`, or `tenant_id` in the input or the query string.
 * Throws `VALIDATION_ERROR` if none is named, or if they differ.
 */
export function selectTenant(request: Request, input: unknown): string {
	const choices = [
		// A repeated header arrives as one, joined by commas.
		...(request.headers.get("x-tenant-id")?.split(",") ?? []),
		...new URL(request.url).searchParams.getAll("tenant_id"),
		inInput(input),
	];
	const [choice, ...others] = new Set(choices.map((named) => named.trim()).filter(Boolean));
	if (choice === undefined)
		throw tenantError("The service_role key must name a tenant: send X-Tenant-Id or tenant_id.");
	if (others.length > 0) throw tenantError("X-Tenant-Id and tenant_id name different tenants.");
	return choice;
}

/** The tenant that the input names; empty if it names none. */
function inInput(input: unknown): string {
	if (typeof input !== "object" || input === null || !("tenant_id" in input) || input.tenant_id == null) return "";
	if (typeof input.tenant_id !== "string") throw tenantError("tenant_id must be text.");
	return input.tenant_id;
}

function tenantError(message: string): AppError {
	return new AppError("VALIDATION_ERROR", message, { details: [{ field: "tenant_id", message }] });
}
