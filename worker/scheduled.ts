/** The scheduled tasks (`[triggers]` in wrangler.toml). */
import { databases } from "../db/client.ts";
import { type Bindings, readConfig } from "./env.ts";
import { logEvent } from "./log.ts";
import { keyGates } from "./namespaces.ts";
import { removeAddresses } from "./services/address-roll-off.ts";
import { forgetCanaryRuns, runCanary } from "./services/canary/run.ts";
import { keepCanaryDays } from "./services/canary/status.ts";
import type { Deps } from "./services/deps.ts";
import { workOnSweeps } from "./services/gate-sweeps.ts";
import { advanceJobs } from "./services/job-work.ts";
import { settleAll } from "./services/key-standing.ts";
import { endPastOrders } from "./services/past-orders.ts";
import { reportMissingPepper } from "./services/peppers.ts";
import { requireMovedProductData } from "./services/product-data.ts";
import { repairLimits } from "./services/quotas.ts";
import { rollOff } from "./services/retention.ts";
import { recordSecrets } from "./services/secrets.ts";
import { recordOutcomes, type TaskOutcome } from "./services/task-outcomes.ts";
import { beginDeletions } from "./services/tenant-deletion.ts";
import { foldOldText } from "./services/text.ts";
import { rollUpUsage } from "./services/usage-roll-up.ts";

/** The cron expression of wrangler.toml that advances jobs. All others are the hourly upkeep. */
const EVERY_MINUTE = "* * * * *";

/** By name, as the log and the operators' screen show it. */
const TASKS: Record<"everyMinute" | "hourly", Record<string, (deps: Deps) => Promise<unknown>>> = {
	everyMinute: {
		"orders from before a restore": endPastOrders,
		"deletions of tenants": beginDeletions,
		sweeps: workOnSweeps,
		jobs: advanceJobs,
	},
	hourly: {
		"old rows": rollOff,
		"days of the canary": keepCanaryDays,
		"old canary runs": forgetCanaryRuns,
		"sums of usage": rollUpUsage,
		"standing of keys": settleAll,
		"text of lists": foldOldText,
		quotas: repairLimits,
		peppers: reportMissingPepper,
		"place of product data": requireMovedProductData,
		secrets: recordSecrets,
		"old IP addresses": removeAddresses,
	},
};

/** `scheduledTime` is when the run was due, in milliseconds: a late run deletes no more because it is late. */
export async function scheduled({ scheduledTime, cron }: ScheduledController, env: Bindings): Promise<void> {
	const deps: Deps = { ...databases(env), gates: keyGates(env), config: readConfig(env), now: scheduledTime };
	const failures: unknown[] = [];
	const outcomes: TaskOutcome[] = [];
	async function run(name: string, task: (deps: Deps) => Promise<unknown>): Promise<void> {
		try {
			await task(deps);
			outcomes.push({ name, ok: true });
		} catch (thrown) {
			logEvent("task_failed", { task: name }, { thrown });
			failures.push(thrown);
			outcomes.push({ name, ok: false });
		}
	}
	const isEveryMinute = cron === EVERY_MINUTE;
	// Runs at the same time as the others: it waits for the public URL, and must not delay them.
	const canary = isEveryMinute ? run("canary", (deps) => runCanary(deps)) : null;
	// Each on its own: one that fails doesn't keep the others from running.
	for (const [name, task] of Object.entries(TASKS[isEveryMinute ? "everyMinute" : "hourly"])) await run(name, task);
	await canary;
	await recordOutcomes(deps, outcomes);
	// The platform shows the run as failed.
	if (failures.length > 0) throw failures[0];
}
