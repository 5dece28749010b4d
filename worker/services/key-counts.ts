/** How many keys are in each state at an instant, from sums that the database keeps (see `api_key_tallies`). */
import { sql } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import type { Environment } from "../../db/enums.ts";
import type { KeyList } from "../schemas/api-key.ts";

/** Sizes of the spans that are summed up, as powers of two, and the step from one to the next. */
const LARGEST_SPAN = 36;
const STEP = 4;
/** Of the largest, the bucket of what holds from the beginning. */
const FROM_THE_BEGINNING = -1;

/**
 * The spans that make up all time before `instant`: of the largest all that have passed, of each smaller one those
 * since the last larger one. Each as its size, the first bucket, and the one after the last.
 */
function spansBefore(instant: number): [span: number, from: number, to: number][] {
	// Instants have more bits than a number can be shifted by.
	const bucket = (span: number) => Math.floor(instant / 2 ** span);
	const spans: [number, number, number][] = [[LARGEST_SPAN, FROM_THE_BEGINNING, bucket(LARGEST_SPAN)]];
	for (let span = LARGEST_SPAN - STEP; span >= 0; span -= STEP)
		spans.push([span, bucket(span + STEP) * 2 ** STEP, bucket(span)]);
	return spans;
}

/** One row: how many keys the tenant has, whatever their state. Every key is counted once in what holds from the beginning. */
export function keysOf(db: Database, tenantId: string) {
	return db
		.select({ keys: sql<number>`coalesce(sum(active + revoked), 0)` })
		.from(sql`api_key_tallies`)
		.where(sql`tenant_id = ${tenantId} and span = ${LARGEST_SPAN} and bucket = ${FROM_THE_BEGINNING}`);
}

/** One row: the counts at `instant`, which may lie ahead. Reads at most 15 rows of each size and environment, however many keys there are. */
export function countsAt(db: Database, tenantId: string, instant: number, environment: Environment | undefined) {
	const sum = (column: keyof KeyList["counts"]) => sql<number>`coalesce(sum(${sql.raw(column)}), 0)`;
	return db
		.select({
			active: sum("active"),
			revoked: sum("revoked"),
			expired: sum("expired"),
			expiring_soon: sum("expiring_soon"),
		})
		.from(sql`json_each(${JSON.stringify(spansBefore(instant + 1))}) as spans cross join api_key_tallies as tallies`)
		.where(
			sql`tallies.tenant_id = ${tenantId} and span = json_extract(spans.value, '$[0]')
				and bucket >= json_extract(spans.value, '$[1]') and bucket < json_extract(spans.value, '$[2]')
				${environment === undefined ? sql`` : sql`and environment = ${environment}`}`,
		);
}
