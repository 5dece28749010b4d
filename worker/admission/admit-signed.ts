/** A signed request → a verdict. The signature is checked before any I/O. */
import type { Config } from "../env.ts";
import { skipRawBody, withRawBody } from "../http/raw-body.ts";
import {
	behindMs,
	EMPTY_BODY_HASH,
	SIGNATURE_VALID_MS,
	type SignedContent,
	type SignedCredential,
} from "../keys/signature.ts";
import { hasSigned, signerOf } from "../keys/signers.ts";
import type { BadSignature } from "../keys/verdict.ts";
import type { Gates } from "../namespaces.ts";
import { type Admission, admitIdentified, type Presented } from "./admit.ts";

/**
 * Checks the signature and calls the gate. The request of the result still has its body, unless the tag of the key is wrong.
 * `now` is when the request arrived.
 */
export async function admitSigned(
	gates: Gates,
	{ signingKeys }: Pick<Config, "signingKeys">,
	request: Request,
	credential: SignedCredential,
	presented: Presented,
	now: number,
): Promise<Admission> {
	const signer = signerOf(credential.key, signingKeys);
	if (signer === null) {
		// Read without being kept, so that a body that is too large or cut off gets the same response for every key. Otherwise
		// a stranger could find out which keys were made here.
		await skipRawBody(request);
		return { verdict: { code: "BAD_SIGNATURE", mismatch: { cause: "body or secret" } }, request };
	}
	const { bodyHash, readable } = await hashBody(request);
	const { origin, ...place } = placeOf(request.url);
	const content: SignedContent = { method: request.method, ...place, bodyHash };
	if (!hasSigned(signer, credential, content)) {
		const { explainMismatch } = await import("../keys/mismatch.ts");
		const mismatch = explainMismatch(credential, content, origin, signer.signingKey);
		return { verdict: { code: "BAD_SIGNATURE", mismatch }, request: readable };
	}
	const behind = behindMs(credential, now);
	if (Math.abs(behind) > SIGNATURE_VALID_MS) return { verdict: outdated(behind), request: readable };
	const signed = { signature: credential.signature, at: Number(credential.timestamp) };
	return { verdict: await admitIdentified(gates, signer.identified, presented, now, signed), request: readable };
}

const outdated = (behindMs: number): BadSignature => ({
	code: "BAD_SIGNATURE",
	mismatch: { cause: "time", behindSeconds: Math.round(behindMs / 1_000) },
});

/** SHA-256 of the raw body, and the request with a body that can still be read. */
async function hashBody(request: Request): Promise<{ bodyHash: string; readable: Request }> {
	if (request.body === null) return { bodyHash: EMPTY_BODY_HASH, readable: request };
	// Seven times as fast as @noble/hashes for a whole MiB. Loaded on demand: a request without a body doesn't need it.
	const { createHash } = await import("node:crypto");
	const hash = createHash("sha256");
	const readable = await withRawBody(request, (chunk) => hash.update(chunk));
	return { bodyHash: hash.digest("hex"), readable };
}

/** Cut out of the text, because parsing the URL would change its spelling. */
function placeOf(url: string): { origin: string; path: string; query: string } {
	const start = url.indexOf("/", "https://".length);
	const end = url.indexOf("?", start);
	const pathEnd = end < 0 ? url.length : end;
	return { origin: url.slice(0, start), path: url.slice(start, pathEnd), query: url.slice(pathEnd) };
}
