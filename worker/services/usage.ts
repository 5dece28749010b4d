/**
 * Requests of one key per hour or day: what D1 has by the hour and, for older time, by the day, and from the gate the hours that
 * D1 may not have yet.
 */
import { and, eq, gt, gte, lt } from "drizzle-orm";
import { usageDaily, usageHourly } from "../../db/schema.ts";
import { invalidField } from "../errors.ts";
import { DAY_MS, HOUR_MS, toTimestamp } from "../schemas/time.ts";
import type { Usage, UsageQuery } from "../schemas/usage.ts";
import type { Deps } from "./deps.ts";
import { readFromGate } from "./gates.ts";

/** Size of a bucket, default span, and most buckets of one response. */
const GRANULARITIES = {
	hour: { size: HOUR_MS, span: DAY_MS, max: 92 * 24 },
	day: { size: DAY_MS, span: 30 * DAY_MS, max: 366 },
} as const;

/** Buckets from `from` to `to` without gaps, and their totals. */
export async function keyUsage(deps: Deps, tenantId: string, input: UsageQuery): Promise<Usage> {
	const { size, span, max } = GRANULARITIES[input.granularity];
	// The default end includes the current bucket, even in its first millisecond.
	const end = input.to === undefined ? deps.now + 1 : Date.parse(input.to);
	const begin = input.from === undefined ? end - span : Date.parse(input.from);
	if (begin >= end) throw invalidField("from", "Must be before `to`");
	const from = Math.floor(begin / size) * size;
	const to = Math.ceil(end / size) * size;
	if ((to - from) / size > max)
		throw invalidField("from", `At most ${max} buckets of one ${input.granularity} each. Request a shorter time`);

	const target = { keyId: input.id, tenantId };
	const live = await readFromGate(deps, target, (gate) => gate.liveHours(input.id, tenantId));
	const [stored, summed] = await deps.db.batch([
		deps.db
			.select()
			.from(usageHourly)
			.where(
				and(
					eq(usageHourly.keyId, input.id),
					eq(usageHourly.tenantId, tenantId),
					gte(usageHourly.hour, from),
					lt(usageHourly.hour, to),
				),
			),
		deps.db
			.select()
			.from(usageDaily)
			.where(
				and(
					eq(usageDaily.keyId, input.id),
					eq(usageDaily.tenantId, tenantId),
					gt(usageDaily.day, from - DAY_MS),
					lt(usageDaily.day, to),
				),
			),
	]);
	const days = new Map(summed.map((row) => [row.day, row]));
	// The hours of the gate are newer, so they replace those of D1. A day that was summed up contains its hours.
	const hours = new Map([...stored, ...live].map((row) => [row.hour, row]));
	const requestsOf = (hour: number) =>
		days.get(hour) ?? (days.has(hour - (hour % DAY_MS)) ? undefined : hours.get(hour));

	const totals = { allowed: 0, rate_limited: 0, denied: 0 };
	const buckets: Usage["buckets"] = [];
	for (let start = from; start < to; start += size) {
		const bucket = { start: toTimestamp(start), allowed: 0, rate_limited: 0, denied: 0 };
		for (let hour = start; hour < start + size; hour += HOUR_MS) {
			const row = requestsOf(hour);
			bucket.allowed += row?.allowed ?? 0;
			bucket.rate_limited += row?.rateLimited ?? 0;
			bucket.denied += row?.denied ?? 0;
		}
		totals.allowed += bucket.allowed;
		totals.rate_limited += bucket.rate_limited;
		totals.denied += bucket.denied;
		buckets.push(bucket);
	}
	if (input.granularity === "day" || summed.length === 0) return { buckets, totals };
	return { buckets, totals, hours_since: toTimestamp(Math.max(...days.keys()) + DAY_MS) };
}
