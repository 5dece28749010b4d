/** The state of the running service, for the platform's operators. */
import type { OperationsOverview } from "../schemas/operations.ts";
import type { Deps } from "./deps.ts";
import { checkReadiness } from "./readiness.ts";

export async function operationsOverview(deps: Deps): Promise<OperationsOverview> {
	return { checks: await checkReadiness(deps, "") };
}
