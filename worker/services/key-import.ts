/**
 * Imports keys of another system with their hashes. After the import a key is like every other: its gate takes it from D1
 * when it is first needed, and is its only writer from then on.
 */
import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { Author } from "../../db/audit.ts";
import { type Database, insertRows } from "../../db/client.ts";
import { randomText } from "../../db/ids.ts";
import { limitOf } from "../../db/quotas.ts";
import { apiKeys, auditEvents, IS_IMPORTED, IS_UNPROVEN, importedHashes, quotas } from "../../db/schema.ts";
import { type FieldError, validationError } from "../errors.ts";
import { newRow } from "../gate/delivery/d1-records.ts";
import { ID_LENGTH } from "../keys/format.ts";
import { INITIAL_STATE, type KeySnapshot } from "../keys/snapshot.ts";
import { importation } from "../keys/transitions.ts";
import {
	type ImportedItem,
	type ImportedKey,
	type ImportKeys,
	importedKeySchema,
	type KeysImported,
} from "../schemas/key-import.ts";
import type { Deps } from "./deps.ts";
import { requireJurisdiction } from "./jurisdiction.ts";
import { settle } from "./key-standing.ts";
import { withinQuotas } from "./quotas.ts";

/**
 * Most unused keys that begin with the same characters: a presented key is compared with each of them by bcrypt. Two
 * imports at once may exceed it. A key beyond it is found as soon as others of them were presented. Revoked keys don't
 * count: they are compared last.
 */
export const START_SHARED_MAX = 8;
/** `sk_live_` and 4 characters. Every prefix has at least these, so keys with different starts are never compared. */
const START_LENGTH = 12;

/**
 * Rows of one statement, which is one parameter of at most 2 MB. One name can take 7 KB in the texts for search and
 * sorting, and the allow-lists of a request together at most the 1 MiB of its body.
 */
const ROWS_PER_STATEMENT = 50;

/** A valid key of the request, with the id that it gets if its hash is new. */
interface Candidate {
	index: number;
	id: string;
	key: ImportedKey;
}

type Outcome = Omit<ImportedItem, "index">;

const failed = (...errors: FieldError[]): Outcome => ({ result: "error", id: null, errors });

/**
 * Imports the valid keys in one atomic batch, and reports on every item. A hash of a key that was imported before changes
 * nothing, not even if its key was changed or deleted since. `CONFLICT` if the tenant has no room for the new keys.
 */
export async function importKeys(deps: Deps, author: Author, { keys }: ImportKeys): Promise<KeysImported> {
	await requireJurisdiction(deps);
	const { tenantId } = author;
	const outcomes = new Map<number, Outcome>();
	const candidates: Candidate[] = [];
	keys.forEach((sent, index) => {
		const result = importedKeySchema.safeParse(sent);
		const errors = result.success
			? inTheFuture(result.data, deps.now)
			: (validationError(result.error.issues, "key").details ?? []);
		if (result.success && errors.length === 0) candidates.push({ index, id: randomText(ID_LENGTH), key: result.data });
		else outcomes.set(index, failed(...errors));
	});

	const known = await readKnown(deps.db, tenantId, candidates);
	const fresh = candidates.filter(({ index, key }) => {
		if (known.owners.has(key.hash)) return false;
		const error = errorIn(key, known);
		if (error) outcomes.set(index, failed(error));
		return !error;
	});
	const owners = new Map([...known.owners, ...(await insert(deps, author, fresh))]);
	for (const { index, id, key } of candidates) {
		if (outcomes.has(index)) continue;
		const owner = owners.get(key.hash);
		outcomes.set(
			index,
			owner?.tenantId === tenantId
				? { result: owner.keyId === id ? "created" : "existing", id: owner.keyId }
				: failed({ field: "hash", message: "Belongs to an API key of another tenant" }),
		);
	}

	const items = [...outcomes].map(([index, outcome]) => ({ index, ...outcome })).sort((a, b) => a.index - b.index);
	const count = (result: Outcome["result"]) => items.filter((item) => item.result === result).length;
	return {
		created: count("created"),
		existing: count("existing"),
		failed: count("error"),
		total: keys.length,
		items,
		accepted: deps.config.legacyKeys,
	};
}

/** Instants that must lie in the past. The counters of lists start from them. */
function inTheFuture(key: ImportedKey, now: number): FieldError[] {
	return (["created_at", "revoked_at", "last_used_at"] as const)
		.filter((field) => Date.parse(key[field] ?? "") > now)
		.map((field) => ({ field, message: "Must not be in the future" }));
}

/** What the database says about the keys of the request before they are imported. */
interface Known {
	/** By hash, as it was imported or as the key's gate learned it: the keys that were imported before. */
	owners: Map<string, { tenantId: string; keyId: string }>;
	rateLimitMax: number;
	/** By start: unused keys that are not revoked. Counts those of the request, too. */
	sharing: Map<string, number>;
}

async function readKnown(db: Database, tenantId: string, candidates: readonly Candidate[]): Promise<Known> {
	const starts = JSON.stringify([...new Set(candidates.map(({ key }) => startOf(key)))]);
	const [owners, [row], shared] = await db.batch([
		ownersOf(db, candidates),
		db.select().from(quotas).where(eq(quotas.tenantId, tenantId)),
		db
			.select({ start: sql<string>`start.value`, keys: sql<number>`count(*)` })
			// "{" follows "z": the keys whose prefix begins with the start are one range of the index.
			.from(
				sql`json_each(${starts}) as start cross join ${apiKeys} indexed by api_keys_by_imported_prefix
					on key_prefix >= start.value and key_prefix < start.value || '{'`,
			)
			.where(sql`${IS_UNPROVEN} and revoked_at is null`)
			.groupBy(sql`start.value`),
	]);
	return {
		owners: byHash(owners),
		rateLimitMax: limitOf(row ?? null, "rate_limit"),
		sharing: new Map(shared.map(({ start, keys }) => [start, keys])),
	};
}

const startOf = (key: ImportedKey): string => key.key_prefix.slice(0, START_LENGTH);

const byHash = (rows: readonly (typeof importedHashes.$inferSelect)[]): Known["owners"] =>
	new Map(rows.map((row) => [row.hash, row]));

/**
 * A key that was imported with a bcrypt hash has a SHA-256 since it was presented. An export with that SHA-256 is the same
 * key: a second API key for it would undo the revocation of the first one.
 */
function ownersOf(db: Database, candidates: readonly Candidate[]) {
	const hashes = sql`(select value from json_each(${JSON.stringify(candidates.map(({ key }) => key.hash))}))`;
	return db
		.select()
		.from(importedHashes)
		.where(inArray(importedHashes.hash, hashes))
		.unionAll(
			db
				.select({ hash: apiKeys.secretHash, tenantId: apiKeys.tenantId, keyId: apiKeys.id })
				.from(apiKeys)
				.where(and(IS_IMPORTED, inArray(apiKeys.secretHash, hashes))),
		);
}

/** Why a new key cannot be imported, or null. Counts it among the keys with its start. */
function errorIn(key: ImportedKey, known: Known): FieldError | null {
	if (key.rate_limit > known.rateLimitMax)
		return { field: "rate_limit", message: `Must be at most ${known.rateLimitMax}, the tenant's quota` };
	// A key with a SHA-256 is found by that.
	if (key.hash_kind === "sha256" || key.revoked_at != null) return null;
	const start = startOf(key);
	const sharing = known.sharing.get(start) ?? 0;
	if (sharing >= START_SHARED_MAX)
		return {
			field: "key_prefix",
			message: `${START_SHARED_MAX} unused imported keys already begin with ${start}. Import this key after one of them was used or revoked`,
		};
	known.sharing.set(start, sharing + 1);
	return null;
}

/**
 * Inserts the keys and their audit events, except those whose hash got an owner meanwhile: by another import, or because
 * the key was presented. Returns the owners of all hashes.
 */
async function insert(deps: Deps, author: Author, candidates: readonly Candidate[]): Promise<Known["owners"]> {
	if (candidates.length === 0) return new Map();
	const { db, now } = deps;
	const imported = candidates.map(({ id, key }) => ({ key, snapshot: snapshotOf(id, key, author) }));
	const hashes = candidates.map(({ id, key }) => ({ hash: key.hash, tenantId: author.tenantId, keyId: id }));
	const rows = imported.map(({ key, snapshot }) => ({
		...newRow(snapshot),
		usageCount: key.usage_count,
		lastUsedAt: instantOf(key.last_used_at) ?? 0,
	}));
	const events = imported.map(({ snapshot }) => importation(snapshot, author, now));
	const [, owners] = await withinQuotas(() =>
		db.batch([
			insertRows(db, importedHashes, hashes, (field) => isOfNoKey(field("hash"))).onConflictDoNothing(),
			ownersOf(db, candidates),
			...portionsOf(rows).map((portion) => insertRows(db, apiKeys, portion, (field) => hasHash(field("id")))),
			...portionsOf(events).map((portion) => insertRows(db, auditEvents, portion, (field) => hasHash(field("keyId")))),
			// Keys that have expired already would otherwise be due all at once.
			settle(db, author.tenantId, now),
		]),
	);
	return byHash(owners);
}

function portionsOf<T>(rows: readonly T[]): T[][] {
	const portions: T[][] = [];
	for (let start = 0; start < rows.length; start += ROWS_PER_STATEMENT)
		portions.push(rows.slice(start, start + ROWS_PER_STATEMENT));
	return portions;
}

/** The condition that no imported key has this hash. */
const isOfNoKey = (hash: SQL) =>
	sql`not exists (select 1 from ${apiKeys} where ${IS_IMPORTED} and secret_hash = ${hash})`;

/** The condition that the hash of this key is its own: another import may have made a key for it. */
const hasHash = (keyId: SQL) => sql`exists (select 1 from ${importedHashes} where key_id = ${keyId})`;

const instantOf = (text: string | null | undefined): number | null => (text == null ? null : Date.parse(text));

function snapshotOf(id: string, key: ImportedKey, { tenantId, actor }: Author): KeySnapshot {
	return {
		...INITIAL_STATE,
		id,
		tenantId,
		environment: key.environment,
		name: key.name,
		secretHash: key.hash,
		keyPrefix: key.key_prefix,
		lastFour: "",
		scopes: key.scopes,
		rateLimit: key.rate_limit,
		ipAllowlist: key.ip_allowlist,
		createdAt: Date.parse(key.created_at),
		createdBy: actor,
		expiresAt: instantOf(key.expires_at),
		revokedAt: instantOf(key.revoked_at),
		origin: "imported",
	};
}
