/** All operations of the REST interface, in the order in which the OpenAPI document lists them. */
import type { OpenAPIHono } from "@hono/zod-openapi";
import type { RestEnv } from "../context.ts";
import { createApiKey } from "./api-keys/create.ts";
import { deleteApiKey } from "./api-keys/delete.ts";
import { getApiKey } from "./api-keys/get.ts";
import { importApiKeys } from "./api-keys/import.ts";
import { listApiKeys } from "./api-keys/list.ts";
import { revokeApiKey } from "./api-keys/revoke.ts";
import { rotateApiKey } from "./api-keys/rotate.ts";
import { updateApiKey } from "./api-keys/update.ts";
import { getApiKeyUsage } from "./api-keys/usage.ts";
import { verifyApiKey } from "./api-keys/verify.ts";
import { listAuditEvents } from "./audit-events.ts";
import { healthOperations } from "./health.ts";
import { jobOperations } from "./jobs.ts";
import { leadOperations } from "./leads.ts";
import { tokenOperations } from "./management-tokens.ts";
import { memberOperations } from "./members.ts";
import { operationsOperations } from "./operations.ts";
import { peopleOperations } from "./people.ts";
import { listScopes } from "./scopes.ts";
import { sessionOperations } from "./sessions.ts";
import { getStatus } from "./status.ts";
import { syncOperations } from "./sync.ts";
import { tenantOperations } from "./tenants.ts";
import { whoamiOperation } from "./whoami.ts";

export function addRoutes(app: OpenAPIHono<RestEnv>): void {
	app.openapiRoutes([
		...healthOperations,
		getStatus,
		whoamiOperation,
		...syncOperations,
		...leadOperations,
		createApiKey,
		listApiKeys,
		importApiKeys,
		verifyApiKey,
		getApiKey,
		updateApiKey,
		revokeApiKey,
		rotateApiKey,
		deleteApiKey,
		getApiKeyUsage,
		listAuditEvents,
		listScopes,
		...jobOperations,
		...memberOperations,
		...peopleOperations,
		...sessionOperations,
		...tokenOperations,
		...tenantOperations,
		...operationsOperations,
	]);
}
