import { logError } from "../log.ts";

/**
 * Runs the step for one tenant after the other. A tenant whose step fails doesn't keep the others from theirs. Throws the
 * first failure after the last step, so that the run is shown as failed.
 */
export async function forEachTenant(
	tenantIds: readonly string[],
	step: (tenantId: string) => Promise<unknown>,
): Promise<void> {
	const failures: unknown[] = [];
	for (const tenantId of tenantIds) {
		try {
			await step(tenantId);
		} catch (thrown) {
			logError(`A step of a scheduled run failed for the tenant ${tenantId}`, thrown);
			failures.push(thrown);
		}
	}
	if (failures.length > 0) throw failures[0];
}
