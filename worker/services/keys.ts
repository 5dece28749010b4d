/** API keys: create, look, change, rotate, revoke, delete, verify. */
import type { Author } from "../../db/audit.ts";
import { runBatch, type Statement } from "../../db/client.ts";
import type { Environment } from "../../db/enums.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { apiKeys } from "../../db/schema.ts";
import { AppError, invalidField, isConstraintFailure } from "../errors.ts";
import { newRow } from "../gate/d1-records.ts";
import type { Attempt, ManagementCall } from "../gate/protocol.ts";
import { hashKey, isKeyId, mintKey, parseKey } from "../keys/format.ts";
import { ADDED_FIELDS, INITIAL_STATE, type KeySnapshot, NEVER_USED, toApiKey } from "../keys/snapshot.ts";
import { creation, type KeyPatch } from "../keys/transitions.ts";
import { toRateLimit } from "../keys/window.ts";
import {
	type ApiKey,
	type ApiKeyDetail,
	apiKeySchema,
	type CreateKey,
	type DeleteKey,
	type IssuedKey,
	type RevokeKey,
	type RotatedKey,
	type RotateKey,
	type UpdateKey,
	type Verification,
	type VerifyKey,
} from "../schemas/api-key.ts";
import { DAY_MS, HOUR_MS } from "../schemas/time.ts";
import { ask, type Deps } from "./deps.ts";
import { madeBefore, recordAttempt } from "./idempotency.ts";
import { keysOf } from "./key-counts.ts";

/** Makes a key. The answer is the only place where the key ever appears. */
export function createKey(deps: Deps, author: Author, input: CreateKey): Promise<IssuedKey> {
	return insertKey(deps, author, input, () => []);
}

/** What was made before by the same attempt, without the secret, which was shown then. */
export interface Repeated<T> {
	repeated: T;
}

/** Makes a key unless the same attempt has made one before. `CONFLICT` if its name was used for something else. */
export async function createKeyOnce(
	deps: Deps,
	author: Author,
	input: CreateKey,
	attempt: Attempt,
): Promise<IssuedKey | Repeated<ApiKey>> {
	const { db, now } = deps;
	const { tenantId } = author;
	const before = await madeBefore(db, tenantId, attempt, now);
	if (before !== null) return { repeated: await keyOfAttempt(deps, tenantId, before) };
	try {
		return await insertKey(deps, author, input, (keyId) => recordAttempt(db, tenantId, attempt, keyId, now));
	} catch (thrown) {
		if (!isConstraintFailure(thrown, "UNIQUE")) throw thrown;
		// Asked for twice at once: the other has been faster.
		const other = await madeBefore(db, tenantId, attempt, now);
		if (other === null) throw thrown;
		return { repeated: await keyOfAttempt(deps, tenantId, other) };
	}
}

/** A key that an attempt has made. Gone, it is not made again: whoever deleted it meant that. */
async function keyOfAttempt(deps: Deps, tenantId: string, keyId: string): Promise<ApiKey> {
	try {
		return apiKeySchema.parse(await getKey(deps, tenantId, keyId));
	} catch (thrown) {
		if (!(thrown instanceof AppError && thrown.code === "NOT_FOUND")) throw thrown;
		throw new AppError("CONFLICT", "The API key that this Idempotency-Key made has been deleted. Use a new one.");
	}
}

/** Twice as many as lists are measured with. Who needs more has a key for every customer, and should verify tokens instead. */
export const KEYS_PER_TENANT_MAX = 200_000;

/**
 * Throws `CONFLICT` if the tenant has as many keys as it can have, whatever their status. Several creations at once may
 * pass where only one is free: the bound keeps a script that has run wild from filling the database, no more.
 */
async function requireRoom({ db }: Pick<Deps, "db">, tenantId: string): Promise<void> {
	const [{ keys } = { keys: 0 }] = await keysOf(db, tenantId);
	if (keys < KEYS_PER_TENANT_MAX) return;
	throw new AppError(
		"CONFLICT",
		`A tenant can have ${KEYS_PER_TENANT_MAX} API keys, and this one has as many. Delete those that are revoked.`,
	);
}

async function insertKey(
	deps: Deps,
	author: Author,
	input: CreateKey,
	alongside: (keyId: string) => Statement[],
): Promise<IssuedKey> {
	const { db, now } = deps;
	await requireRoom(deps, author.tenantId);
	const { key, material } = mint(deps, input.environment);
	const snapshot: KeySnapshot = {
		...material,
		tenantId: author.tenantId,
		name: input.name,
		scopes: input.scopes,
		rateLimit: input.rate_limit,
		ipAllowlist: input.ip_allowlist,
		createdAt: now,
		createdBy: author.actor,
		expiresAt: expiryOf(input, now),
		...INITIAL_STATE,
	};
	const event = creation(snapshot, author, now);
	try {
		await runBatch(db, [
			...alongside(snapshot.id),
			db.insert(apiKeys).values(newRow(snapshot)),
			insertAudit(db, event),
		]);
	} catch (thrown) {
		// A token may name a tenant that this service does not have.
		if (isConstraintFailure(thrown, "FOREIGN KEY")) throw new AppError("NOT_FOUND", "The tenant does not exist.");
		throw thrown;
	}
	return { key, api_key: toApiKey(snapshot, NEVER_USED, now) };
}

/** One key, live. */
export async function getKey(deps: Deps, tenantId: string, keyId: string): Promise<ApiKeyDetail> {
	return complete(await ask(gateOf(deps, keyId).describe(keyId, tenantId)));
}

/** Changes settings; the next request is judged by them. `CONFLICT` for a revoked key. */
export async function updateKey(deps: Deps, author: Author, input: UpdateKey): Promise<ApiKey> {
	const patch: KeyPatch = {
		...(input.name === undefined ? {} : { name: input.name }),
		...(input.scopes === undefined ? {} : { scopes: input.scopes }),
		...(input.rate_limit === undefined ? {} : { rateLimit: input.rate_limit }),
		...(input.ip_allowlist === undefined ? {} : { ipAllowlist: input.ip_allowlist }),
		...(input.expires_at === undefined ? {} : { expiresAt: expiryOf(input, deps.now) }),
	};
	return complete(await ask(gateOf(deps, input.id).update(call(author, input), patch)));
}

/**
 * Makes a successor. `CONFLICT` for a revoked key, and where the key changes meanwhile. The answer is the only place
 * where the successor's key ever appears.
 */
export async function rotateKey(deps: Deps, author: Author, input: RotateKey): Promise<RotatedKey> {
	const rotated = await rotateOnce(deps, author, input);
	if ("repeated" in rotated) throw new Error("A rotation without a name was taken for one that was made before.");
	return rotated;
}

/** The same, unless the same attempt has made a successor before; then tells of that one, and of the key as it is now. */
export async function rotateOnce(
	deps: Deps,
	author: Author,
	input: RotateKey,
	attempt?: Attempt,
): Promise<RotatedKey | Repeated<Omit<RotatedKey, "key">>> {
	// The environment is part of the key and never changes, so it can be read ahead.
	const [{ environment }] = await Promise.all([
		getKey(deps, author.tenantId, input.id),
		requireRoom(deps, author.tenantId),
	]);
	const { key, material } = mint(deps, environment);
	const rotated = await ask(
		gateOf(deps, input.id).rotate(call(author, input), {
			material,
			lifeMs: input.expires_in_days === undefined ? null : input.expires_in_days * DAY_MS,
			overlapMs:
				input.revoke_previous_after_hours === undefined
					? null
					: Math.round(input.revoke_previous_after_hours * HOUR_MS),
			expectedSuccessor: input.expected_rotated_to,
			attempt,
		}),
	);
	if ("successorId" in rotated) {
		const { tenantId } = author;
		const [api_key, previous] = await Promise.all([
			keyOfAttempt(deps, tenantId, rotated.successorId),
			keyOfAttempt(deps, tenantId, input.id),
		]);
		return { repeated: { api_key, previous } };
	}
	return { key, api_key: complete(rotated.successor), previous: complete(rotated.previous) };
}

/** When this has returned, the key admits nothing any more. */
export async function revokeKey(deps: Deps, author: Author, input: RevokeKey): Promise<ApiKey> {
	return complete(await ask(gateOf(deps, input.id).revoke(call(author, input), input.reason ?? null)));
}

/** Removes the key and its usage; the audit trail keeps that it was there. */
export async function deleteKey(deps: Deps, author: Author, input: DeleteKey): Promise<{ id: string; deleted: true }> {
	await ask(gateOf(deps, input.id).remove(call(author, input)));
	return { id: input.id, deleted: true };
}

/** The verdict on a key that some back end was shown. Keys of other tenants are unknown, and stay uncounted. */
export async function verifyKey(deps: Deps, author: Author, input: VerifyKey): Promise<Verification> {
	const keyId = parseKey(input.key, deps.config.peppers);
	if (keyId === null) return { valid: false, code: "NOT_FOUND" };
	const { verdict, apiKey } = await ask(
		gateOf(deps, keyId).verify({
			keyId,
			secretHash: hashKey(input.key),
			tenantId: author.tenantId,
			scope: input.scope ?? null,
			ip: input.ip ?? null,
			endpoint: "verify",
			userAgent: author.userAgent,
			consume: input.consume,
		}),
	);
	return {
		valid: verdict.code === "VALID",
		code: verdict.code,
		...(apiKey ? { api_key: complete(apiKey) } : {}),
		...("window" in verdict ? { rate_limit: toRateLimit(verdict.window) } : {}),
		...(verdict.code === "RATE_LIMITED" ? { retry_after: verdict.window.resetSeconds } : {}),
	};
}

/** The gate of a key. An id that no key can have is refused before an object is made for it. */
export function gateOf({ gates }: Pick<Deps, "gates">, keyId: string) {
	if (!isKeyId(keyId)) throw new AppError("NOT_FOUND", "There is no such API key.");
	return gates.getByName(keyId);
}

function call(author: Author, input: { id: string; expected_version?: number | undefined }): ManagementCall {
	return { keyId: input.id, author, expectedVersion: input.expected_version };
}

/** The key with the fields that a gate of the last release doesn't send. */
function complete<T extends ApiKey>(key: T): T {
	return { ...ADDED_FIELDS, ...key };
}

function mint({ config }: Deps, environment: Environment) {
	const [pepper] = config.peppers;
	if (!pepper) throw new Error("There is no pepper, although the configuration was checked for one.");
	return mintKey(environment, pepper);
}

/** The instant of expiry, or null for never. */
function expiryOf(
	input: { expires_in_days?: number | undefined; expires_at?: string | null | undefined },
	now: number,
): number | null {
	if (input.expires_in_days !== undefined) return now + input.expires_in_days * DAY_MS;
	if (input.expires_at == null) return null;
	const at = Date.parse(input.expires_at);
	if (at <= now) throw invalidField("expires_at", "Must lie in the future");
	return at;
}
