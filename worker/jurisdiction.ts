/** The jurisdiction of the keys' gates. It is decided by the first key, and recorded in D1. */

/** Name of the record in `service_state`. */
export const JURISDICTION = "jurisdiction";

const named = (jurisdiction: string) => (jurisdiction === "" ? "no jurisdiction" : `the jurisdiction ${jurisdiction}`);

/** What to do when the service is configured for another jurisdiction than that of its keys. */
export function otherJurisdiction(recorded: string, configured: string): string {
	return `The API keys were made in ${named(recorded)}, but this service is configured for ${named(configured)}. Set JURISDICTION back to "${recorded}".`;
}
