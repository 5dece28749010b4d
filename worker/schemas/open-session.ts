/** The open sessions of a person. */
import { z } from "zod";
import { id, tenantChoice, timestamp } from "./common.ts";

export const openSessionSchema = z
	.object({
		id: z.string().describe("Id of the session. It ends the session and authenticates nothing."),
		created_at: timestamp.describe("When the person signed in."),
		last_seen_at: timestamp.describe("The last request, to the minute."),
		expires_at: timestamp,
		ip: z.string().nullable().describe("IP address of the sign-in."),
		user_agent: z.string().nullable().describe("User agent of the sign-in."),
		place: z
			.string()
			.nullable()
			.describe("Where the sign-in came from, estimated from its IP address: city and country code."),
		current: z.boolean().describe("Whether it is the session of this request."),
	})
	.meta({ id: "Session" });
export type OpenSession = z.infer<typeof openSessionSchema>;

/** A person has few sessions, so there is one page. */
export const openSessionListSchema = z.object({ items: z.array(openSessionSchema) });
export type OpenSessionList = z.infer<typeof openSessionListSchema>;

export const endSessionSchema = z.strictObject({ ...tenantChoice, id: id.describe("Id of the session.") });
export type EndSession = z.output<typeof endSessionSchema>;

export const sessionEndedSchema = z.object({
	ended: z.boolean().describe("Whether the session was open. Ending it again changes nothing."),
});
export type SessionEnded = z.infer<typeof sessionEndedSchema>;

export const sessionsEndedSchema = z.object({
	ended: z.number().int().describe("How many sessions were open and have ended."),
});
export type SessionsEnded = z.infer<typeof sessionsEndedSchema>;
