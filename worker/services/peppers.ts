/** Which API keys need which pepper, so that no pepper is removed while keys depend on it. */
import { sql } from "drizzle-orm";
import { apiKeys, tenants } from "../../db/schema.ts";
import { pepperIdOf } from "../keys/format.ts";
import { logError } from "../log.ts";
import type { Deps } from "./deps.ts";

/** Bounds the rows that one run reads. The log says so if there are more. */
const KEYS_COUNTED_MAX = 100_000;

/** The number of active keys by pepper, for all peppers but the current one. Not by tenant: peppers are the platform's. */
async function countOutdatedKeys({ db, now }: Pick<Deps, "db" | "now">, current: string) {
	return db.all<{ pepper_id: string; keys: number }>(sql`
		select pepper_id, count(*) as keys from (
			select k.pepper_id from ${tenants} t cross join ${apiKeys} k indexed by api_keys_by_pepper
			on k.tenant_id = t.id and k.environment in ('live', 'test')
			where (k.pepper_id < ${current} or k.pepper_id > ${current})
				and k.revoked_at is null and coalesce(k.ends_at > ${now}, true)
			limit ${sql.raw(String(KEYS_COUNTED_MAX))}
		) group by pepper_id`);
}

/**
 * Logs an error if active keys need a pepper that is not configured. Their requests are refused as if the keys were forged,
 * so nothing else would show it.
 */
export async function reportMissingPepper(deps: Pick<Deps, "db" | "now" | "config">): Promise<void> {
	const [current = "", ...others] = deps.config.peppers.map(pepperIdOf);
	for (const { pepper_id, keys } of await countOutdatedKeys(deps, current)) {
		if (others.includes(pepper_id)) continue;
		const count = keys === KEYS_COUNTED_MAX ? `${keys} or more` : keys;
		const problem = `${count} active API keys are refused, because their pepper (id ${pepper_id}) is not configured.`;
		logError("Pepper is missing", new Error(`${problem} Set KEY_PEPPER_PREVIOUS to it until they are rotated.`));
	}
}
