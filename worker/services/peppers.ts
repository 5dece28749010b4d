/** Which API keys need which pepper or signing key, so that none is removed while keys depend on it. */
import { and, type SQL, sql } from "drizzle-orm";
import type { Authentication } from "../../db/enums.ts";
import { apiKeys, tenants } from "../../db/schema.ts";
import type { Config } from "../env.ts";
import { pepperIdOf } from "../keys/format.ts";
import { logEvent } from "../log.ts";
import type { Deps } from "./deps.ts";

/** Bounds what one run counts of each secret. The log and the API say so if there are more. */
export const KEYS_COUNTED_MAX = 100_000;

/** The variable that an operator sets to the missing secret. */
const PREVIOUS: Record<Authentication, string> = { bearer: "KEY_PEPPER_PREVIOUS", signed: "SIGNING_KEY_PREVIOUS" };

/** The ids of the pepper and the signing key that new keys are made with. */
export function currentPepperIds({ peppers, signingKeys }: Config): string[] {
	return [...peppers.slice(0, 1), ...signingKeys.slice(0, 1)].map(pepperIdOf);
}

/** The conditions for keys that were made with other secrets than these, each of them one range of an index. */
export function rangesWithout(pepperIds: readonly string[], column = "pepper_id"): (SQL | undefined)[] {
	const name = sql.raw(column);
	const sorted = [...pepperIds].sort();
	return [null, ...sorted].map((from, index) => {
		const to = sorted[index];
		return and(from === null ? undefined : sql`${name} > ${from}`, to === undefined ? undefined : sql`${name} < ${to}`);
	});
}

/** Active keys of a tenant that were not made with a current secret. A `pepper_id` of null: not known before the next use. */
export interface OutdatedKeys {
	tenant_id: string;
	pepper_id: string | null;
	authentication: Authentication;
	keys: number;
}

/**
 * The active keys by tenant and secret, for all secrets but the current ones. Imported keys have no tag, and so need none. What
 * depends on each previous secret is counted apart, each up to `max`: many keys of one secret never hide those of another.
 */
export async function countOutdatedKeys(
	{ db, now, config }: Pick<Deps, "db" | "now" | "config">,
	max = KEYS_COUNTED_MAX,
): Promise<OutdatedKeys[]> {
	const { peppers, signingKeys } = config;
	const idsOf = (secrets: Config["peppers"]) =>
		secrets.slice(1).map((secret) => sql`k.pepper_id = ${pepperIdOf(secret)}`);
	const unknown = (authentication: Authentication) => sql`k.pepper_id is null and k.authentication = ${authentication}`;
	const groups = [
		[unknown("bearer"), ...idsOf(peppers)],
		[unknown("signed"), ...idsOf(signingKeys)],
		rangesWithout([...peppers, ...signingKeys].map(pepperIdOf), "k.pepper_id"),
	];
	const found: OutdatedKeys[] = [];
	for (const ranges of groups)
		found.push(
			...(await db.all<OutdatedKeys>(sql`
		select tenant_id, pepper_id, authentication, count(*) as keys from (
			select k.tenant_id, k.pepper_id, k.authentication
			from ${tenants} t cross join ${apiKeys} k indexed by api_keys_by_origin
			on k.tenant_id = t.id and k.environment in ('live', 'test') and k.origin = 'created'
			where (${sql.join(ranges, sql` or `)})
				and k.revoked_at is null and coalesce(k.ends_at > ${now}, true)
			limit ${sql.raw(String(max))}
		) group by tenant_id, pepper_id, authentication`)),
		);
	return found;
}

/** The number of keys by secret that is not configured. */
export function missingPeppers(
	outdated: readonly OutdatedKeys[],
	{ peppers, signingKeys }: Config,
): { pepperId: string; authentication: Authentication; keys: number }[] {
	const configured = [...peppers, ...signingKeys].map(pepperIdOf);
	const missing = new Map<string, { pepperId: string; authentication: Authentication; keys: number }>();
	for (const { pepper_id: pepperId, authentication, keys } of outdated) {
		if (pepperId === null || configured.includes(pepperId)) continue;
		const known = missing.get(pepperId);
		missing.set(pepperId, { pepperId, authentication, keys: keys + (known?.keys ?? 0) });
	}
	return [...missing.values()];
}

/**
 * Logs an error if active keys need a pepper or a signing key that is not configured. Their requests are refused as if the
 * keys were forged, so nothing else would show it.
 */
export async function reportMissingPepper(deps: Pick<Deps, "db" | "now" | "config">): Promise<void> {
	for (const { pepperId, authentication, keys } of missingPeppers(await countOutdatedKeys(deps), deps.config)) {
		const count = keys === KEYS_COUNTED_MAX ? `${keys} or more` : keys;
		const secret = authentication === "signed" ? "signing key" : "pepper";
		const problem = `${count} active API keys are refused, because their ${secret} (id ${pepperId}) is not configured.`;
		const advice = `Set ${PREVIOUS[authentication]} to it until they are rotated.`;
		logEvent("config_problem", { problem: `${problem} ${advice}`, pepper_id: pepperId, keys });
	}
}
