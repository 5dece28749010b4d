/** The scheduled tasks (`[triggers]` in wrangler.toml). */
import { databases } from "../db/client.ts";
import { type Bindings, readConfig } from "./env.ts";
import { logEvent } from "./log.ts";
import { keyGates } from "./namespaces.ts";
import type { Deps } from "./services/deps.ts";
import { workOnSweeps } from "./services/gate-sweeps.ts";
import { advanceJobs } from "./services/job-work.ts";
import { settleAll } from "./services/key-standing.ts";
import { reportMissingPepper } from "./services/peppers.ts";
import { requireMovedProductData } from "./services/product-data.ts";
import { repairLimits } from "./services/quotas.ts";
import { rollOff } from "./services/retention.ts";
import { recordSecrets } from "./services/secrets.ts";
import { beginDeletions } from "./services/tenant-deletion.ts";
import { foldOldText } from "./services/text.ts";
import { rollUpUsage } from "./services/usage-roll-up.ts";

/** The cron expression of wrangler.toml that advances jobs. All others are the hourly upkeep. */
const EVERY_MINUTE = "* * * * *";

/** Each task on its own: one that fails doesn't keep the others from running. */
const TASKS: Record<"everyMinute" | "hourly", Record<string, (deps: Deps) => Promise<unknown>>> = {
	everyMinute: {
		"Deletions of tenants could not begin": beginDeletions,
		"Sweeps could not be continued": workOnSweeps,
		"Jobs could not be advanced": advanceJobs,
	},
	hourly: {
		"Old rows could not be deleted": rollOff,
		"Usage could not be summed up": rollUpUsage,
		"Keys could not be settled": settleAll,
		"Text could not be folded": foldOldText,
		"Quotas could not be applied": repairLimits,
		"Product data is not where the service looks": requireMovedProductData,
		"Peppers could not be checked": reportMissingPepper,
		"Secrets could not be recorded": recordSecrets,
	},
};

/** `scheduledTime` is when the run was due, in milliseconds: a late run deletes no more because it is late. */
export async function scheduled({ scheduledTime, cron }: ScheduledController, env: Bindings): Promise<void> {
	const deps: Deps = { ...databases(env), gates: keyGates(env), config: readConfig(env), now: scheduledTime };
	const failures: unknown[] = [];
	for (const [failure, task] of Object.entries(TASKS[cron === EVERY_MINUTE ? "everyMinute" : "hourly"])) {
		try {
			await task(deps);
		} catch (thrown) {
			logEvent("task_failed", { task: failure }, { thrown });
			failures.push(thrown);
		}
	}
	// The platform shows the run as failed.
	if (failures.length > 0) throw failures[0];
}
