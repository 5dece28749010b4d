/** Keys of another system, imported with their hashes: the keys themselves are not known here. */
import { z } from "zod";
import { HASH_KINDS } from "../../db/enums.ts";
import { environment, ipAllowlist, keyName, rateLimit, scopes } from "./api-key.ts";
import { tenantChoice, timestampInput } from "./common.ts";
import { IMPORTED_KEY_PREFIX } from "./key-pattern.ts";

/** What one request can import: its body stays below 1 MiB, and D1 writes it in one batch. */
const IMPORT_MAX = 500;

/** Cost 12 takes a third of a second of CPU. Each step doubles it. */
const BCRYPT = /^\$2[aby]\$(?:0[4-9]|1[0-2])\$[./0-9A-Za-z]{53}$/;
/** Far above any real usage, and far below the largest exact integer, so that no number of requests reaches that. */
const USAGE_MAX = 1_000_000_000_000;
const SHA256 = /^[0-9a-f]{64}$/;

/** One key of another system. Unknown fields are rejected: a misspelt `ip_allowlist` must not import an unprotected key. */
export const importedKeySchema = z
	.strictObject({
		name: keyName.describe("Shown in lists and in the audit trail."),
		environment: environment.describe("`live` for `sk_live_…`, `test` for `sk_test_…`."),
		key_prefix: z
			.string()
			.regex(IMPORTED_KEY_PREFIX, "Must be sk_live_ or sk_test_ and the next 4 to 12 characters of the key")
			.describe("The start of the key that the other system stores and shows: `sk_live_` and 4 to 12 characters."),
		hash: z.string().max(100).describe("The hash of the whole key: bcrypt (`$2b$…`, cost 4 to 12), or SHA-256 in hex."),
		hash_kind: z.enum(HASH_KINDS),
		scopes: scopes.describe("What the key may do. An empty list grants every scope."),
		rate_limit: rateLimit.describe("Maximum admitted requests per UTC clock hour."),
		ip_allowlist: ipAllowlist.default([]).describe("IP addresses and CIDR blocks that may use the key. Empty: all."),
		expires_at: timestampInput.nullish().describe("When the key expires, or has expired. Absent or null: never."),
		created_at: timestampInput.describe("When the other system created the key."),
		revoked_at: timestampInput
			.nullish()
			.describe("When the key was revoked or deactivated. Absent or null: the key is active."),
		last_used_at: timestampInput.nullish().describe("When the key was last used. Absent or null: never, or unknown."),
		usage_count: z
			.number()
			.int()
			.min(0)
			.max(USAGE_MAX)
			.default(0)
			.describe("Requests that the other system admitted. `usage_count` of the API key continues from it."),
	})
	.check(({ value, issues }) => {
		const { environment, key_prefix, hash, hash_kind } = value;
		const report = (path: string, message: string) =>
			issues.push({ code: "custom", path: [path], message, input: undefined });
		if (!key_prefix.startsWith(`sk_${environment}_`)) report("environment", "Must match the environment in key_prefix");
		// The message doesn't quote the hash: responses must not contain one.
		if (hash_kind === "bcrypt" && !BCRYPT.test(hash))
			report("hash", "Must be a bcrypt hash that begins with $2a$, $2b$ or $2y$, with a cost from 4 to 12");
		if (hash_kind === "sha256" && !SHA256.test(hash)) report("hash", "Must be 64 hexadecimal digits in lower case");
	});
export type ImportedKey = z.output<typeof importedKeySchema>;

export const importKeysSchema = z.strictObject({
	...tenantChoice,
	keys: z
		.array(z.unknown().meta({ item: importedKeySchema }))
		.min(1)
		.max(IMPORT_MAX)
		.describe("The keys. Invalid ones are reported, and the others are imported."),
});
export type ImportKeys = z.output<typeof importKeysSchema>;

const importedItemSchema = z.object({
	index: z.int32().describe("Position in `keys`, from 0."),
	result: z
		.enum(["created", "existing", "error"])
		.describe("`existing`: this key was imported before, and nothing was changed."),
	id: z.string().nullable().describe("Id of the API key. It stays the same after the key is deleted. null: error."),
	errors: z
		.array(z.object({ field: z.string(), message: z.string() }))
		.optional()
		.describe("What is wrong with the item, by field. Present with `error`."),
});

export const keysImportedSchema = z
	.object({
		created: z.int32(),
		existing: z.int32(),
		failed: z.int32(),
		total: z.int32(),
		items: z.array(importedItemSchema).describe("One for each item of `keys`, in the same order."),
		accepted: z
			.boolean()
			.describe(
				"Whether the service accepts imported keys at the moment. It does while its setting LEGACY_KEYS is on.",
			),
	})
	.meta({ id: "KeysImported" });
export type KeysImported = z.infer<typeof keysImportedSchema>;
export type ImportedItem = KeysImported["items"][number];
