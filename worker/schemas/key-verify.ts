/** Verification of a presented key, over REST, tRPC and the service binding. */
import { z } from "zod";
import { apiKeySchema, currentHourSchema, scope } from "./api-key.ts";
import { tenantChoice } from "./common.ts";

/** Every verdict on a key, in the order in which they are decided. */
export const VERDICT_CODES = [
	"NOT_FOUND",
	"REVOKED",
	"EXPIRED",
	"TENANT_SUSPENDED",
	"ADDRESS_NOT_ALLOWED",
	"MISSING_SCOPE",
	"RATE_LIMITED",
	"VALID",
] as const;

/** What a presented key is checked against. */
const presentation = {
	scope: scope.optional().describe("Scope that the key must have."),
	ip: z
		.string()
		.nullish()
		.describe(
			"IP address of the caller who presented the key, with or without a port. Checked against the key's allow-list. Text that is not one IP address counts as unknown, which no allow-list admits.",
		),
	consume: z.boolean().default(true).describe("false: check the key without counting a request."),
};

export const verifyKeySchema = z.strictObject({
	...tenantChoice,
	key: z.string().min(1).describe("The key to verify."),
	...presentation,
});
export type VerifyKey = z.output<typeof verifyKeySchema>;

export const verificationSchema = z
	.object({
		valid: z.boolean(),
		code: z.enum(VERDICT_CODES),
		api_key: apiKeySchema.optional().describe("Absent if the key is unknown."),
		rate_limit: currentHourSchema.omit({ used: true }).optional(),
		retry_after: z.int32().optional().describe("Seconds until the current hour ends. Present with `RATE_LIMITED`."),
	})
	.meta({ id: "Verification" });
export type Verification = z.infer<typeof verificationSchema>;

/** What another Worker of the platform sends with a key. */
export const keyPresentationSchema = z.strictObject({
	...presentation,
	endpoint: z
		.string()
		.min(1)
		.max(100)
		.default("verify")
		.describe("The endpoint that was called, such as `GET /orders`. Shown in the key's recent callers."),
	user_agent: z
		.string()
		.nullable()
		.default(null)
		.describe("The caller's `User-Agent`. Shown in the key's recent callers."),
});
export type KeyPresentation = z.input<typeof keyPresentationSchema>;
