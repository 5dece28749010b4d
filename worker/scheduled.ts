/** What the platform starts by the clock (`[triggers]` in wrangler.toml). */
import { database } from "../db/client.ts";
import type { Bindings } from "./env.ts";
import { logError } from "./log.ts";
import { rollOff } from "./services/retention.ts";

/** Lets old rows roll off. `scheduledTime` is when it was due, in milliseconds: a run that is late deletes no more for it. */
export async function scheduled({ scheduledTime }: ScheduledController, env: Bindings): Promise<void> {
	try {
		await rollOff({ db: database(env.DB), now: scheduledTime });
	} catch (thrown) {
		logError("Roll-off has failed; the next run does what is left", thrown);
		throw thrown;
	}
}
