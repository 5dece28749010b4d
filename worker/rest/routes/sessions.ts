/** The sessions of the person who calls. */
import { createRoute, z } from "@hono/zod-openapi";
import { id } from "../../schemas/common.ts";
import { openSessionSchema, sessionEndedSchema, sessionsEndedSchema } from "../../schemas/open-session.ts";
import { endOpenSession, endOpenSessions, listOpenSessions } from "../../services/open-sessions.ts";
import { person, personOperation } from "../define-route.ts";
import { PERSON_ERRORS } from "../openapi/errors.ts";
import * as examples from "../openapi/examples.ts";
import { ok, page } from "../openapi/responses.ts";
import { depsOf, envelope, listEnvelope } from "../respond.ts";
import { tenantQuery } from "../tenant-choice.ts";

const SESSIONS = "/v1/sessions";
const tags = ["Sessions"];
const params = z.object({ id: id.meta({ description: "Id of the session.", example: examples.session.id }) });

export const sessionOperations = [
	personOperation(
		createRoute({
			...person,
			tags,
			method: "get",
			path: SESSIONS,
			operationId: "listSessions",
			summary: "List your sessions",
			description: "Where you are signed in, the newest first. All sessions at once.",
			request: { query: tenantQuery },
			responses: { ...PERSON_ERRORS, 200: page(openSessionSchema, "Your open sessions.", examples.session) },
		}),
		async (c) => {
			const { user } = c.var;
			const { items } = await listOpenSessions(depsOf(c), user, user.sessionId);
			return c.json(listEnvelope(c, { items, next_cursor: null }), 200);
		},
	),
	personOperation(
		createRoute({
			...person,
			tags,
			method: "delete",
			path: `${SESSIONS}/{id}`,
			operationId: "endSession",
			summary: "End a session",
			description: "Ends one of your sessions. The next request with it is rejected.",
			request: { params, query: tenantQuery },
			responses: {
				...PERSON_ERRORS,
				200: ok(sessionEndedSchema, "Whether the session was open.", { ended: true }),
			},
		}),
		async (c) => {
			const { user, author } = c.var;
			return c.json(envelope(c, await endOpenSession(depsOf(c), author, user, c.req.valid("param"))), 200);
		},
	),
	personOperation(
		createRoute({
			...person,
			tags,
			method: "delete",
			path: SESSIONS,
			operationId: "endOtherSessions",
			summary: "End your other sessions",
			description: "Ends all of your sessions but the one of this request.",
			request: { query: tenantQuery },
			responses: { ...PERSON_ERRORS, 200: ok(sessionsEndedSchema, "How many sessions have ended.", { ended: 3 }) },
		}),
		async (c) => {
			const { user, author } = c.var;
			return c.json(envelope(c, await endOpenSessions(depsOf(c), author, user, user.sessionId)), 200);
		},
	),
] as const;
