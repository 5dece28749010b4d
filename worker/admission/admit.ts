/**
 * A presented key → a verdict. Every request of every integration takes this path, so it does nothing but check the tag,
 * look into memory, and make one call to the key's gate.
 */

import type { Secret } from "../env.ts";
import type { KeyGate } from "../gate/key-gate.ts";
import { type AdmissionCall, type CallerRefusals, type PackedVerdict, packCall, unpack } from "../gate/protocol.ts";
import { type IdentifiedKey, identifyKey, importedKeyIn } from "../keys/format.ts";
import type { Signed } from "../keys/signature.ts";
import type { BearerVerdict, Refused, Throttled, Unavailable, Verdict } from "../keys/verdict.ts";
import { refuseFromMemory, rememberIfFinal } from "./final-refusals.ts";
import { retryOnce } from "./retry-once.ts";

export type Gates = DurableObjectNamespace<KeyGate>;

/** A request as an interface knows it. */
export type Presented = Omit<AdmissionCall, keyof IdentifiedKey>;

/** A verdict, and the request with a body that can still be read. */
export interface Admission {
	verdict: Verdict;
	request: Request;
}

/**
 * Checks the key and calls its gate. If the gate cannot be reached the verdict is `UNAVAILABLE`, and the request must be
 * refused. `imported` is the database that imported keys are found in; null: they are refused without any I/O.
 */
export async function admit(
	gates: Gates,
	peppers: readonly Secret[],
	key: string,
	presented: Presented,
	now: number,
	imported: D1Database | null = null,
): Promise<BearerVerdict> {
	const identified = identifyKey(key, peppers) ?? (await identifyImported(imported, gates, key, presented, now));
	if ("code" in identified) return identified;
	// A gate looks for a replay of signed requests only, so it gives no other verdict.
	return (await admitIdentified(gates, identified, presented, now)) as BearerVerdict;
}

/** Calls the gate of a key whose tag or signature is right. */
export async function admitIdentified(
	gates: Gates,
	identified: IdentifiedKey,
	presented: Presented,
	now: number,
	signed?: Signed,
): Promise<Verdict> {
	const { keyId, secretHash } = identified;
	const { ip, userAgent, endpoint, consume } = presented;
	const refused = refuseFromMemory(secretHash, consume ? [ip, userAgent, endpoint] : null, now);
	if (refused) return refused;
	try {
		const call = packCall({ ...identified, ...presented });
		const ask = async () => {
			const gate = gates.getByName(keyId);
			// RPC types turn tuples into arrays.
			return (await (signed ? gate.admitSigned(call, signed) : gate.admitPacked(call))) as unknown as PackedVerdict;
		};
		// Safe to repeat: if the first call was counted too, the count is too high, so never too much is admitted. A signed
		// request is then refused as a replay, although no handler has run.
		const verdict = unpack(await retryOnce(ask), keyId);
		const sendCounts = (counts: CallerRefusals[]) => gates.getByName(keyId).countRefusals(keyId, secretHash, counts);
		rememberIfFinal(secretHash, verdict, sendCounts, now);
		return verdict;
	} catch (cause) {
		return { code: "UNAVAILABLE", cause };
	}
}

/** The API key of an imported key. Every other text is unknown for good. */
export async function identifyImported(
	imported: D1Database | null,
	gates: Gates,
	presentedKey: string,
	presented: Pick<Presented, "ip" | "tenantId">,
	now: number,
): Promise<IdentifiedKey | Refused | Throttled | Unavailable> {
	const key = imported && importedKeyIn(presentedKey);
	if (!key) return { code: "NOT_FOUND", final: true };
	const { identifyImportedKey } = await import("./imported-keys.ts");
	return identifyImportedKey(imported, gates, key, presented, now);
}
