/** Whether the service has what it needs in order to work. */
import type { Check } from "../schemas/operations.ts";
import type { Deps } from "./deps.ts";
import { checkJurisdiction } from "./jurisdiction.ts";

/** A service that needs longer is as good as down for its callers. */
const CHECK_TIMEOUT_MS = 2_000;

/** Asks everything that the service needs, at the same time. Never throws. */
export function checkReadiness(deps: Pick<Deps, "db" | "config">): Promise<Check[]> {
	return Promise.all([
		check("database", () => deps.db.$client.prepare("select 1").first()),
		check("jurisdiction", () => checkJurisdiction(deps)),
	]);
}

async function check(name: Check["name"], ask: () => Promise<unknown>): Promise<Check> {
	const startedAt = performance.now();
	const late = scheduler.wait(CHECK_TIMEOUT_MS).then(() => false);
	const ok = await Promise.race([ask().then(() => true), late]).catch(() => false);
	return { name, ok, milliseconds: Math.round(performance.now() - startedAt) };
}
