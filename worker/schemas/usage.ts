/** Requests per hour or day. */
import { z } from "zod";
import { id, tenantChoice, timestamp, timestampInput } from "./common.ts";

export const usageQuerySchema = z.strictObject({
	...tenantChoice,
	id,
	from: timestampInput.optional().meta({
		description: "Start, rounded down to a whole bucket. Default: 24 hours before `to`, or 30 days with `day`.",
		example: "2026-02-03T00:00:00Z",
	}),
	to: timestampInput.optional().meta({
		description: "End, exclusive, rounded up to a whole bucket. Default: now.",
		example: "2026-02-04T00:00:00Z",
	}),
	granularity: z.enum(["hour", "day"]).default("hour").describe("Length of a bucket, in UTC."),
});
export type UsageQuery = z.output<typeof usageQuerySchema>;

const counts = {
	allowed: z.number().int().describe("Admitted requests."),
	rate_limited: z.number().int().describe("Requests refused with 429."),
	denied: z
		.number()
		.int()
		.describe(
			"Refused because the key was revoked or expired, the scope was missing, or the IP address was not allowed. Refusals of a revoked key can be counted a few seconds late.",
		),
};

/** Buckets in chronological order, without gaps. Hours and days are UTC. */
export const usageSchema = z
	.object({
		buckets: z.array(z.object({ start: timestamp, ...counts })),
		totals: z.object(counts),
		hours_since: timestamp
			.optional()
			.describe(
				"With `granularity=hour`, present if `from` is earlier. Until this instant, the requests of a whole UTC day are in the bucket of its first hour, because hours are kept for 35 days.",
			),
	})
	.meta({ id: "Usage" });
export type Usage = z.infer<typeof usageSchema>;
