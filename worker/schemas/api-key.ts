/** API keys as they cross a door: the object, and what may be asked of it. */
import { z } from "zod";
import { ENVIRONMENTS, EXPIRING_SOON_DAYS, KEY_SORTS, KEY_STATUSES, SCOPE_CATALOGUE, SCOPES } from "../../db/enums.ts";
import { id, line, nextCursor, page, searchText, tenantChoice, timestamp, timestampInput } from "./common.ts";

const RATE_LIMIT_MAX = 1_000_000;
const EXPIRES_IN_DAYS_MAX = 3_650;
const IP_ALLOWLIST_MAX = 50;
const ROTATION_OVERLAP_HOURS_MAX = 720;
/** A week: 100 keys of a page make 16,800 numbers at most. */
const RECENT_HOURS_MAX = 168;

export const environment = z.enum(ENVIRONMENTS);
const scope = z.enum(SCOPES, { error: `Unknown scope. Known scopes: ${SCOPES.join(", ")}` });

const scopes = z
	.array(scope)
	.max(SCOPES.length * 2)
	.transform((list) => [...new Set(list)]);
const rateLimit = z.number().int().min(1).max(RATE_LIMIT_MAX);
const address = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
	error: "Must be an IPv4 or IPv6 address, or a CIDR block such as 203.0.113.0/24",
});
/**
 * Stands in sentences about the key, whose words it must not reorder: "Revoke …?" has to name what will be revoked. So
 * none of Unicode's explicit directional formatting (UAX #9); right-to-left scripts do without.
 */
const keyName = line(100).regex(/^[^\u202A-\u202E\u2066-\u2069]*$/u, "Must not contain marks that turn text round");
const ipAllowlist = z.array(address).max(IP_ALLOWLIST_MAX);
const expiresInDays = z.number().int().min(1).max(EXPIRES_IN_DAYS_MAX);

/** What an API key is to everybody but its holder: everything except the key itself. */
export const apiKeySchema = z
	.object({
		id,
		tenant_id: id,
		name: z.string(),
		environment,
		key_prefix: z.string().describe("First 12 characters of the key."),
		last_four: z.string(),
		scopes: z.array(z.string()).describe("Empty: unrestricted."),
		rate_limit: z.number().int().describe("Admitted requests per UTC clock hour."),
		ip_allowlist: z.array(z.string()).describe("Addresses and CIDR blocks that may use the key. Empty: any."),
		status: z.enum(KEY_STATUSES),
		created_at: timestamp,
		created_by: z.string(),
		expires_at: timestamp.nullable(),
		revoked_at: timestamp.nullable(),
		revoked_by: z.string().nullable(),
		revokes_at: timestamp.nullable().describe("When a rotated key will stop; null unless that lies ahead."),
		rotated_from: z.string().nullable(),
		rotated_to: z.string().nullable(),
		usage_count: z.number().int().describe("Admitted requests over the key's life."),
		last_used_at: timestamp.nullable(),
	})
	.meta({ id: "ApiKey" });
export type ApiKey = z.infer<typeof apiKeySchema>;

/** Where the key stands in the running hour. */
export const currentHourSchema = z
	.object({
		used: z.number().int(),
		limit: z.number().int(),
		remaining: z.number().int(),
		resets_at: timestamp,
	})
	.meta({ id: "CurrentHour" });

/** Somebody who presented the key lately. */
const callerSchema = z
	.object({
		ip: z.string(),
		user_agent: z.string(),
		endpoint: z.string().describe("Method and route, such as `POST /v1/sync_activities`."),
		last_seen_at: timestamp,
		count: z.number().int().describe("Requests, admitted or not."),
		refused: z.number().int().describe("How many of them were refused."),
	})
	.meta({ id: "Caller" });

/** One API key, read live from its gate. */
export const apiKeyDetailSchema = apiKeySchema
	.extend({
		current_hour: currentHourSchema,
		recent_callers: z.array(callerSchema).describe("Most recent first, at most 20."),
	})
	.meta({ id: "ApiKeyDetail" });
export type ApiKeyDetail = z.infer<typeof apiKeyDetailSchema>;

/** The one answer that ever carries the key. */
export const issuedKeySchema = z
	.object({ key: z.string().describe("The key itself, this once."), api_key: apiKeySchema })
	.meta({ id: "IssuedApiKey" });
export type IssuedKey = z.infer<typeof issuedKeySchema>;

/** Unknown fields are refused: a mistyped `ip_allowlist` must not make an unprotected key. */
export const createKeySchema = z
	.strictObject({
		...tenantChoice,
		name: keyName.describe("What the key is for."),
		environment: environment
			.default("live")
			.describe("What the key sees and writes: `live` or `test` data. It never changes."),
		scopes: scopes
			.default(["default:sync"])
			.describe('What the key may do. Default: `["default:sync"]`. An empty list is no restriction.'),
		rate_limit: rateLimit.default(1_000).describe("Admitted requests per UTC clock hour."),
		ip_allowlist: ipAllowlist.default([]).describe("Addresses and CIDR blocks that may use the key. Empty: any."),
		expires_in_days: expiresInDays.optional().describe("Life of the key. Not together with `expires_at`."),
		expires_at: timestampInput.nullish().describe("When the key expires. Left out or null: never."),
	})
	.refine((input) => input.expires_in_days === undefined || input.expires_at == null, {
		path: ["expires_at"],
		error: "Give expires_in_days or expires_at, not both",
	});
export type CreateKey = z.output<typeof createKeySchema>;

export const listKeysSchema = z
	.strictObject({
		...tenantChoice,
		...page,
		status: z.enum(KEY_STATUSES).optional().describe("Only keys in this state."),
		expires_within_days: z
			.number()
			.int()
			.min(1)
			.max(EXPIRES_IN_DAYS_MAX)
			.optional()
			.describe("Only active keys whose `expires_at` is at most so many days ahead."),
		environment: environment.optional().describe("Only keys of this environment."),
		search: searchText(100)
			.optional()
			.describe("Matches name, key prefix and last four, without regard to case and accents."),
		sort: z.enum(KEY_SORTS).default("-created_at").describe("By what, with `-` in front descending."),
		recent_hours: z
			.number()
			.int()
			.min(1)
			.max(RECENT_HOURS_MAX)
			.optional()
			.describe("Adds `recent_usage` to every item: so many UTC hours, the running one included."),
	})
	// No key is both. An empty list would look like good news; whoever asks for this has made a mistake.
	.refine(
		({ status, expires_within_days }) =>
			expires_within_days === undefined || status === undefined || status === "active",
		{
			path: ["expires_within_days"],
			error: "Only active keys are about to expire: leave out status, or ask for active",
		},
	);
export type ListKeys = z.output<typeof listKeysSchema>;

export const keyListItemSchema = apiKeySchema
	.extend({
		recent_usage: z
			.array(z.number().int())
			.optional()
			.describe(
				"Admitted requests per UTC hour, oldest first, the running hour last; `recent_hours` numbers, absent unless that was given. Like `usage_count` in lists at most `USAGE_FLUSH_SECONDS` behind.",
			),
	})
	.meta({ id: "ListedApiKey" });
export type KeyListItem = z.infer<typeof keyListItemSchema>;

export const keyListSchema = z.object({
	items: z.array(keyListItemSchema),
	next_cursor: nextCursor,
	/** Of everything that matches `environment` and `search`, whatever else was asked for. */
	counts: z.object({
		active: z.number().int(),
		revoked: z.number().int(),
		expired: z.number().int(),
		expiring_soon: z.number().int().describe(`Those of \`active\` that expire within ${EXPIRING_SOON_DAYS} days.`),
	}),
	counts_capped: z
		.literal(true)
		.optional()
		.describe("Present where `search` finds more than 500 keys: each count is that or more then."),
});
export type KeyList = z.infer<typeof keyListSchema>;

export const keyIdSchema = z.strictObject({ ...tenantChoice, id });

/** Absent fields stay as they are; `expires_at: null` means the key never expires. */
export const updateKeySchema = z.strictObject({
	...tenantChoice,
	id,
	name: keyName.optional(),
	scopes: scopes.optional().describe("Replaced whole. An empty list is no restriction."),
	rate_limit: rateLimit.optional().describe("Admitted requests per UTC clock hour."),
	ip_allowlist: ipAllowlist.optional().describe("Replaced whole. Empty: any address."),
	expires_at: timestampInput.nullable().optional().describe("null: never."),
});
export type UpdateKey = z.output<typeof updateKeySchema>;

export const rotateKeySchema = z.strictObject({
	...tenantChoice,
	id,
	expires_in_days: expiresInDays
		.optional()
		.describe("Life of the successor. Default: as long as the old key was given, from now."),
	revoke_previous_after_hours: z
		.number()
		.min(0)
		.max(ROTATION_OVERLAP_HOURS_MAX)
		.optional()
		.describe("When the old key stops by itself. Default: when it is revoked. 0: at once."),
	expected_rotated_to: id
		.nullable()
		.optional()
		.describe(
			"The key's `rotated_to` as the caller knows it: `CONFLICT` if that has changed, so that of two people who rotate at once only one does. Default: whatever it is.",
		),
});
export type RotateKey = z.output<typeof rotateKeySchema>;

/** `previous` is the old key after the rotation. */
export const rotatedKeySchema = issuedKeySchema.extend({ previous: apiKeySchema }).meta({ id: "RotatedApiKey" });
/** The same when it is asked for again: the keys were shown the first time. */
export const createdBeforeSchema = issuedKeySchema.omit({ key: true });
export const rotatedBeforeSchema = rotatedKeySchema.omit({ key: true });
export type RotatedKey = z.infer<typeof rotatedKeySchema>;

export const revokeKeySchema = z.strictObject({ ...tenantChoice, id, reason: line(200).optional() });

/** Every verdict a key can get, in the order in which they are decided. */
const VERDICT_CODES = [
	"NOT_FOUND",
	"REVOKED",
	"EXPIRED",
	"ADDRESS_NOT_ALLOWED",
	"MISSING_SCOPE",
	"RATE_LIMITED",
	"VALID",
] as const;

/** What a presented key is held against. */
const presentation = {
	scope: scope.optional().describe("Scope that the key must grant."),
	ip: z
		.union([z.ipv4(), z.ipv6()], { error: "Must be an IPv4 or IPv6 address" })
		.optional()
		.describe("Address of the caller who presented the key; checked against its allow-list."),
	consume: z.boolean().default(true).describe("false: look without counting the request."),
};

export const verifyKeySchema = z.strictObject({
	...tenantChoice,
	key: z.string().min(1).describe("The key that was presented."),
	...presentation,
});
export type VerifyKey = z.output<typeof verifyKeySchema>;

export const verificationSchema = z
	.object({
		valid: z.boolean(),
		code: z.enum(VERDICT_CODES),
		api_key: apiKeySchema.optional().describe("Absent where the key is unknown."),
		rate_limit: currentHourSchema.omit({ used: true }).optional(),
		retry_after: z.number().int().optional().describe("Whole seconds until the window ends, of `RATE_LIMITED`."),
	})
	.meta({ id: "Verification" });
export type Verification = z.infer<typeof verificationSchema>;

/** What another Worker of the platform tells of a request beside its key. */
export const keyPresentationSchema = z.strictObject({
	...presentation,
	endpoint: z
		.string()
		.min(1)
		.max(100)
		.default("verify")
		.describe("What was called, such as `GET /orders`, for the key's list of recent callers."),
	user_agent: z.string().nullable().default(null).describe("The caller's `User-Agent`, for the same list."),
});
export type KeyPresentation = z.input<typeof keyPresentationSchema>;

export const scopeListSchema = z.object({
	items: z.array(z.object({ scope: z.enum(SCOPES), grants: z.string() })),
});
export const scopeList: z.infer<typeof scopeListSchema> = { items: [...SCOPE_CATALOGUE] };
