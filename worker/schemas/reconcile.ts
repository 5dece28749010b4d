/** What `npm run reconcile` sends and receives. */
import { z } from "zod";
import { RECONCILE_OUTCOMES } from "../../db/enums.ts";
import { id, tenantChoice, timestamp, timestampInput } from "./common.ts";

/** Each key costs a call of its gate and a few statements in D1. */
const KEYS_MAX = 50;

const dryRun = z.boolean().default(false).describe("Compare only, and change nothing.");

export const reconcileKeysSchema = z.strictObject({
	...tenantChoice,
	after: z.string().max(40).default("").describe("`next_after` of the response before; leave it out to begin."),
	limit: z.int32().min(1).max(KEYS_MAX).default(KEYS_MAX).describe("How many keys to compare."),
	dry_run: dryRun,
});
export type ReconcileKeys = z.output<typeof reconcileKeysSchema>;

export const reconcileObjectsSchema = z.strictObject({
	...tenantChoice,
	object_ids: z
		.array(z.string().regex(/^[0-9a-f]{64}$/, "Must be the id of a Durable Object: 64 hexadecimal digits"))
		.min(1)
		.max(KEYS_MAX)
		.describe("Ids of objects of the class KeyGate, as Cloudflare lists them. Each must exist."),
	dry_run: dryRun,
});
export type ReconcileObjects = z.output<typeof reconcileObjectsSchema>;

const reconciledSchema = z.object({
	key_id: id.nullable().describe("Null: the object has no key."),
	tenant_id: id.nullable(),
	outcome: z
		.enum([...RECONCILE_OUTCOMES, "failed"])
		.describe(
			"What was found: see [after a restore](disasters.md#after-a-restore). `failed`: no comparison was possible.",
		),
	repaired: z.boolean().describe("False: a difference is left. Ignore it in a dry run."),
});
export type Reconciled = z.infer<typeof reconciledSchema>;

export const reconcilePageSchema = z
	.object({
		items: z.array(reconciledSchema).describe("In the order of the keys or of `object_ids`."),
		suspensions: z
			.array(z.object({ tenant_id: id, suspended: z.boolean() }))
			.describe("Tenants whose last suspension or resumption the database had lost. It has now taken it over."),
		next_after: z.string().nullable().describe("Where to continue; null at the end."),
	})
	.meta({ id: "ReconcilePage" });
export type ReconcilePage = z.infer<typeof reconcilePageSchema>;

export const openTokensSchema = z.strictObject({
	...tenantChoice,
	created_before: timestampInput.describe("The time of the restore."),
	after: z.string().max(40).default("").describe("`next_after` of the response before; leave it out to begin."),
	revoke: z.boolean().default(false).describe("Revoke the tokens instead of only listing them."),
});
export type RevokeTokens = z.output<typeof openTokensSchema>;

export const openTokenListSchema = z
	.object({
		items: z.array(
			z.object({
				id,
				tenant_id: id,
				name: z.string(),
				created_at: timestamp,
				last_used_at: timestamp.nullable(),
			}),
		),
		next_after: z.string().nullable().describe("Where to continue; null at the end."),
	})
	.meta({ id: "OpenTokens" });
export type OpenTokens = z.infer<typeof openTokenListSchema>;
