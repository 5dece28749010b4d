/**
 * What the canary has measured in the last 30 days, as `/status` publishes it. The run of every minute writes the published
 * object into one row of `service_state`, so that a request of a stranger reads that row alone. A day that is over is summed
 * up once.
 */
import { and, desc, eq, isNull, like, lt, sql } from "drizzle-orm";
import type { Database } from "../../../db/client.ts";
import { canaryRuns, serviceState } from "../../../db/schema.ts";
import type { PublicStatus, ServiceStatus } from "../../schemas/status.ts";
import { DAY_MS, MINUTE_MS, toTimestamp } from "../../schemas/time.ts";
import type { Deps } from "../deps.ts";

/** `/status` publishes this many days. */
export const RUNS_KEPT_DAYS = 30;
/** After this long without a measurement, the page says that the service is not measured. */
const STOPPED_MS = 5 * MINUTE_MS;

/** How often each number of milliseconds was measured. */
type Histogram = [milliseconds: number, count: number][];

interface DaySummary {
	/** First millisecond of the day. */
	day: number;
	measured: number;
	lateAdmissions: number;
	limitError: number;
	admissions: Histogram;
	refusals: Histogram;
}

/** Names of rows in `service_state`. */
const STORED = "canary day: ";
const SINCE = "canary since";
const PUBLISHED = "canary status";

const dayOf = (at: number): number => at - (at % DAY_MS);

async function summarize(db: Database, day: number): Promise<DaySummary> {
	const ofDay = sql`${canaryRuns.minute} >= ${day} and ${canaryRuns.minute} < ${day + DAY_MS}`;
	const [[totals], admissions, refusals] = await Promise.all([
		db.all<{ measured: number; late: number; limit_error: number }>(sql`
			select count(*) filter (where error is null) as measured,
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
		if (stored.has(day)) continue;
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
	const [first] = await db.select().from(serviceState).where(eq(serviceState.name, SINCE));
	const start = today - (RUNS_KEPT_DAYS - 1) * DAY_MS;
	const since = first ? Math.max(Number(first.value), start) : null;
	const shown: DaySummary[] = [];
	// A day without a single run counts as missing, so each is shown.
	for (let day = since === null ? today + DAY_MS : dayOf(since); day <= today; day += DAY_MS)
		shown.push(stored.get(day) ?? (await summarize(db, day)));
	// The minute that has just begun is still being measured.
	const until = now - (now % MINUTE_MS) - MINUTE_MS;
	const minutesOf = (day: number) =>
		since === null ? 0 : Math.max(0, (Math.min(day + DAY_MS, until) - Math.max(day, since)) / MINUTE_MS);
	const missingOf = ({ day, measured }: DaySummary) => Math.max(0, minutesOf(day) - measured);
	const [latest] = await db
		.select()
		.from(canaryRuns)
		.where(isNull(canaryRuns.error))
		.orderBy(desc(canaryRuns.minute))
		.limit(1);
	return {
		last_measured_at: latest ? toTimestamp(latest.minute) : null,
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

/** Publishes the status after a run. The first run begins the time that is published. */
export async function publishStatus({ db, now }: Pick<Deps, "db" | "now">): Promise<void> {
	const since = String(now - (now % MINUTE_MS));
	await db.insert(serviceState).values({ name: SINCE, value: since, updatedAt: now }).onConflictDoNothing();
	const value = JSON.stringify(await readStatus({ db, now }));
	await db
		.insert(serviceState)
		.values({ name: PUBLISHED, value, updatedAt: now })
		.onConflictDoUpdate({ target: serviceState.name, set: { value, updatedAt: now } });
}

/** Before the first run. */
const NOTHING: Omit<ServiceStatus, "updated_at"> = {
	last_measured_at: null,
	since: null,
	measured_minutes: 0,
	missing_minutes: 0,
	late_admissions: 0,
	limit_error: 0,
	admission_ms: null,
	refused_after_ms: null,
	days: [],
};

/** How long a response is used again: the canary measures once a minute. */
const KEPT_MS = MINUTE_MS;
let last: { status: ServiceStatus; until: number } | undefined;

/**
 * What was published last, read once a minute in each isolate: one row by its key. Other requests get the last result, also
 * while D1 fails.
 */
export async function recentStatus({ db, now }: Pick<Deps, "db" | "now">): Promise<PublicStatus> {
	if (!last || last.until <= now) {
		const before = last;
		// Set before the read, so that of many requests at once only this one reads.
		if (before) last = { ...before, until: now + KEPT_MS };
		try {
			const [row] = await db.select().from(serviceState).where(eq(serviceState.name, PUBLISHED));
			// Written by `publishStatus`.
			const status = row ? (JSON.parse(row.value) as ServiceStatus) : { ...NOTHING, updated_at: toTimestamp(now) };
			last = { status, until: now + KEPT_MS };
		} catch (thrown) {
			if (!before) throw thrown;
		}
	}
	const { status } = last ?? { status: { ...NOTHING, updated_at: toTimestamp(now) } };
	const unmeasured = status.since === null ? 0 : now - Date.parse(status.updated_at);
	// Runs have stopped: the minutes since then are missing too.
	const missing = Math.max(0, Math.floor(unmeasured / MINUTE_MS) - 1);
	const measuring = status.last_measured_at !== null && now - Date.parse(status.last_measured_at) < STOPPED_MS;
	return { ...status, missing_minutes: status.missing_minutes + missing, measuring };
}
