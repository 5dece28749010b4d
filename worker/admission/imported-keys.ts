/**
 * Finds the API key that a presented key of another system is. Such a key contains no id and no tag, so D1 has to be asked
 * once in every isolate. Loaded only when text of this form is presented while LEGACY_KEYS is on.
 *
 * A stranger who makes up a key costs one query that reads no row. Only a key with a prefix that was imported, and not yet
 * presented, leads to a comparison by bcrypt. Anyone who has seen the prefix can cause that, so the hasher bounds
 * it (auth/password-hasher.ts).
 */
import { sql } from "drizzle-orm";
import { database } from "../../db/client.ts";
import { apiKeys, IS_UNPROVEN } from "../../db/schema.ts";
import { putLast } from "../bounded-map.ts";
import { LOAD_TIMEOUT_MS, withTimeout } from "../gate/timers.ts";
import { hashKey, type IdentifiedKey } from "../keys/format.ts";
import { networkOf } from "../keys/ip-address.ts";
import type { Refused, Throttled, Unavailable } from "../keys/verdict.ts";
import { MINUTE_MS } from "../schemas/time.ts";
import type { Gates, Presented } from "./admit.ts";
import { retryOnce } from "./retry-once.ts";

/** By SHA-256 of the key: the id of its API key, which never changes. */
const ids = new Map<string, string>();
/** By SHA-256 of the key: until when it is unknown without asking again. */
const unknown = new Map<string, number>();
/** About 200 bytes each. */
const KEYS_MAX = 10_000;
/** An import can make an unknown key known, which must not take long. */
const UNKNOWN_MS = 10_000;

/** Unknown keys by network in the minute, which is counted since the epoch. */
const misses = new Map<string, { minute: number; keys: number }>();
const NETWORKS_MAX = 10_000;
/** Queries that a network can cause in a minute by keys that don't exist. Five a second are no load for D1. */
const MISSES_MAX = 300;

/** Most rows with the prefix of a key that it is compared with: one more prefix is not imported (PREFIX_SHARED_MAX). */
const COMPARED_MAX = 8;

const UNKNOWN: Refused = { code: "NOT_FOUND", final: false };

/** The API key of an imported key, or the verdict on a key that has none. */
export async function identifyImportedKey(
	d1: D1Database,
	gates: Gates,
	key: string,
	{ ip, tenantId }: Pick<Presented, "ip" | "tenantId">,
	now: number,
): Promise<IdentifiedKey | Refused | Throttled | Unavailable> {
	const secretHash = hashKey(key);
	const known = ids.get(secretHash);
	if (known !== undefined) return { keyId: known, secretHash };
	if ((unknown.get(secretHash) ?? 0) > now) return UNKNOWN;
	// A back end that verifies keys without an IP address must not use up the misses of all others.
	const caller = ip === null && tenantId !== null ? tenantId : networkOf(ip);
	const minute = Math.floor(now / MINUTE_MS);
	const throttled: Throttled = {
		code: "THROTTLED",
		retryAfter: Math.ceil(((minute + 1) * MINUTE_MS - now) / 1_000),
	};
	if (missesOf(caller, minute) >= MISSES_MAX) return throttled;
	try {
		for (const { id, isProven } of await withTimeout(LOAD_TIMEOUT_MS, candidatesFor(d1, key, secretHash))) {
			const recognition = isProven ? "KNOWN" : await retryOnce(() => gates.getByName(id).recognize(id, key, caller));
			if (recognition === "UNAVAILABLE") return { code: "UNAVAILABLE" };
			if (recognition === "THROTTLED") return throttled;
			if (recognition === "OTHER") continue;
			putLast(ids, secretHash, id, KEYS_MAX);
			return { keyId: id, secretHash };
		}
	} catch (cause) {
		return { code: "UNAVAILABLE", cause };
	}
	putLast(unknown, secretHash, now + UNKNOWN_MS, KEYS_MAX);
	putLast(misses, caller, { minute, keys: missesOf(caller, minute) + 1 }, NETWORKS_MAX);
	return UNKNOWN;
}

function missesOf(caller: string, minute: number): number {
	const counted = misses.get(caller);
	return counted?.minute === minute ? counted.keys : 0;
}

/** The shortest and the longest prefix that can be imported: `sk_live_` and 4 to 12 characters. */
const PREFIX_MIN = "sk_live_".length + 4;
const PREFIX_MAX = "sk_live_".length + 12;

/**
 * The API keys that the key can be: the one with its SHA-256, or those with its prefix that were not presented yet. A key
 * with a SHA-256 is proven once its gate knows its last characters, too. Every prefix of a text lies between its shortest
 * and its longest one, so the second part reads one range of an index, which is empty for nearly every made-up key.
 */
async function candidatesFor(d1: D1Database, key: string, secretHash: string) {
	const shortest = key.slice(0, PREFIX_MIN);
	const longest = key.slice(0, PREFIX_MAX);
	const rows = await database(d1).all<{ id: string; proven: number }>(sql`
		select id, last_four <> '' as proven from ${apiKeys} indexed by api_keys_by_imported_hash
		where origin = 'imported' and secret_hash = ${secretHash}
		union all
		select * from (
			select id, 0 from ${apiKeys} indexed by api_keys_by_imported_prefix
			where ${IS_UNPROVEN} and key_prefix >= ${shortest} and key_prefix <= ${longest}
				and key_prefix = substr(${longest}, 1, length(key_prefix))
			limit ${sql.raw(String(COMPARED_MAX))}
		)`);
	return rows.map(({ id, proven }) => ({ id, isProven: proven === 1 }));
}
