/** Requests per hour or day. */
import { z } from "zod";
import { id, tenantChoice, timestamp, timestampInput } from "./common.ts";

export const usageQuerySchema = z.strictObject({
	...tenantChoice,
	id,
	/** Start, rounded down to a whole bucket. Default: 24 hours, or 30 days, before `to`. */
	from: timestampInput.optional(),
	/** End, exclusive, rounded up to a whole bucket. Default: now. */
	to: timestampInput.optional(),
	granularity: z.enum(["hour", "day"]).default("hour"),
});
export type UsageQuery = z.output<typeof usageQuerySchema>;

const counts = {
	/** Admitted. */
	allowed: z.number().int(),
	/** Refused with 429. */
	rate_limited: z.number().int(),
	/**
	 * Refused because the key was revoked or expired, the scope missing or the address not allowed. Of a revoked key
	 * only one refusal in ten seconds is counted at each location; the others are given from memory.
	 */
	denied: z.number().int(),
};

/** Buckets in order of time, without gaps. Hours and days are UTC. */
export const usageSchema = z
	.object({
		buckets: z.array(z.object({ start: timestamp, ...counts })),
		totals: z.object(counts),
	})
	.meta({ id: "Usage" });
export type Usage = z.infer<typeof usageSchema>;
