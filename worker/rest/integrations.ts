/** The endpoints that integrations call with an API key. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { database } from "../../db/client.ts";
import { limitBody } from "../body-limit.ts";
import { currentHourSchema, environment } from "../schemas/api-key.ts";
import { id, timestamp, toTimestamp, toTimestampOrNull } from "../schemas/common.ts";
import { createLeadSchema, leadSchema, listLeadsSchema, updateLeadSchema } from "../schemas/lead.ts";
import {
	activitiesSyncedSchema,
	collaboratorsSyncedSchema,
	defaultIntegrationSchema,
	syncActivitiesSchema,
	syncCollaboratorsSchema,
} from "../schemas/sync.ts";
import type { Scope } from "../schemas/vocabulary.ts";
import { syncActivities } from "../services/activities.ts";
import { syncCollaborators } from "../services/collaborators.ts";
import { createLead, getLead, listLeads, updateLead } from "../services/leads.ts";
import { apiKeyAuth } from "./api-key-auth.ts";
import type { IntegrationEnv } from "./context.ts";
import { enveloped, envelopedList, errorEnvelope, metaOf } from "./envelope.ts";

const json = <T extends z.ZodType>(schema: T, description: string) => ({
	description,
	content: { "application/json": { schema } },
});
const body = <T extends z.ZodType>(schema: T) => ({ required: true, content: { "application/json": { schema } } });

const REFUSALS = {
	400: json(errorEnvelope, "The request is not valid; `details` names every field"),
	401: json(errorEnvelope, "No API key, or one that is unknown, revoked or expired"),
	403: json(errorEnvelope, "The key lacks the scope, or may not be used from this address"),
	413: json(errorEnvelope, "The body is over 1 MiB"),
	415: json(errorEnvelope, "The body is not JSON"),
	429: json(errorEnvelope, "The hour's limit is reached; try again after `Retry-After` seconds"),
	503: json(errorEnvelope, "The key or the data cannot be reached right now"),
};

/** What every route here has in common. */
const withKey = (scope: Scope | null) => ({
	tags: ["Integrations"],
	security: [{ apiKey: [] }],
	// First the key, so that what is said of the body comes with the key's rate limit, and strangers send none.
	middleware: [apiKeyAuth({ scope }), limitBody],
});

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

const leadId = z.object({ id });

const routes = {
	whoami: createRoute({
		...withKey(null),
		method: "get",
		path: "/v1/whoami",
		summary: "Does my key work?",
		responses: { ...REFUSALS, 200: json(enveloped(whoamiSchema), "What the key is, and where it stands in its hour") },
	}),
	syncCollaborators: createRoute({
		...withKey("default:sync"),
		method: "post",
		path: "/v1/sync_collaborators",
		summary: "Send collaborators: new ones are created, known ones updated",
		request: { body: body(syncCollaboratorsSchema) },
		responses: { ...REFUSALS, 200: json(enveloped(collaboratorsSyncedSchema), "What became of each") },
	}),
	syncActivities: createRoute({
		...withKey("default:sync"),
		method: "post",
		path: "/v1/sync_activities",
		summary: "Send what collaborators did",
		request: { body: body(syncActivitiesSchema) },
		responses: { ...REFUSALS, 200: json(enveloped(activitiesSyncedSchema), "What became of each") },
	}),
	defaultIntegration: createRoute({
		...withKey("default:sync"),
		method: "post",
		path: "/functions/v1/default-integration",
		summary: "The two above by `action`, for clients that predate them",
		request: { body: body(defaultIntegrationSchema) },
		responses: {
			...REFUSALS,
			200: json(enveloped(z.union([collaboratorsSyncedSchema, activitiesSyncedSchema])), "As of the action"),
		},
	}),
	listLeads: createRoute({
		...withKey("leads:read"),
		method: "get",
		path: "/v1/leads",
		summary: "List leads, newest first",
		request: { query: listLeadsSchema },
		responses: { ...REFUSALS, 200: json(envelopedList(leadSchema), "A page of leads") },
	}),
	getLead: createRoute({
		...withKey("leads:read"),
		method: "get",
		path: "/v1/leads/{id}",
		summary: "Read a lead",
		request: { params: leadId },
		responses: { ...REFUSALS, 200: json(enveloped(leadSchema), "The lead"), 404: json(errorEnvelope, "No such lead") },
	}),
	createLead: createRoute({
		...withKey("leads:write"),
		method: "post",
		path: "/v1/leads",
		summary: "Create a lead",
		request: { body: body(createLeadSchema) },
		responses: { ...REFUSALS, 201: json(enveloped(leadSchema), "The lead; `Location` is its address") },
	}),
	updateLead: createRoute({
		...withKey("leads:write"),
		method: "patch",
		path: "/v1/leads/{id}",
		summary: "Change some fields of a lead",
		request: { params: leadId, body: body(updateLeadSchema) },
		responses: { ...REFUSALS, 200: json(enveloped(leadSchema), "The lead"), 404: json(errorEnvelope, "No such lead") },
	}),
};

const depsOf = (c: Context<IntegrationEnv>) => ({ db: database(c.env.DB), now: c.var.info.now });
const sealed = <T>(c: Context<IntegrationEnv>, data: T) => ({ data, meta: metaOf(c.var.info) });

export function addIntegrationRoutes(app: OpenAPIHono<IntegrationEnv>): void {
	app.openapi(routes.whoami, (c) => {
		const { key, window } = c.var;
		const { limit, remaining, resetsAt } = window;
		const data = {
			id: key.id,
			tenant_id: key.tenantId,
			name: key.name,
			environment: key.environment,
			scopes: [...key.scopes],
			expires_at: toTimestampOrNull(key.expiresAt),
			rate_limit: limit,
			current_hour: { used: limit - remaining, limit, remaining, resets_at: toTimestamp(resetsAt) },
		};
		return c.json(sealed(c, data), 200);
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
