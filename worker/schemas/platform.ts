/** Signing in as the platform. */
import { z } from "zod";
import { timestamp } from "./common.ts";

export const platformLoginSchema = z.strictObject({
	key: z.string().min(1).max(1_000).describe("The service_role key."),
});

export const platformSessionSchema = z.object({
	expires_at: timestamp.describe("When the session ends. It ends after 15 minutes without a request."),
	credential: z.enum(["current", "previous"]).describe("Which of the two service_role keys has opened it."),
});

export const platformMeSchema = platformSessionSchema.extend({
	expires_at: timestamp.nullable().describe("Null if the caller has no session, but sends the service_role key."),
});
