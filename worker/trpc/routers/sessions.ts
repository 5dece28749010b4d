import type { TRPCRouterRecord } from "@trpc/server";
import {
	endSessionSchema,
	openSessionListSchema,
	sessionEndedSchema,
	sessionsEndedSchema,
} from "../../schemas/open-session.ts";
import { endOpenSession, endOpenSessions, listOpenSessions } from "../../services/open-sessions.ts";
import { userProcedure } from "../procedures.ts";

/** The caller's own sessions. */
export const sessionsRouter = {
	/** The newest first. */
	list: userProcedure
		.output(openSessionListSchema)
		.query(({ ctx: { deps, user } }) => listOpenSessions(deps, user, user.sessionId)),

	/** Ends one session. The next request with it is rejected. */
	end: userProcedure
		.input(endSessionSchema)
		.output(sessionEndedSchema)
		.mutation(({ ctx: { deps, author, user }, input }) => endOpenSession(deps, author, user, input)),

	/** Ends every session but the caller's current one. */
	endOthers: userProcedure
		.output(sessionsEndedSchema)
		.mutation(({ ctx: { deps, author, user } }) => endOpenSessions(deps, author, user, user.sessionId)),
} satisfies TRPCRouterRecord;
