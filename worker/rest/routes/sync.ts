/** What a CRM sends: collaborators, and their activities. */
import { createRoute } from "@hono/zod-openapi";
import {
	activitiesSyncedSchema,
	collaboratorsSyncedSchema,
	defaultIntegrationSchema,
	defaultIntegrationSyncedSchema,
	type ItemError,
	syncActivitiesSchema,
	syncCollaboratorsSchema,
} from "../../schemas/sync.ts";
import { syncActivities } from "../../services/activities.ts";
import { type RejectedItem, reasonOf, textIn } from "../../services/batch-items.ts";
import { syncCollaborators } from "../../services/collaborators.ts";
import { integrationOperation, keyRoute } from "../define-route.ts";
import { BODY_ERRORS, INVALID_ACTIVITIES, KEY_ERRORS, QUOTA_EXCEEDED } from "../openapi/errors.ts";
import * as examples from "../openapi/examples.ts";
import { jsonBody, ok, withRateLimit } from "../openapi/responses.ts";
import { NO_QUERY_OF_INTEGRATIONS } from "../query.ts";
import { depsOf, envelope } from "../respond.ts";

/** The error of a rejected item at `/v1`. */
const toError = (item: RejectedItem): ItemError => ({
	index: item.index,
	external_id: textIn(item.sent, "external_id"),
	message: reasonOf(item),
});

/** The same as one text, for clients of the Default Integration. */
function toText(item: RejectedItem): string {
	const [id, email] = ["external_id", "email"].map((field) => `${field} ${textIn(item.sent, field) ?? "missing"}`);
	return `Item ${item.index} (${id}, ${email}): ${reasonOf(item)}`;
}

export const syncOperations = [
	integrationOperation(
		createRoute({
			...keyRoute("syncCollaborators"),
			summary: "Send collaborators",
			description:
				"Creates new collaborators and updates known ones, who are identified by their email. `errors` lists the items that were left out.",
			request: { query: NO_QUERY_OF_INTEGRATIONS, body: jsonBody(syncCollaboratorsSchema, examples.syncCollaborators) },
			responses: {
				...KEY_ERRORS,
				...BODY_ERRORS,
				...QUOTA_EXCEEDED,
				200: withRateLimit(ok(collaboratorsSyncedSchema, "The result.", examples.collaboratorsSynced)),
			},
		}),
		async (c) => {
			const batch = { items: c.req.valid("json").collaborators, json: await c.req.text() };
			const { rejected, total, ...counts } = await syncCollaborators(depsOf(c), c.var.key, batch);
			return c.json(envelope(c, { ...counts, errors: rejected.map(toError), total }), 200);
		},
	),
	integrationOperation(
		createRoute({
			...keyRoute("syncActivities"),
			summary: "Send activities",
			description:
				"Stores what collaborators did, each activity once by its `external_id`: sending it again is safe. Activities of people who have not been synced yet are skipped. One invalid item rejects the whole request.",
			request: { query: NO_QUERY_OF_INTEGRATIONS, body: jsonBody(syncActivitiesSchema, examples.syncActivities) },
			responses: {
				...KEY_ERRORS,
				...BODY_ERRORS,
				...INVALID_ACTIVITIES,
				...QUOTA_EXCEEDED,
				200: withRateLimit(ok(activitiesSyncedSchema, "The result.", examples.activitiesSynced)),
			},
		}),
		async (c) => {
			const batch = { items: c.req.valid("json").activities, json: await c.req.text() };
			const { total, ...counts } = await syncActivities(depsOf(c), c.var.key, batch, "reject");
			return c.json(envelope(c, { ...counts, errors: [], total }), 200);
		},
	),
	integrationOperation(
		createRoute({
			...keyRoute("defaultIntegration"),
			summary: "Send collaborators or activities, by `action`",
			description:
				"The endpoint of existing SalesOS integrations. It does the same as `/v1/sync_collaborators` and `/v1/sync_activities`, ignores unknown fields and query parameters, and describes each error as one text.",
			request: { body: jsonBody(defaultIntegrationSchema, examples.defaultIntegration) },
			responses: {
				...KEY_ERRORS,
				...BODY_ERRORS,
				...INVALID_ACTIVITIES,
				...QUOTA_EXCEEDED,
				200: withRateLimit(ok(defaultIntegrationSyncedSchema, "The result, by the action.", examples.activitiesSynced)),
			},
		}),
		async (c) => {
			const input = c.req.valid("json");
			const json = await c.req.text();
			if (input.action === "sync_activities") {
				const batch = { items: input.activities, json };
				const { total, ...counts } = await syncActivities(depsOf(c), c.var.key, batch, "ignore");
				return c.json(envelope(c, { ...counts, errors: [], total }), 200);
			}
			const batch = { items: input.collaborators, json };
			const { rejected, total, ...counts } = await syncCollaborators(depsOf(c), c.var.key, batch);
			return c.json(envelope(c, { ...counts, errors: rejected.map(toText), total }), 200);
		},
	),
] as const;
