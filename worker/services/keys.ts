/** API keys: read, change, revoke, delete. */
import type { Author } from "../../db/audit.ts";
import { invalidField } from "../errors.ts";
import type { KeyPatch } from "../keys/transitions.ts";
import type { ApiKey, ApiKeyDetail, DeleteKey, RevokeKey, UpdateKey } from "../schemas/api-key.ts";
import { DAY_MS } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { changeAtGate, complete, managementCall, readFromGate } from "./gates.ts";
import { requireRateLimit } from "./quotas.ts";

/** One key, read from its gate. */
export async function getKey(deps: Deps, tenantId: string, keyId: string): Promise<ApiKeyDetail> {
	return complete(await readFromGate(deps, { keyId, tenantId }, (gate) => gate.describe(keyId, tenantId)));
}

/** Changes settings. They apply to the very next request. `CONFLICT` for a revoked key. */
export async function updateKey(deps: Deps, author: Author, input: UpdateKey): Promise<ApiKey> {
	const patch: KeyPatch = {
		...(input.name === undefined ? {} : { name: input.name }),
		...(input.scopes === undefined ? {} : { scopes: input.scopes }),
		...(input.rate_limit === undefined ? {} : { rateLimit: input.rate_limit }),
		...(input.ip_allowlist === undefined ? {} : { ipAllowlist: input.ip_allowlist }),
		...(input.expires_at === undefined ? {} : { expiresAt: expiryOf(input, deps.now) }),
	};
	if (input.rate_limit !== undefined) await requireRateLimit(deps.db, author.tenantId, input.rate_limit);
	const change = managementCall(author, input);
	// The first of two updates would change the version that the second expects.
	const isRepeatable = change.expectedVersion === undefined;
	return complete(await changeAtGate(deps, change, isRepeatable, (gate, call) => gate.update(call, patch)));
}

/** When this has returned, the key admits no request. */
export async function revokeKey(deps: Deps, author: Author, input: RevokeKey): Promise<ApiKey> {
	const change = managementCall(author, input);
	return complete(await changeAtGate(deps, change, true, (gate, call) => gate.revoke(call, input.reason ?? null)));
}

/** Removes the key and its usage. The audit trail keeps that it existed. */
export async function deleteKey(deps: Deps, author: Author, input: DeleteKey): Promise<{ id: string; deleted: true }> {
	const change = managementCall(author, input);
	// Not repeatable: the second of two deletions would not find the key.
	await changeAtGate(deps, change, false, (gate, call) => gate.remove(call));
	return { id: input.id, deleted: true };
}

/** When a key with this input expires. Null: never. */
export function expiryOf(
	input: { expires_in_days?: number | undefined; expires_at?: string | null | undefined },
	now: number,
): number | null {
	if (input.expires_in_days !== undefined) return now + input.expires_in_days * DAY_MS;
	if (input.expires_at == null) return null;
	const at = Date.parse(input.expires_at);
	if (at <= now) throw invalidField("expires_at", "Must be in the future");
	return at;
}
