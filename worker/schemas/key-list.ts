/** The list of API keys. */
import { z } from "zod";
import { EXPIRING_SOON_DAYS, KEY_ORIGINS, KEY_SORTS, KEY_STATUSES } from "../../db/enums.ts";
import { apiKeySchema, authentication, EXPIRES_IN_DAYS_MAX, environment } from "./api-key.ts";
import { id, nextCursor, page, searchText, tenantChoice } from "./common.ts";

/** A week. A page of 100 keys then holds at most 16,800 numbers. */
const RECENT_HOURS_MAX = 168;

export const listKeysSchema = z
	.strictObject({
		...tenantChoice,
		...page,
		status: z.enum(KEY_STATUSES).optional().describe("Only keys with this status."),
		expires_within_days: z
			.number()
			.int()
			.min(1)
			.max(EXPIRES_IN_DAYS_MAX)
			.optional()
			.describe(
				"Only active keys that end within this many days: by `expires_at`, or by `revokes_at` after a rotation.",
			),
		rotation: z
			.enum(["unfinished"])
			.optional()
			.describe("`unfinished`: only active keys that have a successor and still work."),
		pepper: z
			.enum(["previous"])
			.optional()
			.describe(
				"`previous`: only active keys that stop working when the previous pepper or the previous signing key is removed, and those for which that is unknown.",
			),
		authentication: authentication.optional().describe("Only keys with this authentication."),
		origin: z
			.enum(KEY_ORIGINS)
			.optional()
			.describe("`imported`: only keys that were imported from another system. `created`: only keys made here."),
		created_by: id.optional().describe("Only keys that the member with this id has created, such as one who has left."),
		environment: environment.optional().describe("Only keys of this environment."),
		search: searchText(100)
			.optional()
			.describe(
				"Matches name, key prefix and last four characters, ignoring case and accents. A key's id, the first 20 characters of a key, and a key as it is displayed (`sk_live_4U9k…6L41`) find that key in both environments.",
			),
		sort: z
			.enum(KEY_SORTS)
			.default("-created_at")
			.describe(
				"Field to sort by. A leading `-` sorts in descending order. `expires_at` sorts by when the key stops working: at its expiry, or after a rotation at the end of the overlap if that is earlier.",
			),
		recent_hours: z
			.number()
			.int()
			.min(1)
			.max(RECENT_HOURS_MAX)
			.optional()
			.describe("Adds `recent_usage` to every item: this number of UTC hours, up to and including the current hour."),
	})
	// No key matches both filters. Rejected, because an empty list would look like good news.
	.refine(
		({ status, expires_within_days, rotation }) =>
			(expires_within_days === undefined && rotation === undefined) || status === undefined || status === "active",
		{
			path: ["expires_within_days"],
			error: "Only active keys end soon or are in rotation: omit status, or send active",
		},
	);
export type ListKeys = z.output<typeof listKeysSchema>;

export const keyListItemSchema = apiKeySchema
	.extend({
		recent_usage: z
			.array(z.number().int())
			.optional()
			.describe(
				"Admitted requests per UTC hour, oldest first, the current hour last. Present if `recent_hours` was sent, with as many numbers. Like `usage_count` in lists at most `USAGE_FLUSH_SECONDS` old.",
			),
	})
	.meta({ id: "ListedApiKey" });
export type KeyListItem = z.infer<typeof keyListItemSchema>;

export const keyListSchema = z.object({
	items: z.array(keyListItemSchema),
	next_cursor: nextCursor,
	/** Of all keys that match `environment` and `search`, whatever the other filters are. */
	counts: z.object({
		active: z.int32(),
		revoked: z.int32(),
		expired: z.int32(),
		expiring_soon: z
			.int32()
			.describe(`Keys of \`active\` that end within ${EXPIRING_SOON_DAYS} days, by expiry or after a rotation.`),
	}),
	counts_capped: z
		.literal(true)
		.optional()
		.describe(
			"Present where `search` finds more than 500 keys, or may: each count is that or more. Sorted by anything but `created_at`, the list then has the newest 500.",
		),
	counts_behind: z
		.literal(true)
		.optional()
		.describe(
			"Present for some minutes after more than 2,000 keys of the tenant ended at once: `counts` and `status` may lag.",
		),
});
export type KeyList = z.infer<typeof keyListSchema>;
