/** Signatures: the published test vectors, by the service's code and by an implementation of its own. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../../worker/env.ts";
import { mintSignedKey } from "../../../worker/keys/format.ts";
import { macChain } from "../../../worker/keys/hash.ts";
import { readSigned, signatureOf, signingStart } from "../../../worker/keys/signature.ts";
import { hasSigned, signerOf } from "../../../worker/keys/signers.ts";
import { authorizationOf } from "../../sign.ts";

interface Vector {
	name: string;
	key: string;
	secret: string;
	timestamp: number;
	method: string;
	path: string;
	body: string;
	body_sha256: string;
	steps: string[];
	signature: string;
}

const vectors: Vector[] = JSON.parse(
	readFileSync(join(import.meta.dirname, "../../../docs/examples/signing-vectors.json"), "utf8"),
);

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");

describe.each(vectors)("the vector for $name", ({ key, secret, timestamp, method, path, body, ...expected }) => {
	it("is what the service computes, step by step", () => {
		const texts = [key, String(timestamp), method, path];
		expect(texts.map((_, index) => hex(macChain(secret, texts.slice(0, index + 1))))).toEqual(expected.steps);
		const start = signingStart(secret, { key, timestamp: String(timestamp), signature: "" }, method);
		expect(signatureOf(start, path, expected.body_sha256)).toBe(expected.signature);
	});

	it("is what Node's own HMAC computes", () => {
		const header = `P2S-SIGN-V1 ${key}:${timestamp}:${expected.signature}`;
		expect(authorizationOf({ key, secret, method, path, body, at: timestamp })).toBe(header);
	});
});

describe("a signature", () => {
	const signingKey = new Secret("signing-0123456789abcdef0123456789ab");
	const other = new Secret("other-0123456789abcdef0123456789abcd");

	it("is checked alike by two implementations, for any method, path and body", () => {
		const { key, secret, material } = mintSignedKey("live", signingKey);
		const text = fc.string({ unit: "binary", maxLength: 300 });
		fc.assert(
			fc.property(text, text, text, fc.integer({ min: 0, max: 99_999_999_999 }), (method, path, body, at) => {
				const header = authorizationOf({ key, secret, method, path, body, at });
				const credential = readSigned(header.slice("P2S-SIGN-V1 ".length));
				const bodyHash = createHash("sha256").update(body).digest("hex");
				if (credential === null) throw new Error("Well-formed");
				const content = { method, path, query: "", bodyHash };
				const signer = signerOf(key, [other, signingKey]);
				if (signer === null) throw new Error("Made under the signing key");
				expect(signer.identified.keyId).toBe(material.id);
				expect(hasSigned(signer, credential, content)).toBe(true);
				expect(hasSigned(signer, { ...credential, timestamp: `${at + 1}` }, content)).toBe(false);
				expect(hasSigned(signer, credential, { ...content, path: `${path}/` })).toBe(false);
			}),
		);
	});

	it.each(["", "a:b:c", "x".repeat(1_000), ":::", "sk_live_1:1:1"])("is not read from %j", (text) => {
		expect(readSigned(text)).toBeNull();
	});
});

describe("a signer", () => {
	const signingKey = new Secret("signing-0123456789abcdef0123456789ab");
	const other = new Secret("other-0123456789abcdef0123456789abcd");
	const content = { method: "GET", path: "/v1/whoami", query: "", bodyHash: createHash("sha256").digest("hex") };

	function signed({ key, secret }: { key: string; secret: string }) {
		const header = authorizationOf({ key, secret, method: "GET", path: "/v1/whoami", body: "", at: 1_900_000_000 });
		const credential = readSigned(header.slice("P2S-SIGN-V1 ".length));
		const signer = signerOf(key, [signingKey]);
		return credential !== null && signer !== null && hasSigned(signer, credential, content);
	}

	it("stays the same, and is never that of another key, however many keys sign in between", () => {
		const keys = Array.from({ length: 5_100 }, () => mintSignedKey("live", signingKey));
		const [first, second] = keys;
		if (!first || !second) throw new Error("Two keys at least");
		const signer = signerOf(first.key, [signingKey]);
		expect(signerOf(first.key, [signingKey])).toBe(signer);
		for (const one of keys) expect(signed(one)).toBe(true);
		// More keys than are kept: the first was forgotten, and is derived again.
		const again = signerOf(first.key, [signingKey]);
		expect(again).not.toBe(signer);
		expect(again?.identified).toEqual(signer?.identified);
		expect(signed(first)).toBe(true);
		expect(signed({ key: first.key, secret: second.secret })).toBe(false);
	});

	it("is forgotten with the signing key that its key was made under", () => {
		const { key } = mintSignedKey("live", signingKey);
		expect(signerOf(key, [other, signingKey])?.signingKey).toBe(signingKey);
		expect(signerOf(key, [other])).toBeNull();
		expect(signerOf(key, [signingKey, other])?.signingKey).toBe(signingKey);
	});
});
