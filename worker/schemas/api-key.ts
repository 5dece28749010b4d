/** The API key object, and the inputs and outputs of the operations that make and change it. */
import { z } from "zod";
import { AUTHENTICATIONS, ENVIRONMENTS, KEY_ORIGINS, KEY_STATUSES, SCOPE_CATALOGUE, SCOPES } from "../../db/enums.ts";
import { id, line, tenantChoice, timestamp, timestampInput } from "./common.ts";

const RATE_LIMIT_MAX = 1_000_000;
export const EXPIRES_IN_DAYS_MAX = 3_650;
const IP_ALLOWLIST_MAX = 50;
const ROTATION_OVERLAP_HOURS_MAX = 720;
export const environment = z.enum(ENVIRONMENTS);
export const authentication = z.enum(AUTHENTICATIONS);
export const scope = z.enum(SCOPES, { error: `Unknown scope. Known scopes: ${SCOPES.join(", ")}` });

export const scopes = z
	.array(scope)
	.max(SCOPES.length * 2)
	.transform((list) => [...new Set(list)]);
export const rateLimit = z.number().int().min(1).max(RATE_LIMIT_MAX);
const ipRange = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
	error: "Must be an IPv4 or IPv6 address, or a CIDR block such as 203.0.113.0/24",
});
/**
 * Names appear inside sentences such as "Revoke …?". Unicode's explicit directional formatting (UAX #9) could reorder the
 * words around a name, so a name must not contain it. Right-to-left scripts do not need it.
 */
export const keyName = line(100, {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern excludes them
	pattern: /^[^\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]*$/,
	error: "Must not contain control characters or characters that change the text direction",
});
export const ipAllowlist = z.array(ipRange).max(IP_ALLOWLIST_MAX);
const expiresInDays = z.number().int().min(1).max(EXPIRES_IN_DAYS_MAX);

/** The API key object. It never contains the secret. */
export const apiKeySchema = z
	.object({
		id,
		tenant_id: id,
		name: z.string(),
		environment,
		key_prefix: z
			.string()
			.describe("First 12 characters of the key. Of an imported key: the prefix that it was imported with."),
		last_four: z.string().describe("Empty for an imported key that was not used here yet."),
		scopes: z.array(z.string()).describe("Empty: every scope."),
		rate_limit: z.int32().describe("Maximum admitted requests per UTC clock hour."),
		ip_allowlist: z.array(z.string()).describe("IP addresses and CIDR blocks that may use the key. Empty: all."),
		status: z.enum(KEY_STATUSES),
		created_at: timestamp,
		created_by: z.string(),
		expires_at: timestamp.nullable(),
		revoked_at: timestamp.nullable(),
		revoked_by: z.string().nullable(),
		revokes_at: timestamp.nullable().describe("When a rotated key stops working; null if no such time is set."),
		rotated_from: z.string().nullable(),
		rotated_to: z.string().nullable(),
		usage_count: z.number().int().describe("Admitted requests since the key was created."),
		last_used_at: timestamp.nullable(),
		version: z
			.number()
			.int()
			.describe(
				"Increases with every change. Send it back as `expected_version` to avoid overwriting a concurrent change.",
			),
		pepper_id: z
			.string()
			.nullable()
			.describe(
				"Identifies the server secret that the key's tag was made with. Null for a key of an earlier release that was not used since, and for an imported key, which has no tag.",
			),
		authentication: authentication.describe(
			"`bearer`: requests carry the key. `signed`: requests carry a signature, made with a secret that is never sent.",
		),
		origin: z.enum(KEY_ORIGINS).describe("`imported`: from another system, with its hash. `created`: made here."),
	})
	.meta({ id: "ApiKey" });
export type ApiKey = z.infer<typeof apiKeySchema>;

/** The key's requests in the current hour. */
export const currentHourSchema = z
	.object({
		used: z.int32(),
		limit: z.int32(),
		remaining: z.int32(),
		resets_at: timestamp,
	})
	.meta({ id: "CurrentHour" });

/** A recent caller of the key: an IP address with a user agent and an endpoint. */
const callerSchema = z
	.object({
		ip: z.string(),
		user_agent: z.string(),
		endpoint: z.string().describe("Method and route, such as `POST /v1/sync_activities`."),
		last_seen_at: timestamp,
		count: z.number().int().describe("Requests, admitted and refused."),
		refused: z.number().int().describe("Refused requests among them."),
	})
	.meta({ id: "Caller" });

/** One API key, read live from its gate. */
export const apiKeyDetailSchema = apiKeySchema
	.extend({
		current_hour: currentHourSchema,
		recent_callers: z.array(callerSchema).describe("Most recent first; at most 20."),
	})
	.meta({ id: "ApiKeyDetail" });
export type ApiKeyDetail = z.infer<typeof apiKeyDetailSchema>;

const signingSecret = z
	.string()
	.nullable()
	.describe(
		"The secret that signs requests, for a key with `authentication: signed`; otherwise null. No other response contains it.",
	);

/** The only response that contains the key. */
export const issuedKeySchema = z.object({
	key: z
		.string()
		.describe(
			"The key. It is the credential, or with `authentication: signed` its public name. No other response contains it.",
		),
	secret: signingSecret,
	api_key: apiKeySchema,
});
export type IssuedKey = z.infer<typeof issuedKeySchema>;

/** Unknown fields are rejected: a misspelt `ip_allowlist` must not create an unprotected key. */
export const createKeySchema = z
	.strictObject({
		...tenantChoice,
		name: keyName.describe("Shown in lists and in the audit trail."),
		environment: environment
			.default("live")
			.describe("Whether the key reads and writes `live` or `test` data. Cannot be changed later."),
		scopes: scopes
			.default(["default:sync"])
			.describe('What the key may do. Default: `["default:sync"]`. An empty list grants every scope.'),
		authentication: authentication
			.default("bearer")
			.describe(
				"`bearer`: requests carry the key. `signed`: requests carry a signature, and the response has a `secret` to sign with. Cannot be changed later.",
			),
		rate_limit: rateLimit.default(1_000).describe("Maximum admitted requests per UTC clock hour."),
		ip_allowlist: ipAllowlist.default([]).describe("IP addresses and CIDR blocks that may use the key. Empty: all."),
		expires_in_days: expiresInDays
			.optional()
			.describe("Days until the key expires. Cannot be combined with `expires_at`."),
		expires_at: timestampInput.nullish().describe("When the key expires. Absent or null: never."),
	})
	.refine((input) => input.expires_in_days === undefined || input.expires_at == null, {
		path: ["expires_at"],
		error: "Send expires_in_days or expires_at, not both",
	});
export type CreateKey = z.output<typeof createKeySchema>;

export const keyIdSchema = z.strictObject({ ...tenantChoice, id });

/** The key's `version` as the caller knows it. */
const expectedVersion = z
	.number()
	.int()
	.min(1)
	.optional()
	.describe(
		"The key's `version` that the caller last saw. If it has changed, the request fails with `CONFLICT`. Default: not checked.",
	);

/** Absent fields keep their value. `expires_at: null` means that the key never expires. */
export const updateKeySchema = z.strictObject({
	...tenantChoice,
	id,
	name: keyName.optional(),
	scopes: scopes
		.optional()
		.describe(
			"Replaces the list. An empty list grants every scope. For a restricted key that takes `unrestricted: true`.",
		),
	unrestricted: z
		.boolean()
		.optional()
		.describe("Confirms that an empty list of scopes makes a restricted key unrestricted. It has no effect otherwise."),
	rate_limit: rateLimit.optional().describe("Maximum admitted requests per UTC clock hour."),
	ip_allowlist: ipAllowlist.optional().describe("Replaces the list. Empty: all IP addresses."),
	expires_at: timestampInput.nullable().optional().describe("When the key expires. null: never."),
	expected_version: expectedVersion,
});
export type UpdateKey = z.output<typeof updateKeySchema>;

export const rotateKeySchema = z.strictObject({
	...tenantChoice,
	id,
	expires_in_days: expiresInDays
		.optional()
		.describe("Days until the successor expires. Default: the same lifetime as the old key was created with."),
	revoke_previous_after_hours: z
		.number()
		.min(0)
		.max(ROTATION_OVERLAP_HOURS_MAX)
		.optional()
		.describe(
			"Hours until the old key is revoked automatically. 0: immediately. Default: it works until it is revoked.",
		),
	expected_rotated_to: id
		.nullable()
		.optional()
		.describe(
			"The `rotated_to` that the caller last saw. If it has changed, the request fails with `CONFLICT`, so that only one of two concurrent rotations succeeds. Default: not checked.",
		),
	expected_version: expectedVersion,
});
export type RotateKey = z.output<typeof rotateKeySchema>;

/** `previous` is the old key after the rotation. */
export const rotatedKeySchema = issuedKeySchema.extend({ previous: apiKeySchema });
export type RotatedKey = z.infer<typeof rotatedKeySchema>;

/**
 * The REST responses to create and rotate, with and without a replay. One schema for both statuses: code generators use
 * only one of several successes, and a client that rejects the other loses a secret that is shown once.
 */
const key = z
	.string()
	.nullable()
	.describe(
		"The key. It is the credential, or with `authentication: signed` its public name. No other response contains it. null if an earlier request with this `Idempotency-Key` created the key.",
	);
export const createdKeySchema = issuedKeySchema.extend({ key }).meta({ id: "IssuedApiKey" });
export const rotatedOrReplayedSchema = rotatedKeySchema.extend({ key }).meta({ id: "RotatedApiKey" });

export const revokeKeySchema = z.strictObject({
	...tenantChoice,
	id,
	reason: line(200).optional(),
	expected_version: expectedVersion,
});
export type RevokeKey = z.output<typeof revokeKeySchema>;

export const deleteKeySchema = keyIdSchema.extend({ expected_version: expectedVersion });
export type DeleteKey = z.output<typeof deleteKeySchema>;

export const scopeListSchema = z.object({
	items: z.array(z.object({ scope: z.enum(SCOPES), grants: z.string() })),
});
export const scopeList: z.infer<typeof scopeListSchema> = { items: [...SCOPE_CATALOGUE] };
