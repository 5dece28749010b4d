/** Creates and rotates API keys. The only place that makes secrets. */
import { and, eq } from "drizzle-orm";
import type { Author } from "../../db/audit.ts";
import { runBatch, type Statement } from "../../db/client.ts";
import type { Authentication, Environment } from "../../db/enums.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { apiKeys } from "../../db/schema.ts";
import { AppError, isConstraintFailure } from "../errors.ts";
import { newRow } from "../gate/delivery/d1-records.ts";
import { type Attempt, CONFLICTS } from "../gate/protocol.ts";
import { mintKey, mintSignedKey } from "../keys/format.ts";
import { INITIAL_STATE, type KeySnapshot, NEVER_USED, toApiKey } from "../keys/snapshot.ts";
import { creation } from "../keys/transitions.ts";
import {
	type ApiKey,
	apiKeySchema,
	type CreateKey,
	type IssuedKey,
	type RotatedKey,
	type RotateKey,
} from "../schemas/api-key.ts";
import { DAY_MS, HOUR_MS } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { changeAtGate, complete, managementCall } from "./gates.ts";
import { createdBefore, recordAttempt } from "./idempotency.ts";
import { requireJurisdiction } from "./jurisdiction.ts";
import { expiryOf, getKey } from "./keys.ts";
import { requireRoomForKey, withinQuotas } from "./quotas.ts";

/** Creates a key. The result is the only place where the secret appears. */
export function createKey(deps: Deps, author: Author, input: CreateKey): Promise<IssuedKey> {
	return insertKey(deps, author, input, () => []);
}

/** What an earlier request with the same `Idempotency-Key` created, without the secret, which was shown then. */
export interface Replay<T> {
	replay: T;
}

/** Creates a key, unless the same attempt has created one before. `CONFLICT` if its name was used for other input. */
export async function createKeyOnce(
	deps: Deps,
	author: Author,
	input: CreateKey,
	attempt: Attempt,
): Promise<IssuedKey | Replay<ApiKey>> {
	const { db, now } = deps;
	const { tenantId } = author;
	const before = await createdBefore(db, author, attempt, now);
	if (before !== null) return { replay: await keyOfAttempt(deps, tenantId, before) };
	try {
		return await insertKey(deps, author, input, (keyId) => recordAttempt(db, tenantId, attempt, keyId, now));
	} catch (thrown) {
		if (!isConstraintFailure(thrown, "UNIQUE")) throw thrown;
		// The same attempt arrived twice at once, and the other was faster.
		const other = await createdBefore(db, author, attempt, now);
		if (other === null) throw thrown;
		return { replay: await keyOfAttempt(deps, tenantId, other) };
	}
}

/** The key that an attempt has created. A deleted key is not created again, because deleting it was intended. */
async function keyOfAttempt(deps: Deps, tenantId: string, keyId: string): Promise<ApiKey> {
	try {
		return apiKeySchema.parse(await getKey(deps, tenantId, keyId));
	} catch (thrown) {
		if (!(thrown instanceof AppError && thrown.code === "NOT_FOUND")) throw thrown;
		throw new AppError("CONFLICT", "The API key that this Idempotency-Key made has been deleted. Use a new one.");
	}
}

async function insertKey(
	deps: Deps,
	author: Author,
	input: CreateKey,
	alongside: (keyId: string) => Statement[],
): Promise<IssuedKey> {
	const { db, now } = deps;
	await requireJurisdiction(deps);
	const { key, secret, material } = mint(deps, input);
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
		await withinQuotas(() =>
			runBatch(db, [...alongside(snapshot.id), db.insert(apiKeys).values(newRow(snapshot)), insertAudit(db, event)]),
		);
	} catch (thrown) {
		// A token may name a tenant that this service does not have.
		if (isConstraintFailure(thrown, "FOREIGN KEY")) throw new AppError("NOT_FOUND", "The tenant does not exist.");
		throw thrown;
	}
	return { key, secret, api_key: toApiKey(snapshot, NEVER_USED, now) };
}

/**
 * Creates a successor. `CONFLICT` for a revoked key, and where the key changes at the same time. The result is the only
 * place where the successor's secret appears.
 */
export async function rotateKey(deps: Deps, author: Author, input: RotateKey): Promise<RotatedKey> {
	const rotated = await rotateOnce(deps, author, input);
	if ("replay" in rotated) throw new Error("A rotation without an Idempotency-Key cannot be a replay.");
	return rotated;
}

/** The same, unless the same attempt has created a successor before. Then the replay has it, and the key as it is now. */
export async function rotateOnce(
	deps: Deps,
	author: Author,
	input: RotateKey,
	attempt?: Attempt,
): Promise<RotatedKey | Replay<Omit<RotatedKey, "key" | "secret">>> {
	// What never changes can be read before the gate rotates the key.
	const [lasting] = await Promise.all([
		readLasting(deps, author.tenantId, input.id),
		requireRoomForKey(deps.db, author.tenantId),
	]);
	const { key, secret, material } = mint(deps, lasting);
	const change = managementCall(author, input);
	// Not repeatable: the second of two rotations would make another successor, or hide the secret of the first.
	const rotated = await changeAtGate(deps, change, false, (gate, call) =>
		gate.rotate(call, {
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
		const { tenantId, actor } = author;
		const [api_key, previous] = await Promise.all([
			keyOfAttempt(deps, tenantId, rotated.successorId),
			keyOfAttempt(deps, tenantId, input.id),
		]);
		// Found by the former hash, which doesn't say whose attempt it was.
		if (api_key.created_by !== actor) throw new AppError("CONFLICT", CONFLICTS.idempotencyKeyReused.message);
		return { replay: { api_key, previous } };
	}
	return { key, secret, api_key: complete(rotated.successor), previous: complete(rotated.previous) };
}

/** What a key has in common with its successors. */
interface Lasting {
	environment: Environment;
	authentication: Authentication;
}

/** Read from D1, because a gate of the release before doesn't know which keys are signed. */
async function readLasting({ db }: Deps, tenantId: string, keyId: string): Promise<Lasting> {
	const [lasting] = await db
		.select({ environment: apiKeys.environment, authentication: apiKeys.authentication })
		.from(apiKeys)
		.where(and(eq(apiKeys.id, keyId), eq(apiKeys.tenantId, tenantId)));
	if (!lasting) throw new AppError("NOT_FOUND", "API key not found.");
	return lasting;
}

function mint({ config }: Deps, { environment, authentication }: Lasting) {
	const [made] = authentication === "signed" ? config.signingKeys : config.peppers;
	if (!made) throw new Error("The configuration has no pepper or no signing key.");
	return authentication === "signed"
		? mintSignedKey(environment, made)
		: { ...mintKey(environment, made), secret: null };
}
