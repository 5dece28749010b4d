import { createRoute } from "@hono/zod-openapi";
import { auditEventSchema, listAuditSchema } from "../../schemas/audit.ts";
import { listAudit } from "../../services/audit.ts";
import { managerOperation, permitted } from "../define-route.ts";
import { MANAGER_ERRORS } from "../openapi/errors.ts";
import * as examples from "../openapi/examples.ts";
import { page } from "../openapi/responses.ts";
import { fromQuery } from "../query.ts";
import { depsOf, listEnvelope } from "../respond.ts";
import { NO_TENANT, tenantHeaders } from "../tenant-choice.ts";

export const listAuditEvents = managerOperation(
	createRoute({
		...permitted("audit:read"),
		tags: ["Audit"],
		method: "get",
		path: "/v1/audit-events",
		operationId: "listAuditEvents",
		summary: "List audit events",
		description: "Who did what to which API key, newest first.",
		request: { headers: tenantHeaders, query: fromQuery(listAuditSchema) },
		responses: {
			...MANAGER_ERRORS,
			...NO_TENANT,
			200: page(auditEventSchema, "A page of events.", examples.auditEvent),
		},
	}),
	async (c) => c.json(listEnvelope(c, await listAudit(depsOf(c), c.var.author.tenantId, c.req.valid("query"))), 200),
);
