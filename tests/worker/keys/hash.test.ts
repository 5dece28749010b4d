/** The Worker's synchronous SHA-256 and HMAC give the same results as those of the runtime. */
import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mac64, macKey, sha256 } from "../../../worker/keys/hash.ts";

/** Mostly lengths around the ends of blocks, and some long ones. */
const text = fc.oneof(
	fc.string({ unit: "binary", maxLength: 300 }),
	fc.nat(200).map((length) => "x".repeat(length)),
	fc.nat(3_000).map((length) => "é€😀".repeat(length)),
);

const expectedHash = (message: string) => createHash("sha256").update(message).digest("hex");
function expectedMac(secret: string, message: string): [number, number] {
	const mac = createHmac("sha256", secret).update(message).digest();
	return [mac.readUInt32BE(0), mac.readUInt32BE(4)];
}

describe("SHA-256", () => {
	// The examples of FIPS 180-4, and the length at which another block begins.
	it.each([
		["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
		["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
		[
			"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
			"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
		],
	])("matches the standard for %j", (message, hash) => {
		expect(sha256(message)).toBe(hash);
	});

	it("matches the runtime for any text", () => {
		fc.assert(
			fc.property(text, (message) => {
				expect(sha256(message)).toBe(expectedHash(message.toWellFormed()));
			}),
			{ numRuns: 2_000 },
		);
	});
});

describe("HMAC-SHA-256", () => {
	// RFC 4231, test case 2.
	it("matches the standard", () => {
		expect(mac64(macKey("Jefe"), "what do ya want for nothing?")).toEqual([0x5bdcc146, 0xbf60754e]);
	});

	it("matches the runtime for any secret and text", () => {
		fc.assert(
			fc.property(text, text, (secret, message) => {
				expect(mac64(macKey(secret), message)).toEqual(expectedMac(secret.toWellFormed(), message.toWellFormed()));
			}),
			{ numRuns: 2_000 },
		);
	});

	it("does not depend on what was hashed in between", () => {
		const key = macKey("secret");
		const first = mac64(key, "message");
		sha256("another");
		mac64(macKey("another secret"), "yet another");
		expect(mac64(key, "message")).toEqual(first);
	});
});
