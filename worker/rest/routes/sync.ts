/** What a CRM sends: collaborators, and their activities. */
import { createRoute, z } from "@hono/zod-openapi";
import {
	activitiesSyncedSchema,
	collaboratorsSyncedSchema,
	defaultIntegrationSchema,
	syncActivitiesSchema,
	syncCollaboratorsSchema,
} from "../../schemas/sync.ts";
import { syncActivities } from "../../services/activities.ts";
import { syncCollaborators } from "../../services/collaborators.ts";
import { integrationOperation, keyRoute } from "../define-route.ts";
import { BODY_ERRORS, KEY_ERRORS, QUOTA_EXCEEDED } from "../openapi/errors.ts";
import * as examples from "../openapi/examples.ts";
import { jsonBody, ok, withRateLimit } from "../openapi/responses.ts";
import { depsOf, envelope } from "../respond.ts";

export const syncOperations = [
	integrationOperation(
		createRoute({
			...keyRoute("syncCollaborators"),
			summary: "Send collaborators",
			description: "Creates new collaborators and updates known ones. `errors` lists the items that were left out.",
			request: { body: jsonBody(syncCollaboratorsSchema, examples.syncCollaborators) },
			responses: {
				...KEY_ERRORS,
				...BODY_ERRORS,
				...QUOTA_EXCEEDED,
				200: withRateLimit(ok(collaboratorsSyncedSchema, "The result.", examples.collaboratorsSynced)),
			},
		}),
		async (c) => {
			const { collaborators } = c.req.valid("json");
			return c.json(envelope(c, await syncCollaborators(depsOf(c), c.var.key, collaborators)), 200);
		},
	),
	integrationOperation(
		createRoute({
			...keyRoute("syncActivities"),
			summary: "Send activities",
			description:
				"Stores what collaborators did. `errors` lists the items that were left out. An item with a `reference` can be sent again safely.",
			request: { body: jsonBody(syncActivitiesSchema, examples.syncActivities) },
			responses: {
				...KEY_ERRORS,
				...BODY_ERRORS,
				...QUOTA_EXCEEDED,
				200: withRateLimit(ok(activitiesSyncedSchema, "The result.", examples.activitiesSynced)),
			},
		}),
		async (c) => {
			const { activities } = c.req.valid("json");
			return c.json(envelope(c, await syncActivities(depsOf(c), c.var.key, activities)), 200);
		},
	),
	integrationOperation(
		createRoute({
			...keyRoute("defaultIntegration"),
			summary: "Send collaborators or activities, by `action`",
			description: "For clients that are older than `/v1/sync_collaborators` and `/v1/sync_activities`.",
			request: { body: jsonBody(defaultIntegrationSchema, examples.defaultIntegration) },
			responses: {
				...KEY_ERRORS,
				...BODY_ERRORS,
				...QUOTA_EXCEEDED,
				200: withRateLimit(
					ok(z.union([collaboratorsSyncedSchema, activitiesSyncedSchema]), "The result.", examples.activitiesSynced),
				),
			},
		}),
		async (c) => {
			const input = c.req.valid("json");
			const data =
				input.action === "sync_collaborators"
					? await syncCollaborators(depsOf(c), c.var.key, input.collaborators)
					: await syncActivities(depsOf(c), c.var.key, input.activities);
			return c.json(envelope(c, data), 200);
		},
	),
] as const;
