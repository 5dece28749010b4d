/** Which tenant the platform's `service_role` acts in. Nobody else may choose. */
import { z } from "zod";
import { AppError } from "../errors.ts";

const named = z.object({ tenant_id: z.string() });

/**
 * The tenant of a `service_role` request: header `X-Tenant-Id`, or `tenant_id` in the input or the query string.
 * Throws `VALIDATION_ERROR` where there is none, or where they differ.
 */
export function selectTenant(request: Request, input: unknown): string {
	const inInput = named.safeParse(input);
	const choices = [
		request.headers.get("x-tenant-id"),
		new URL(request.url).searchParams.get("tenant_id"),
		inInput.success ? inInput.data.tenant_id : null,
	].filter((choice) => choice !== null && choice !== "");
	const [choice, ...others] = new Set(choices);
	if (!choice) throw tenantError("The service_role key must name a tenant: send X-Tenant-Id or tenant_id.");
	if (others.length > 0) throw tenantError("X-Tenant-Id and tenant_id name different tenants.");
	return choice;
}

function tenantError(message: string): AppError {
	return new AppError("VALIDATION_ERROR", message, { details: [{ field: "tenant_id", message }] });
}
