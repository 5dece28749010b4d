/**
 * A presented key → a verdict. Every request of every integration takes this path, so it does nothing but check the tag,
 * look into memory, and make one call to the key's gate.
 */

import type { Secret } from "../env.ts";
import type { KeyGate } from "../gate/key-gate.ts";
import { type AdmissionCall, type CallerRefusals, type PackedVerdict, packCall, unpack } from "../gate/protocol.ts";
import { type IdentifiedKey, identifyKey } from "../keys/format.ts";
import type { Verdict } from "../keys/verdict.ts";
import { refuseFromMemory, rememberIfFinal } from "./final-refusals.ts";
import { retryOnce } from "./retry-once.ts";

export type Gates = DurableObjectNamespace<KeyGate>;

/** A request as an interface knows it. */
export type Presented = Omit<AdmissionCall, keyof IdentifiedKey>;

/**
 * Checks the key and calls its gate. If the gate cannot be reached the verdict is `UNAVAILABLE`, and the request must be
 * refused.
 */
export async function admit(
	gates: Gates,
	peppers: readonly Secret[],
	key: string,
	presented: Presented,
	now: number,
): Promise<Verdict> {
	const identified = identifyKey(key, peppers);
	if (identified === null) return { code: "NOT_FOUND", final: true };
	const { keyId, secretHash } = identified;
	const { ip, userAgent, endpoint, consume } = presented;
	const refused = refuseFromMemory(secretHash, consume ? [ip, userAgent, endpoint] : null, now);
	if (refused) return refused;
	try {
		const call = packCall({ ...identified, ...presented });
		// RPC types turn tuples into arrays.
		const ask = async () => (await gates.getByName(keyId).admitPacked(call)) as unknown as PackedVerdict;
		// Safe to repeat: if the first call was counted too, the count is too high, so never too much is admitted.
		const verdict = unpack(await retryOnce(ask), keyId);
		const sendCounts = (counts: CallerRefusals[]) => gates.getByName(keyId).countRefusals(keyId, secretHash, counts);
		rememberIfFinal(secretHash, verdict, sendCounts, now);
		return verdict;
	} catch (cause) {
		return { code: "UNAVAILABLE", cause };
	}
}
