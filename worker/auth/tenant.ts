/** The tenant that the platform's `service_role` key acts in. Every other credential is bound to its own tenant. */
import { eq } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { tenants } from "../../db/schema.ts";
import { AppError } from "../errors.ts";

export async function tenantExists(db: Database, tenantId: string): Promise<boolean> {
	const found = await db.select({ id: tenants.id }).from(tenants).where(eq(tenants.id, tenantId));
	return found.length > 0;
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
