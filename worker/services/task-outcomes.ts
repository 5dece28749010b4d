/** When each scheduled task last succeeded and last failed, for the platform's operators. */
import { like } from "drizzle-orm";
import { runBatch } from "../../db/client.ts";
import { serviceState } from "../../db/schema.ts";
import type { OperationsOverview } from "../schemas/operations.ts";
import { toTimestamp } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";

export interface TaskOutcome {
	name: string;
	ok: boolean;
}

/** Names of rows in `service_state`. */
const SUCCEEDED = "task succeeded: ";
const FAILED = "task failed: ";

/** Records the outcomes of a scheduled run, which was due at `now`. */
export async function recordOutcomes({ db, now }: Deps, outcomes: readonly TaskOutcome[]): Promise<void> {
	await runBatch(
		db,
		outcomes.map(({ name, ok }) =>
			db
				.insert(serviceState)
				.values({ name: (ok ? SUCCEEDED : FAILED) + name, value: "", updatedAt: now })
				.onConflictDoUpdate({ target: serviceState.name, set: { updatedAt: now } }),
		),
	);
}

/** Every task that has ever run. */
export async function readOutcomes({ db }: Pick<Deps, "db">): Promise<OperationsOverview["tasks"]> {
	const rows = await db.select().from(serviceState).where(like(serviceState.name, "task %"));
	const timeOf = (name: string) => {
		const row = rows.find((candidate) => candidate.name === name);
		return row ? toTimestamp(row.updatedAt) : null;
	};
	const names = new Set(rows.map(({ name }) => name.replace(SUCCEEDED, "").replace(FAILED, "")));
	return [...names].sort().map((name) => ({
		name,
		last_success_at: timeOf(SUCCEEDED + name),
		last_failure_at: timeOf(FAILED + name),
	}));
}
