import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ALPHABET, randomText } from "../../../db/ids.ts";
import { Secret } from "../../../worker/env.ts";
import { hashKey, identifyKey, importedKeyIn, mintKey, sameText } from "../../../worker/keys/format.ts";

const pepper = new Secret("pepper-0123456789abcdef0123456789abcdef");
const environment = fc.constantFrom("live" as const, "test" as const);
const minted = environment.map((env) => mintKey(env, pepper));
const whitespace = fc.string({ unit: fc.constantFrom(" ", "\t", "\r\n", "\n"), maxLength: 4 });
const character = fc.constantFrom(...ALPHABET, "_", "-", " ");

describe("a key of another system", () => {
	const start = "sk_live_h3k9";
	const key = start + "0a".repeat(14);

	it("is recognised by its form, with whitespace around it", () => {
		for (const presented of [key, key.replace("live", "test"), ` ${key}\r\n`])
			expect(importedKeyIn(presented)).toBe(presented.trim());
	});

	it.each([
		key.slice(0, -1),
		`${key}0`,
		key.toUpperCase(),
		`${start}A${"0".repeat(27)}`,
		key.replace("live", "prod"),
		"",
	])("is not %j", (text) => {
		expect(importedKeyIn(text)).toBeNull();
	});

	it("is never one of this service, and the other way round", () => {
		fc.assert(fc.property(minted, (own) => importedKeyIn(own.key) === null));
		expect(identifyKey(key, [pepper])).toBeNull();
	});
});

describe("a minted key", () => {
	it("has the documented format and parses to its parts", () => {
		fc.assert(
			fc.property(minted, ({ key, material }) => {
				expect(key).toMatch(/^sk_(live|test)_[0-9A-Za-z]{48}$/);
				expect(identifyKey(key, [pepper])).toEqual({
					keyId: material.id,
					secretHash: material.secretHash,
					pepperId: material.pepperId,
				});
				expect(key).toContain(material.id);
				expect(key.startsWith(material.keyPrefix)).toBe(true);
				expect(key.endsWith(material.lastFour)).toBe(true);
				expect(material.secretHash).toBe(hashKey(key));
			}),
		);
	});

	it("is accepted with whitespace around it, but not inside", () => {
		fc.assert(
			fc.property(
				minted,
				whitespace,
				whitespace,
				fc.integer({ min: 1, max: 55 }),
				({ key, material }, before, after, at) => {
					expect(identifyKey(before + key + after, [pepper])?.keyId).toBe(material.id);
					expect(identifyKey(`${key.slice(0, at)} ${key.slice(at)}`, [pepper])).toBeNull();
				},
			),
		);
	});

	it("stores nothing that reveals the key", () => {
		const { key, material } = mintKey("live", pepper);
		const kept = JSON.stringify(material);
		expect(kept).not.toContain(key.slice(20, 50));
	});

	it("is valid under the current and the previous pepper, and under no other", () => {
		const { key } = mintKey("live", pepper);
		const next = new Secret("next-pepper-0123456789abcdef0123456789");
		expect(identifyKey(key, [next, pepper])).not.toBeNull();
		expect(identifyKey(key, [next])).toBeNull();
	});
});

describe("a key that differs from the minted one", () => {
	it("is rejected if any single character is changed", () => {
		fc.assert(
			fc.property(minted, fc.nat(55), character, ({ key }, at, replacement) => {
				fc.pre(key[at] !== replacement);
				expect(identifyKey(key.slice(0, at) + replacement + key.slice(at + 1), [pepper])).toBeNull();
			}),
			{ numRuns: 2_000 },
		);
	});

	it("is rejected if any two characters are swapped", () => {
		fc.assert(
			fc.property(minted, fc.nat(55), fc.nat(55), ({ key }, a, b) => {
				fc.pre(key[a] !== key[b]);
				const characters = [...key];
				[characters[a], characters[b]] = [key.charAt(b), key.charAt(a)];
				expect(identifyKey(characters.join(""), [pepper])).toBeNull();
			}),
			{ numRuns: 2_000 },
		);
	});

	it("is rejected if it is shortened or extended", () => {
		fc.assert(
			fc.property(minted, fc.nat(55), fc.string({ minLength: 1 }), ({ key }, length, more) => {
				fc.pre(more.trim() === more);
				expect(identifyKey(key.slice(0, length), [pepper])).toBeNull();
				expect(identifyKey(key + more, [pepper])).toBeNull();
				expect(identifyKey(more + key, [pepper])).toBeNull();
			}),
			{ numRuns: 1_000 },
		);
	});

	it("is rejected if it is made up in the right format", () => {
		for (let i = 0; i < 1_000; i++) expect(identifyKey(`sk_live_${randomText(48)}`, [pepper])).toBeNull();
	});
});

describe("random text", () => {
	it("uses every character of the alphabet about equally often", () => {
		const counts = new Map<string, number>();
		// `getRandomValues` fills at most 65,536 bytes a call, so the text is drawn in pieces.
		for (const char of Array.from({ length: 1_000 }, () => randomText(62)).join(""))
			counts.set(char, (counts.get(char) ?? 0) + 1);
		expect(counts.size).toBe(62);
		// Each is expected 1,000 times, σ ≈ 31. A deviation of 8 σ happens once in 10^13 runs.
		for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(250);
	});
});

describe("comparing hashes", () => {
	it("distinguishes equal and different texts of any lengths", () => {
		expect(sameText(hashKey("a"), hashKey("a"))).toBe(true);
		expect(sameText(hashKey("a"), hashKey("b"))).toBe(false);
		expect(sameText(hashKey("a"), "")).toBe(false);
	});
});
