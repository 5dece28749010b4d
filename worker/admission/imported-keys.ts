/**
 * Finds the API key that a presented key of another system is. Such a key contains no id and no tag, so D1 has to be asked
 * once in every isolate. Loaded only when text of this form is presented while LEGACY_KEYS is on.
 *
 * A stranger who makes up a key causes one query that reads no row. Only a key with the prefix of an unused imported key
 * leads to a comparison by bcrypt. Anyone who knows the prefix can cause that, so the hasher bounds it
 * (auth/password-hasher.ts).
 */
import { sql } from "drizzle-orm";
import { database } from "../../db/client.ts";
import { apiKeys, IS_UNPROVEN } from "../../db/schema.ts";
import { putLast } from "../bounded-map.ts";
import { unknownCode } from "../gate/protocol.ts";
import { LOAD_TIMEOUT_MS, withTimeout } from "../gate/timers.ts";
import { hashKey, type IdentifiedKey } from "../keys/format.ts";
import { networkOf } from "../keys/ip-address.ts";
import type { Refused, Throttled, Unavailable } from "../keys/verdict.ts";
import type { Gates } from "../namespaces.ts";
import { MINUTE_MS } from "../schemas/time.ts";
import type { Presented } from "./admit.ts";
import { retryOnce } from "./retry-once.ts";

/** By SHA-256 of the key: the id of its API key, which never changes. */
const ids = new Map<string, string>();
/** By SHA-256 of the key: until when it is unknown without asking again. */
const unknown = new Map<string, number>();
/** About 200 bytes each. */
const KEYS_MAX = 10_000;
/** An import can make an unknown key known, which must not take long. */
const UNKNOWN_MS = 10_000;

/**
 * By caller: keys in the minute, counted since the epoch, that are unknown or being looked up. Counted before the query,
 * because otherwise any number of requests at once would pass.
 */
const misses = new Map<string, { minute: number; keys: number }>();
const CALLERS_MAX = 10_000;
/** Queries that a caller can cause in a minute by keys that don't exist. Five a second are no load for D1. */
const MISSES_MAX = 300;

/** Most unused keys that a key is compared with. An import makes no more that can be active (START_SHARED_MAX). */
const COMPARED_MAX = 8;
/** Most rows that are read to find those: prefixes are random, so far fewer revoked keys have the same one. */
const READ_MAX = 100;
/** How long a request waits for all of its comparisons: as long as for the turn of one of them. */
const COMPARING_MAX_MS = 15_000;

const UNKNOWN: Refused = { code: "NOT_FOUND", final: false };

type Identified = IdentifiedKey | Refused | Throttled | Unavailable;
type From = Pick<Presented, "ip" | "tenantId" | "byWorker">;

/** The API key of an imported key, or the verdict on a key that has none. */
export async function identifyImportedKey(
	d1: D1Database,
	gates: Gates,
	key: string,
	from: From,
	now: number,
): Promise<Identified> {
	const secretHash = hashKey(key);
	const known = ids.get(secretHash);
	if (known !== undefined) return { keyId: known, secretHash };
	if ((unknown.get(secretHash) ?? 0) > now) return UNKNOWN;
	const caller = callerOf(from, secretHash);
	const minute = Math.floor(now / MINUTE_MS);
	const counted = missesOf(caller, minute);
	if (counted >= MISSES_MAX) return throttledUntilNextMinute(now);
	putLast(misses, caller, { minute, keys: counted + 1 }, CALLERS_MAX);
	const identified = await findKey(d1, gates, { key, secretHash, caller }, now);
	if (identified === UNKNOWN) putLast(unknown, secretHash, now + UNKNOWN_MS, KEYS_MAX);
	else takeBack(caller, minute);
	return identified;
}

/**
 * Asks the gate again whether the key is its own, after it has refused a key that D1 or this isolate knows as such: a gate
 * that was restored to before the first presentation has its bcrypt hash again.
 */
export async function recognizeAgain(
	gates: Gates,
	{ keyId, secretHash }: IdentifiedKey,
	key: string,
	from: From,
	now: number,
): Promise<Identified> {
	const search: KeySearch = { key, secretHash, caller: callerOf(from, secretHash) };
	const identified = await compare(gates, [keyId], search, now);
	if (identified === UNKNOWN) ids.delete(secretHash);
	return identified;
}

interface KeySearch {
	key: string;
	secretHash: string;
	caller: string;
}

/** Finds the API key in D1 and in gates. `UNKNOWN` only after both have said that there is no such key. */
async function findKey(d1: D1Database, gates: Gates, search: KeySearch, now: number): Promise<Identified> {
	const { key, secretHash } = search;
	try {
		const candidates = await withTimeout(LOAD_TIMEOUT_MS, candidatesFor(d1, key, secretHash));
		const proven = candidates.find(({ isProven }) => isProven);
		if (proven) {
			putLast(ids, secretHash, proven.id, KEYS_MAX);
			return { keyId: proven.id, secretHash };
		}
		return await compare(
			gates,
			candidates.map(({ id }) => id),
			search,
			now,
		);
	} catch (cause) {
		return { code: "UNAVAILABLE", cause };
	}
}

/** Asks the gates one by one whether the key is theirs. They share one deadline, because each may wait for its turn. */
async function compare(
	gates: Gates,
	candidates: readonly string[],
	{ key, secretHash, caller }: KeySearch,
	now: number,
): Promise<Identified> {
	const deadline = performance.now() + COMPARING_MAX_MS;
	try {
		for (const id of candidates) {
			const asked = retryOnce(() => gates.getByName(id).recognize(id, key, caller));
			const recognition = await withTimeout(deadline - performance.now(), asked, "The gate of an imported key");
			switch (recognition) {
				case "KNOWN":
					putLast(ids, secretHash, id, KEYS_MAX);
					return { keyId: id, secretHash };
				case "OTHER":
					continue;
				case "THROTTLED":
					return throttledUntilNextMinute(now);
				case "UNAVAILABLE":
					return { code: "UNAVAILABLE" };
				default:
					return { code: "UNAVAILABLE", cause: unknownCode(recognition) };
			}
		}
		return UNKNOWN;
	} catch (cause) {
		return { code: "UNAVAILABLE", cause };
	}
}

/**
 * Whose misses and wrong keys are counted together. A tenant that verifies keys names any IP address, so it has buckets of
 * its own: it must not use up those of others. Another Worker that names none presents the keys of many callers, so
 * it has sixteen buckets, by the key.
 */
function callerOf({ ip, tenantId, byWorker }: From, secretHash: string): string {
	if (tenantId !== null) return `${tenantId} ${networkOf(ip)}`;
	return ip === null && byWorker ? `Worker ${secretHash.charAt(0)}` : networkOf(ip);
}

function throttledUntilNextMinute(now: number): Throttled {
	return { code: "THROTTLED", retryAfter: Math.ceil((MINUTE_MS - (now % MINUTE_MS)) / 1_000) };
}

/** A key that was found is no miss. Its minute may have ended, and with it what was counted. */
function takeBack(caller: string, minute: number): void {
	const keys = missesOf(caller, minute);
	if (keys > 0) putLast(misses, caller, { minute, keys: keys - 1 }, CALLERS_MAX);
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
 * Revoked keys come last, so that they don't hide active ones. They are sorted here: SQLite would read more rows.
 */
async function candidatesFor(d1: D1Database, key: string, secretHash: string) {
	const shortest = key.slice(0, PREFIX_MIN);
	const longest = key.slice(0, PREFIX_MAX);
	const rows = await database(d1).all<{ id: string; proven: number; revoked: number }>(sql`
		select id, last_four <> '' as proven, 0 as revoked from ${apiKeys} indexed by api_keys_by_imported_hash
		where origin = 'imported' and secret_hash = ${secretHash}
		union all
		select * from (
			select id, 0, revoked_at is not null from ${apiKeys} indexed by api_keys_by_imported_prefix
			where ${IS_UNPROVEN} and key_prefix >= ${shortest} and key_prefix <= ${longest}
				and key_prefix = substr(${longest}, 1, length(key_prefix))
			limit ${sql.raw(String(READ_MAX))}
		)`);
	return rows
		.toSorted((a, b) => a.revoked - b.revoked)
		.slice(0, COMPARED_MAX)
		.map(({ id, proven }) => ({ id, isProven: proven === 1 }));
}
