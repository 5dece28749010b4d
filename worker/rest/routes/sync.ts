/** The endpoints that integrations call with an API key. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { database } from "../../../db/client.ts";
import { KEY_ROUTES, type KeyOperation } from "../../admission/key-routes.ts";
import { whoami } from "../../admission/whoami.ts";
import { metaOf } from "../../http/response.ts";
import { currentHourSchema, environment } from "../../schemas/api-key.ts";
import { id, timestamp } from "../../schemas/common.ts";
import { createLeadSchema, leadSchema, listLeadsSchema, updateLeadSchema } from "../../schemas/lead.ts";
import {
	activitiesSyncedSchema,
	collaboratorsSyncedSchema,
	defaultIntegrationSchema,
	syncActivitiesSchema,
	syncCollaboratorsSchema,
} from "../../schemas/sync.ts";
import { syncActivities } from "../../services/activities.ts";
import { syncCollaborators } from "../../services/collaborators.ts";
import { createLead, getLead, listLeads, updateLead } from "../../services/leads.ts";
import type { IntegrationEnv } from "../context.ts";
import { apiKeyAuth } from "../middleware/api-key-auth.ts";
import { readableBody } from "../middleware/body.ts";
import { body, KEY_REFUSALS, made, many, notFound, one, toKey, WITH_BODY, WITH_INPUT } from "../openapi/describe.ts";
import * as examples from "../openapi/examples.ts";
import { fromQuery } from "../query.ts";

/** What every route here has in common: its declaration in `KEY_ROUTES`, and admission before anything else. */
function keyRoute<O extends KeyOperation>(operation: O) {
	const { method, path, scope }: (typeof KEY_ROUTES)[O] = KEY_ROUTES[operation];
	const scopes = scope === null ? [] : [scope];
	return {
		method,
		path,
		operationId: operation,
		tags: ["Integrations"],
		// The document names the scope that a key must have (OpenAPI 3.1, Security Requirement Object).
		security: [{ apiKey: scopes }, { apiKeyHeader: scopes }],
		// The key comes first: a refused body then carries the key's rate limit, and callers without a key send no body.
		middleware: [apiKeyAuth({ scope }), ...readableBody],
	};
}

const whoamiSchema = z.object({
	/** Of the key, as in every other place. */
	id,
	tenant_id: id,
	name: z.string(),
	environment,
	scopes: z.array(z.string()),
	expires_at: timestamp.nullable(),
	rate_limit: z.number().int(),
	current_hour: currentHourSchema,
});

const leadId = z.object({ id: id.meta({ example: examples.lead.id }) });
const NO_LEAD = notFound("There is no such lead in this environment");

const routes = {
	whoami: createRoute({
		...keyRoute("whoami"),
		summary: "Does my key work?",
		description: "Takes any key that works. Counts as a request.",
		responses: {
			...KEY_REFUSALS,
			200: toKey(one(whoamiSchema, "What the key is, and where it stands in its hour", examples.whoami)),
		},
	}),
	syncCollaborators: createRoute({
		...keyRoute("syncCollaborators"),
		summary: "Send collaborators",
		description:
			"New ones are created, known ones updated. Each is judged by itself: `errors` tells of those left out.",
		request: { body: body(syncCollaboratorsSchema, examples.syncCollaborators) },
		responses: {
			...KEY_REFUSALS,
			...WITH_BODY,
			200: toKey(one(collaboratorsSyncedSchema, "What became of them", examples.collaboratorsSynced)),
		},
	}),
	syncActivities: createRoute({
		...keyRoute("syncActivities"),
		summary: "Send what collaborators did",
		description: "Each is judged by itself: `errors` tells of those left out. A `reference` makes a retry harmless.",
		request: { body: body(syncActivitiesSchema, examples.syncActivities) },
		responses: {
			...KEY_REFUSALS,
			...WITH_BODY,
			200: toKey(one(activitiesSyncedSchema, "What became of them", examples.activitiesSynced)),
		},
	}),
	defaultIntegration: createRoute({
		...keyRoute("defaultIntegration"),
		summary: "Send collaborators or activities, by `action`",
		description: "For clients that predate the two routes above.",
		request: { body: body(defaultIntegrationSchema, examples.defaultIntegration) },
		responses: {
			...KEY_REFUSALS,
			...WITH_BODY,
			200: toKey(
				one(
					z.union([collaboratorsSyncedSchema, activitiesSyncedSchema]),
					"What became of them",
					examples.activitiesSynced,
				),
			),
		},
	}),
	listLeads: createRoute({
		...keyRoute("listLeads"),
		summary: "List leads",
		description: "Newest first.",
		request: { query: fromQuery(listLeadsSchema) },
		responses: { ...KEY_REFUSALS, ...WITH_INPUT, 200: toKey(many(leadSchema, "A page of leads", examples.lead)) },
	}),
	getLead: createRoute({
		...keyRoute("getLead"),
		summary: "Read a lead",
		description: "Of the key's environment.",
		request: { params: leadId },
		responses: { ...KEY_REFUSALS, ...WITH_INPUT, ...NO_LEAD, 200: toKey(one(leadSchema, "The lead", examples.lead)) },
	}),
	createLead: createRoute({
		...keyRoute("createLead"),
		summary: "Create a lead",
		description: "In the key's environment. Only the name has to be given.",
		request: { body: body(createLeadSchema, examples.createLead) },
		responses: {
			...KEY_REFUSALS,
			...WITH_BODY,
			201: toKey(made(leadSchema, "The lead", examples.lead, `/v1/leads/${examples.lead.id}`)),
		},
	}),
	updateLead: createRoute({
		...keyRoute("updateLead"),
		summary: "Change some fields of a lead",
		description: "Fields that are left out stay; null clears one.",
		request: { params: leadId, body: body(updateLeadSchema, examples.updateLead) },
		responses: { ...KEY_REFUSALS, ...WITH_BODY, ...NO_LEAD, 200: toKey(one(leadSchema, "The lead", examples.lead)) },
	}),
};

const depsOf = (c: Context<IntegrationEnv>) => ({ db: database(c.env.DB), now: c.var.info.now });
const sealed = <T>(c: Context<IntegrationEnv>, data: T) => ({ data, meta: metaOf(c.var.info) });

export function addIntegrationRoutes(app: OpenAPIHono<IntegrationEnv>): void {
	app.openapi(routes.whoami, (c) => {
		return c.json(sealed(c, whoami(c.var)), 200);
	});
	app.openapi(routes.syncCollaborators, async (c) => {
		const { collaborators } = c.req.valid("json");
		return c.json(sealed(c, await syncCollaborators(depsOf(c), c.var.key, collaborators)), 200);
	});
	app.openapi(routes.syncActivities, async (c) => {
		const { activities } = c.req.valid("json");
		return c.json(sealed(c, await syncActivities(depsOf(c), c.var.key, activities)), 200);
	});
	app.openapi(routes.defaultIntegration, async (c) => {
		const input = c.req.valid("json");
		const data =
			input.action === "sync_collaborators"
				? await syncCollaborators(depsOf(c), c.var.key, input.collaborators)
				: await syncActivities(depsOf(c), c.var.key, input.activities);
		return c.json(sealed(c, data), 200);
	});
	app.openapi(routes.listLeads, async (c) => {
		const { items, next_cursor } = await listLeads(depsOf(c), c.var.key, c.req.valid("query"));
		return c.json({ data: items, meta: { ...metaOf(c.var.info), next_cursor } }, 200);
	});
	app.openapi(routes.getLead, async (c) => {
		return c.json(sealed(c, await getLead(depsOf(c), c.var.key, c.req.valid("param").id)), 200);
	});
	app.openapi(routes.createLead, async (c) => {
		const lead = await createLead(depsOf(c), c.var.key, c.req.valid("json"));
		return c.json(sealed(c, lead), 201, { Location: `/v1/leads/${lead.id}` });
	});
	app.openapi(routes.updateLead, async (c) => {
		const { id: leadId } = c.req.valid("param");
		return c.json(sealed(c, await updateLead(depsOf(c), c.var.key, leadId, c.req.valid("json"))), 200);
	});
}
