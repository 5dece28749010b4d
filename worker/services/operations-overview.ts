/** The state of the running service, for the platform's operators. */
import { env } from "cloudflare:workers";
import { and, count, desc, eq, lt } from "drizzle-orm";
import { canaryRuns, gateSweepFailures, gateSweeps, jobs, unlistedKeys } from "../../db/schema.ts";
import type { OperationsOverview } from "../schemas/operations.ts";
import { MINUTE_MS, toTimestamp } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { checkReadiness } from "./readiness.ts";
import { readOutcomes } from "./task-outcomes.ts";

/** A scheduled run advances every job each minute, so a job that rests this long has a problem. */
const STALLED_MS = 5 * MINUTE_MS;

/** Asks now. Throws if the database doesn't respond: `/readyz` says so too. */
export async function operationsOverview(deps: Deps): Promise<OperationsOverview> {
	const [checks, tasks, waiting, last] = await Promise.all([
		checkReadiness(deps, ""),
		readOutcomes(deps),
		readWaiting(deps),
		deps.db.select().from(canaryRuns).orderBy(desc(canaryRuns.minute)).limit(1),
	]);
	return { checks, version: version(), tasks, canary: { enabled: deps.config.canary, last: lastRun(last) }, waiting };
}

function version(): OperationsOverview["version"] {
	// Only Cloudflare and local servers set it. The type says that it is always there.
	const metadata = env.CF_VERSION_METADATA as WorkerVersionMetadata | undefined;
	return metadata ? { id: metadata.id, tag: metadata.tag, created_at: metadata.timestamp } : null;
}

function lastRun([run]: (typeof canaryRuns.$inferSelect)[]): OperationsOverview["canary"]["last"] {
	if (!run) return null;
	const { minute, error, lateAdmissions, rateLimit, admitted, refusedAfterMs } = run;
	return {
		at: toTimestamp(minute),
		error,
		late_admissions: lateAdmissions,
		rate_limit: rateLimit,
		admitted,
		refused_after_ms: refusedAfterMs,
	};
}

async function readWaiting({ db, now }: Deps): Promise<OperationsOverview["waiting"]> {
	const isStalled = and(eq(jobs.state, "running"), lt(jobs.updatedAt, now - STALLED_MS));
	const [[sweeps], [failures], [stalled], [unlisted]] = await db.batch([
		db.select({ n: count() }).from(gateSweeps),
		db.select({ n: count() }).from(gateSweepFailures),
		db.select({ n: count() }).from(jobs).where(isStalled),
		db.select({ n: count() }).from(unlistedKeys),
	]);
	return {
		sweeps: sweeps?.n ?? 0,
		failed_gates: failures?.n ?? 0,
		stalled_jobs: stalled?.n ?? 0,
		unlisted_keys: unlisted?.n ?? 0,
	};
}
