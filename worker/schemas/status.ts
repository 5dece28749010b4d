/** What the canary has measured, for everyone. */
import { z } from "zod";
import { timestamp } from "./common.ts";

const count = z.number().int().min(0);

const percentiles = z
	.object({
		p50: count.describe("Half of the measurements took at most this long, in milliseconds."),
		p99: count.describe("99 % of the measurements took at most this long, in milliseconds."),
	})
	.nullable();

const counts = {
	measured_minutes: count.describe("Minutes in which the canary has measured the service."),
	missing_minutes: count.describe("Minutes without a measurement: the service or the canary was not available."),
	late_admissions: count.describe("Requests that were sent after the response to a revocation, and admitted."),
	limit_error: count.describe("Admissions more or fewer than the limit, in total. Each run tries a limit of 20."),
	admission_ms: percentiles.describe("How long an admitted request took."),
};

const publishedSchema = z.object({
	since: timestamp.nullable().describe("First minute of the last 30 days that counts. Null: there is no measurement."),
	last_measured_at: timestamp.nullable().describe("The last minute that was measured."),
	updated_at: timestamp,
	...counts,
	refused_after_ms: percentiles.describe("From the response to a revocation until the first refusal."),
	days: z.array(z.object({ date: z.iso.date().describe("In UTC."), ...counts })).describe("Newest first."),
});

/** What the canary's run publishes. */
export type ServiceStatus = z.infer<typeof publishedSchema>;

export const serviceStatusSchema = publishedSchema
	.extend({ measuring: z.boolean().describe("Whether a measurement was made in the last five minutes.") })
	.meta({ id: "ServiceStatus" });

export type PublicStatus = z.infer<typeof serviceStatusSchema>;
