/** Leads, for integrations. */
import { createRoute, z } from "@hono/zod-openapi";
import { KEY_ROUTES } from "../../admission/key-routes.ts";
import { id } from "../../schemas/common.ts";
import { createLeadSchema, leadSchema, leadTotals, listLeadsSchema, updateLeadSchema } from "../../schemas/lead.ts";
import { createLead, deleteLead, getLead, listLeads, updateLead } from "../../services/leads.ts";
import { integrationOperation, keyRoute } from "../define-route.ts";
import {
	BODY_ERRORS,
	conflict,
	INPUT_ERRORS,
	KEY_ERRORS,
	notFound,
	QUOTA_EXCEEDED,
	TOO_LARGE,
} from "../openapi/errors.ts";
import * as examples from "../openapi/examples.ts";
import { created, jsonBody, noContent, ok, page, withRateLimit } from "../openapi/responses.ts";
import { fromQuery, IGNORED_OF_INTEGRATIONS, NO_QUERY_OF_INTEGRATIONS } from "../query.ts";
import { depsOf, envelope, listEnvelope, locationOf } from "../respond.ts";

const LEADS = KEY_ROUTES.listLeads.path;
const leadId = z.object({ id: id.meta({ description: "Id of the lead.", example: examples.lead.id }) });
const NO_LEAD = notFound("The key's environment has no lead with this id.");

export const leadOperations = [
	integrationOperation(
		createRoute({
			...keyRoute("listLeads"),
			summary: "List leads",
			description:
				"Newest first, unless `sort` says otherwise. A key sees the leads of its own environment. With `page` and `per_page`, or without either, `meta` counts the leads, up to 10,000. With `cursor` or `limit`, a list of any length can be read to its end; a page can then be short although there are more: continue while there is a cursor.",
			request: { query: fromQuery(listLeadsSchema, IGNORED_OF_INTEGRATIONS) },
			responses: {
				...KEY_ERRORS,
				...INPUT_ERRORS,
				200: withRateLimit(
					page(leadSchema, "A page of leads.", examples.lead, { shape: leadTotals, example: examples.leadTotals }),
				),
			},
		}),
		async (c) => c.json(listEnvelope(c, await listLeads(depsOf(c), c.var.key, c.req.valid("query"))), 200),
	),
	integrationOperation(
		createRoute({
			...keyRoute("getLead"),
			summary: "Get a lead",
			description: "Returns a lead of the key's environment.",
			request: { params: leadId, query: NO_QUERY_OF_INTEGRATIONS },
			responses: {
				...KEY_ERRORS,
				...INPUT_ERRORS,
				...NO_LEAD,
				200: withRateLimit(ok(leadSchema, "The lead.", examples.lead)),
			},
		}),
		async (c) => c.json(envelope(c, await getLead(depsOf(c), c.var.key, c.req.valid("param").id)), 200),
	),
	integrationOperation(
		createRoute({
			...keyRoute("createLead"),
			summary: "Create a lead",
			description: "Creates a lead in the key's environment. Only the name is required.",
			request: { query: NO_QUERY_OF_INTEGRATIONS, body: jsonBody(createLeadSchema, examples.createLead) },
			responses: {
				...KEY_ERRORS,
				...BODY_ERRORS,
				...QUOTA_EXCEEDED,
				201: withRateLimit(created(leadSchema, "The lead.", examples.lead, `${LEADS}/${examples.lead.id}`)),
			},
		}),
		async (c) => {
			const lead = await createLead(depsOf(c), c.var.key, c.req.valid("json"));
			return c.json(envelope(c, lead), 201, locationOf(LEADS, lead));
		},
	),
	integrationOperation(
		createRoute({
			...keyRoute("updateLead"),
			summary: "Update a lead",
			description: "Changes the fields that are sent. null clears a field; `tags` and `custom_fields` are replaced.",
			request: {
				params: leadId,
				query: NO_QUERY_OF_INTEGRATIONS,
				body: jsonBody(updateLeadSchema, examples.updateLead),
			},
			responses: {
				...KEY_ERRORS,
				...BODY_ERRORS,
				...NO_LEAD,
				...conflict(
					"A quota of the tenant is exceeded, or other requests keep changing this lead. Nothing was changed.",
				),
				200: withRateLimit(ok(leadSchema, "The lead.", examples.lead)),
			},
		}),
		async (c) => {
			const lead = await updateLead(depsOf(c), c.var.key, c.req.valid("param").id, c.req.valid("json"));
			return c.json(envelope(c, lead), 200);
		},
	),
	integrationOperation(
		createRoute({
			...keyRoute("deleteLead"),
			summary: "Delete a lead",
			description: "Deletes the lead. Deleting it again is a 404.",
			request: { params: leadId, query: NO_QUERY_OF_INTEGRATIONS },
			responses: {
				...KEY_ERRORS,
				...INPUT_ERRORS,
				...TOO_LARGE,
				...NO_LEAD,
				204: withRateLimit(noContent("The lead is deleted.")),
			},
		}),
		async (c) => {
			await deleteLead(depsOf(c), c.var.key, c.req.valid("param").id);
			return c.body(null, 204);
		},
	),
] as const;
