/**
 * A key as it was sent → a verdict. The path of every request of every integration, so it holds nothing but the tag
 * check, one look into memory, and one hop to the key's gate.
 */

import { putLast } from "../bounded-map.ts";
import type { Secret } from "../env.ts";
import type { KeyGate } from "../gate/key-gate.ts";
import type { AdmissionCall } from "../gate/protocol.ts";
import { type PackedVerdict, packCall, unpack } from "../gate/protocol.ts";
import { hashKey, parseKey } from "../keys/format.ts";
import type { Refused, Verdict } from "../keys/verdict.ts";
import { windowState } from "../keys/window.ts";

export type Gates = DurableObjectNamespace<KeyGate>;

/** A request as a door knows it. */
export type Presented = Omit<AdmissionCall, "keyId" | "secretHash">;

/**
 * Refusals that can never change, by the hash of the key: a revoked key stays revoked and a deleted one deleted, so
 * the isolate that has heard so need not ask again. Bounded; the oldest entry gives way.
 */
type FinalRefusal = { code: "REVOKED"; limit: number } | { code: "NOT_FOUND" };
const finalRefusals = new Map<string, { refusal: FinalRefusal; until: number }>();
const FINAL_REFUSALS_MAX = 10_000;
/**
 * After this long the gate hears of the key once more: nothing can have changed, but an admin who revoked a leaked key
 * wants to see that somebody still tries it, and from where.
 */
const REMEMBER_MS = 10_000;

/** Checks the key and asks its gate. A gate that cannot answer is no reason to admit: the caller must refuse. */
export async function admit(
	gates: Gates,
	peppers: readonly Secret[],
	key: string,
	presented: Presented,
	now: number,
): Promise<Verdict> {
	const keyId = parseKey(key, peppers);
	if (keyId === null) return { code: "NOT_FOUND", final: true };
	const secretHash = hashKey(key);
	const known = finalRefusals.get(secretHash);
	if (known && known.until > now) return recall(known.refusal, now);
	try {
		const packed = await gates.getByName(keyId).admitPacked(packCall({ keyId, secretHash, ...presented }));
		// The types of RPC know lists, and no lists with a type for each place.
		const verdict = unpack(packed as unknown as PackedVerdict, keyId);
		if (verdict.code === "REVOKED") remember(secretHash, { code: "REVOKED", limit: verdict.window.limit }, now);
		if (verdict.code === "NOT_FOUND" && verdict.final) remember(secretHash, { code: "NOT_FOUND" }, now);
		return verdict;
	} catch (cause) {
		return { code: "UNAVAILABLE", cause };
	}
}

function recall(refusal: FinalRefusal, now: number): Refused {
	if (refusal.code === "NOT_FOUND") return { code: "NOT_FOUND", final: true };
	// With the whole limit gone, nothing remains.
	return { code: "REVOKED", window: windowState(refusal.limit, refusal.limit, now) };
}

function remember(secretHash: string, refusal: FinalRefusal, now: number): void {
	putLast(finalRefusals, secretHash, { refusal, until: now + REMEMBER_MS }, FINAL_REFUSALS_MAX);
}
