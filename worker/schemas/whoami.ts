/** What `whoami` says about the key that it was called with. */
import { z } from "zod";
import { currentHourSchema, environment } from "./api-key.ts";
import { id, timestamp } from "./common.ts";

export const whoamiSchema = z.object({
	id: id.describe("Id of the API key."),
	tenant_id: id,
	name: z.string(),
	environment,
	scopes: z.array(z.string()),
	expires_at: timestamp.nullable(),
	rate_limit: z.int32(),
	current_hour: currentHourSchema,
});
