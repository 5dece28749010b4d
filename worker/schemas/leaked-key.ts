/** Finding whose keys a text contains, for the platform. */
import { z } from "zod";
import { ENVIRONMENTS, KEY_STATUSES, TENANT_STATES } from "../../db/enums.ts";
import { id, tenantChoice } from "./common.ts";

/** A page of a code search or a log file. Longer text is sent in parts. */
const TEXT_MAX = 200_000;

export const findByKeySchema = z.strictObject({
	...tenantChoice,
	text: z.string().min(1).max(TEXT_MAX).describe("Any text that contains API keys, such as a log file."),
});
export type FindByKey = z.output<typeof findByKeySchema>;

const foundKeySchema = z
	.object({
		tenant: z.object({ id, name: z.string(), slug: z.string(), state: z.enum(TENANT_STATES) }),
		api_key: z.object({
			id,
			name: z.string(),
			environment: z.enum(ENVIRONMENTS),
			status: z.enum(KEY_STATUSES),
			key_prefix: z.string(),
			last_four: z.string(),
		}),
	})
	.meta({ id: "FoundKey" });

export const foundKeysSchema = z.object({
	items: z.array(foundKeySchema),
	unknown: z
		.number()
		.int()
		.describe("Texts that look like API keys and belong to none: deleted, forged, or of another system."),
});
export type FoundKeys = z.infer<typeof foundKeysSchema>;
