/**
 * What the canary has measured in the last 30 days, as `/status` publishes it. A day that is over is summed up once and kept in
 * `service_state`, so that a request reads the runs of today alone.
 */
import { and, like, lt, sql } from "drizzle-orm";
import type { Database } from "../../../db/client.ts";
import { canaryRuns, serviceState } from "../../../db/schema.ts";
import type { ServiceStatus } from "../../schemas/status.ts";
import { DAY_MS, MINUTE_MS, toTimestamp } from "../../schemas/time.ts";
import type { Deps } from "../deps.ts";
import { RUNS_KEPT_DAYS } from "./run.ts";

/** How often each number of milliseconds was measured. */
type Histogram = [milliseconds: number, count: number][];

interface DaySummary {
	/** First millisecond of the day. */
	day: number;
	/** First minute with a run; null: the day has none. */
	first: number | null;
	measured: number;
	lateAdmissions: number;
	limitError: number;
	admissions: Histogram;
	refusals: Histogram;
}

const STORED = "canary day: ";

const dayOf = (at: number): number => at - (at % DAY_MS);

async function summarize(db: Database, day: number): Promise<DaySummary> {
	const ofDay = sql`${canaryRuns.minute} >= ${day} and ${canaryRuns.minute} < ${day + DAY_MS}`;
	const [[totals], admissions, refusals] = await Promise.all([
		db.all<{ first: number | null; measured: number; late: number; limit_error: number }>(sql`
			select min(minute) as first, count(*) filter (where error is null) as measured,
				coalesce(sum(late_admissions), 0) as late, coalesce(sum(abs(admitted - rate_limit)), 0) as limit_error
			from ${canaryRuns} where ${ofDay}`),
		db.all<{ ms: number; n: number }>(sql`
			select value as ms, count(*) as n from ${canaryRuns}, json_each(${canaryRuns.admissionMs}) where ${ofDay}
			group by value order by value`),
		db.all<{ ms: number; n: number }>(sql`
			select refused_after_ms as ms, count(*) as n from ${canaryRuns}
			where ${ofDay} and refused_after_ms is not null group by 1 order by 1`),
	]);
	const histogram = (rows: { ms: number; n: number }[]): Histogram => rows.map(({ ms, n }) => [ms, n]);
	return {
		day,
		first: totals?.first ?? null,
		measured: totals?.measured ?? 0,
		lateAdmissions: totals?.late ?? 0,
		limitError: totals?.limit_error ?? 0,
		admissions: histogram(admissions),
		refusals: histogram(refusals),
	};
}

/** Keeps the sums of the days that are over, and deletes those that are older than {@link RUNS_KEPT_DAYS}. */
export async function keepCanaryDays({ db, now }: Pick<Deps, "db" | "now">): Promise<void> {
	const yesterday = dayOf(now) - DAY_MS;
	const stored = await storedDays(db);
	for (let day = yesterday; day > yesterday - RUNS_KEPT_DAYS * DAY_MS; day -= DAY_MS) {
		if (stored.has(day)) break;
		const value = JSON.stringify(await summarize(db, day));
		await db
			.insert(serviceState)
			.values({ name: STORED + day, value, updatedAt: day })
			.onConflictDoNothing();
	}
	await db
		.delete(serviceState)
		.where(and(like(serviceState.name, `${STORED}%`), lt(serviceState.updatedAt, now - (RUNS_KEPT_DAYS + 1) * DAY_MS)));
}

async function storedDays(db: Database): Promise<Map<number, DaySummary>> {
	const rows = await db
		.select()
		.from(serviceState)
		.where(like(serviceState.name, `${STORED}%`));
	return new Map(
		rows.map(({ value }) => {
			// Written by `keepCanaryDays`.
			const summary = JSON.parse(value) as DaySummary;
			return [summary.day, summary];
		}),
	);
}

/** The last 30 days, today included. */
export async function readStatus({ db, now }: Pick<Deps, "db" | "now">): Promise<ServiceStatus> {
	const today = dayOf(now);
	const stored = await storedDays(db);
	const days: DaySummary[] = [];
	for (let day = today - (RUNS_KEPT_DAYS - 1) * DAY_MS; day <= today; day += DAY_MS) {
		const known = stored.get(day);
		// The scheduled run keeps a day within an hour after its end.
		if (known) days.push(known);
		else if (day >= today - DAY_MS) days.push(await summarize(db, day));
	}
	const begun = days.filter(({ first }) => first !== null);
	const since = begun[0]?.first ?? null;
	// The minute that has just begun is still being measured.
	const until = now - (now % MINUTE_MS) - MINUTE_MS;
	const minutesOf = (day: number) =>
		since === null ? 0 : Math.max(0, (Math.min(day + DAY_MS, until) - Math.max(day, since)) / MINUTE_MS);
	const missingOf = ({ day, measured }: DaySummary) => Math.max(0, minutesOf(day) - measured);
	const shown = since === null ? [] : days.filter(({ day }) => day >= dayOf(since));
	return {
		since: since === null ? null : toTimestamp(since),
		updated_at: toTimestamp(now),
		measured_minutes: sum(shown, ({ measured }) => measured),
		missing_minutes: sum(shown, missingOf),
		late_admissions: sum(shown, ({ lateAdmissions }) => lateAdmissions),
		limit_error: sum(shown, ({ limitError }) => limitError),
		admission_ms: percentiles(shown.flatMap(({ admissions }) => admissions)),
		refused_after_ms: percentiles(shown.flatMap(({ refusals }) => refusals)),
		days: shown.reverse().map((summary) => ({
			date: toTimestamp(summary.day).slice(0, 10),
			measured_minutes: summary.measured,
			missing_minutes: missingOf(summary),
			late_admissions: summary.lateAdmissions,
			limit_error: summary.limitError,
			admission_ms: percentiles(summary.admissions),
		})),
	};
}

const sum = <T>(items: readonly T[], value: (item: T) => number): number =>
	items.reduce((total, item) => total + value(item), 0);

/** Null: nothing was measured. The nearest rank, so that each result was measured. */
function percentiles(histogram: Histogram): { p50: number; p99: number } | null {
	const sorted = histogram.toSorted(([a], [b]) => a - b);
	const total = sum(sorted, ([, count]) => count);
	if (total === 0) return null;
	const at = (share: number): number => {
		let left = Math.ceil(total * share);
		for (const [milliseconds, count] of sorted) {
			left -= count;
			if (left <= 0) return milliseconds;
		}
		return sorted.at(-1)?.[0] ?? 0;
	};
	return { p50: at(0.5), p99: at(0.99) };
}

/** How long a response is used again: the canary measures once a minute. */
const KEPT_MS = MINUTE_MS;
let last: { status: ServiceStatus; until: number } | undefined;

/** The same for everyone, so it is read once a minute in each isolate. */
export async function recentStatus(deps: Pick<Deps, "db" | "now">): Promise<ServiceStatus> {
	if (last && last.until > deps.now) return last.status;
	const status = await readStatus(deps);
	last = { status, until: deps.now + KEPT_MS };
	return status;
}
