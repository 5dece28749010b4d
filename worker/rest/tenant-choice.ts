/** The tenant of a management route: the platform chooses it, for all other callers it is the credential's. */
import { z } from "zod";
import { tenantChoice } from "../schemas/common.ts";
import { notFound } from "./openapi/errors.ts";
import { fromQuery } from "./query.ts";

export const tenantHeaders = z.object({
	"x-tenant-id": z
		.string()
		.optional()
		.describe("Only for the `service_role` key: the tenant of the request. Ignored for all other callers."),
});
/** The query of routes whose only parameter is the tenant. */
export const tenantQuery = fromQuery(z.strictObject(tenantChoice));
export const NO_TENANT = notFound("The tenant does not exist.");
