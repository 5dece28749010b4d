/** What the operators of the platform see of the running service. */
import { z } from "zod";
import { id, tenantChoice, timestamp } from "./common.ts";

export const operationsOverviewInput = z.strictObject(tenantChoice);
export const operationsSecretsInput = z.strictObject(tenantChoice);

/** Enough to see who has work to do. The list of a tenant's keys shows which keys. */
export const TENANTS_SHOWN_MAX = 20;

/** What the service needs in order to work. `GET /readyz` checks the same. */
const CHECKS = ["database", "schema", "gate", "jurisdiction", "product_data"] as const;

const checkSchema = z.object({
	name: z.enum(CHECKS).describe("What was checked."),
	ok: z.boolean().describe("Whether it responded in time."),
	milliseconds: z.number().int().describe("How long the response took."),
});

export const operationsOverviewSchema = z
	.object({
		checks: z.array(checkSchema).describe("What the service needs, checked just now."),
		version: z
			.object({
				id: z.string().describe("Cloudflare's id of the version."),
				tag: z.string().describe("Its tag, if the deployment has set one."),
				created_at: z.string(),
			})
			.nullable()
			.describe("The version of the Worker that responds. Null if Cloudflare doesn't provide it."),
		tasks: z
			.array(
				z.object({
					name: z.string(),
					last_success_at: timestamp.nullable(),
					last_failure_at: timestamp.nullable(),
				}),
			)
			.describe("Scheduled tasks, with the last success and the last failure of each."),
		canary: z
			.object({
				enabled: z.boolean().describe("Whether the configuration switches it on."),
				last: z
					.object({
						at: timestamp,
						error: z.string().nullable().describe("Why nothing was measured."),
						late_admissions: z.number().int().nullable(),
						rate_limit: z.number().int().nullable(),
						admitted: z.number().int().nullable(),
						refused_after_ms: z.number().int().nullable(),
					})
					.nullable()
					.describe("The last run. Null: there is none."),
			})
			.describe("The measurement of every minute. `GET /v1/status` has the last 30 days."),
		waiting: z
			.object({
				sweeps: z.number().int().describe("Suspensions and deletions of tenants in progress."),
				failed_gates: z.number().int().describe("Gates that have not acknowledged one of them."),
				stalled_jobs: z.number().int().describe("Running jobs that have not advanced for five minutes."),
				unlisted_keys: z.number().int().describe("Keys that are in use and missing from lists."),
			})
			.describe("Work that is not done yet."),
	})
	.meta({ id: "OperationsOverview" });

/** The secrets that have generations. */
const GENERATIONS = ["JWT_SECRET", "SERVICE_ROLE_KEY", "KEY_PEPPER", "SIGNING_KEY"] as const;

const dependents = z.object({
	api_keys: z.number().int().describe("Active API keys whose tag was made with the secret, or may have been."),
	management_tokens: z.number().int().describe("Active management tokens, in the same way."),
});

const secretSchema = z.object({
	name: z.enum(GENERATIONS).describe("The variable that holds the secret."),
	id: z.string().describe("Identifies the secret without revealing it. Keys show it as `pepper_id`, tokens as `kid`."),
	since: timestamp.nullable().describe("When the service was first seen with the secret. Null: not recorded yet."),
	previous: z
		.object({
			id: z.string(),
			since: timestamp.nullable(),
			last_used_at: timestamp
				.nullable()
				.describe(
					"When a token of the previous `JWT_SECRET`, or the previous `SERVICE_ROLE_KEY`, was last used, to the minute.",
				),
			dependents: dependents
				.extend({ is_lower_bound: z.boolean().describe("True: there are more API keys than were counted.") })
				.nullable()
				.describe("Null for secrets that no API key depends on."),
			tenants: z
				.array(dependents.extend({ id, name: z.string() }))
				.describe(`The ${TENANTS_SHOWN_MAX} tenants with the most dependents.`),
			removable_at: timestamp
				.nullable()
				.describe(
					"When the previous secret can be removed without refusing a valid credential. A time in the past: now. Null: as soon as nothing depends on it. Expired keys are not counted: to extend one, rotate it first.",
				),
		})
		.nullable()
		.describe("Null: no previous secret is configured."),
	missing: z
		.array(z.object({ id: z.string(), api_keys: z.number().int() }))
		.describe("Secrets that active API keys need, and that are not configured: requests with those keys are refused."),
});
export type SecretState = z.infer<typeof secretSchema>;

export const operationsSecretsSchema = z.object({ secrets: z.array(secretSchema) }).meta({ id: "OperationsSecrets" });
export type OperationsSecrets = z.infer<typeof operationsSecretsSchema>;

/** Each key costs a call of its gate. */
const DELIVERIES_MAX = 50;

export const deliveriesInput = z.strictObject({
	...tenantChoice,
	key_ids: z.array(id).min(1).max(DELIVERIES_MAX).describe("Ids of API keys, of any tenant."),
});
export type DeliveriesInput = z.output<typeof deliveriesInput>;

const deliverySchema = z.object({
	key_id: id,
	tenant_id: id,
	waiting_since: timestamp
		.nullable()
		.describe(
			"Since when the oldest change or usage waits for its delivery to the database. Null: nothing is late. Usage that waits for the next regular delivery is not late.",
		),
	failures: z
		.number()
		.int()
		.nullable()
		.describe(
			"How many deliveries have failed in a row. Null: the gate could not be asked, so nothing is known. Retry in a minute.",
		),
	failing_since: timestamp.nullable().describe("When the first of them failed."),
});

export const deliveriesSchema = z
	.object({
		items: z
			.array(deliverySchema)
			.describe("In the order of `key_ids`, each key once. Keys that the database doesn't know are left out."),
	})
	.meta({ id: "Deliveries" });
export type Deliveries = z.infer<typeof deliveriesSchema>;

export type Check = z.infer<typeof checkSchema>;
export type OperationsOverview = z.infer<typeof operationsOverviewSchema>;
