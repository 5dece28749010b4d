/**
 * A presented key → a verdict. Every request of every integration takes this path, so it does nothing but check the tag,
 * look into memory, and make one call to the key's gate.
 */

import type { Secret } from "../env.ts";
import {
	type AdmissionCall,
	type CallerRefusals,
	type PackedVerdict,
	packCall,
	packRefusals,
	unpack,
} from "../gate/protocol.ts";
import { type IdentifiedKey, identifyKey, importedKeyIn } from "../keys/format.ts";
import type { Signed } from "../keys/signature.ts";
import type { BearerVerdict, Refused, Throttled, Unavailable, Verdict } from "../keys/verdict.ts";
import { logEvent } from "../log.ts";
import type { Gates } from "../namespaces.ts";
import { refuseFromMemory, rememberIfFinal } from "./final-refusals.ts";
import { retryOnce } from "./retry-once.ts";

/** A request as an interface knows it. */
export interface Presented extends Omit<AdmissionCall, keyof IdentifiedKey> {
	/** Another Worker of the platform presents the key, for a caller of its own. */
	byWorker?: boolean;
}

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
	// A gate looks for a replay of signed requests only, so it gives no other verdict.
	const decide = (identified: IdentifiedKey) =>
		admitIdentified(gates, identified, presented, now) as Promise<BearerVerdict>;
	const identified = identifyKey(key, peppers);
	return identified ? decide(identified) : decideImported({ imported, gates, key, presented, now }, decide, isUnknown);
}

/** Whether the gate has refused a secret that isn't its own, so that the same key can still be admitted later. */
export const isUnknown = (verdict: { code: string; final?: boolean }): boolean =>
	verdict.code === "NOT_FOUND" && verdict.final !== true;

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
		let attempts = 0;
		const ask = async () => {
			attempts++;
			const gate = gates.getByName(keyId);
			// RPC types turn tuples into arrays.
			return (await (signed ? gate.admitSigned(call, signed) : gate.admitPacked(call))) as unknown as PackedVerdict;
		};
		// Safe to repeat: if the first call was counted too, the count is too high, so never too much is admitted.
		const decided = unpack(await retryOnce(ask), keyId);
		if ("cause" in decided) logEvent("unknown_protocol", { key_id: keyId }, { thrown: decided.cause });
		// The first call may have admitted this very request, for which no handler has run.
		const isUncertain = attempts > 1 && decided.code === "REPLAYED";
		const verdict: Verdict = isUncertain ? { ...decided, code: "UNCERTAIN", retrySeconds: 1 } : decided;
		// Safe to repeat: a caller may be counted twice, but never more than it sent again.
		const sendCounts = (counts: CallerRefusals[]) =>
			retryOnce(() => gates.getByName(keyId).countRefusals(keyId, secretHash, counts.map(packRefusals)));
		rememberIfFinal(secretHash, verdict, sendCounts, now);
		return verdict;
	} catch (cause) {
		return { code: "UNAVAILABLE", cause };
	}
}

interface ImportedPresented {
	imported: D1Database | null;
	gates: Gates;
	key: string;
	presented: Pick<Presented, "ip" | "tenantId" | "byWorker">;
	now: number;
}

/** Decides on an imported key by `decide`, once its API key is found. Every other text is unknown for good. */
export async function decideImported<V>(
	{ imported, gates, key: text, presented, now }: ImportedPresented,
	decide: (identified: IdentifiedKey) => Promise<V>,
	isUnknown: (decision: V) => boolean,
): Promise<V | Refused | Throttled | Unavailable> {
	const key = imported && importedKeyIn(text);
	if (!key) return { code: "NOT_FOUND", final: true };
	const { identifyImportedKey, recognizeAgain } = await import("./imported-keys.ts");
	const identified = await identifyImportedKey(imported, gates, key, presented, now);
	if ("code" in identified) return identified;
	const decision = await decide(identified);
	if (!isUnknown(decision)) return decision;
	const recognized = await recognizeAgain(gates, identified, key, presented, now);
	return "code" in recognized ? recognized : decide(recognized);
}
