/** The fold of emails follows Unicode's case folding, and keeps different letters apart. */
import { describe, expect, it } from "vitest";
import { foldEmail } from "../../../db/fold-email.ts";

describe("two emails are the same", () => {
	it.each([
		["Ana@Acme.Example", "ana@acme.example"],
		[" ana@acme.example ", "ana@acme.example"],
		["JOSÉ@ACME.EXAMPLE", "josé@acme.example"],
		["jose\u0301@acme.example", "jos\u00e9@acme.example"],
		["STRASSE@x.de", "straße@x.de"],
		["STRA\u1e9eE@x.de", "straße@x.de"],
		["ΟΔΟΣ@x.gr", "οδος@x.gr"],
		["\u212aate@x.uk", "kate@x.uk"],
	])("%s and %s", (one, other) => {
		expect(foldEmail(one)).toBe(foldEmail(other));
	});

	it("in every letter that Unicode's simple case folding makes the same", () => {
		const wrong: string[] = [];
		for (let point = 0x20; point <= 0x1_ffff; point++) {
			const letter = String.fromCodePoint(point);
			// An unpaired surrogate is no letter, and the Turkish letters have a case folding of their own.
			if (!letter.isWellFormed() || letter === "ı" || letter === "İ") continue;
			for (const other of [letter.toUpperCase(), letter.toLowerCase()])
				if (foldEmail(`a${letter}a`) !== foldEmail(`a${other}a`)) wrong.push(letter);
		}
		expect(wrong).toEqual([]);
	});

	it("if they are folded already", () => {
		for (let point = 0x21; point <= 0x1_ffff; point++) {
			const once = foldEmail(`a${String.fromCodePoint(point)}a`);
			if (foldEmail(once) !== once) expect.fail(point.toString(16));
		}
	});
});

describe("two emails are different", () => {
	it.each([
		["jose@acme.example", "josé@acme.example"],
		["ılhan@x.tr", "ilhan@x.tr"],
		["a.na@acme.example", "ana@acme.example"],
	])("%s and %s", (one, other) => {
		expect(foldEmail(one)).not.toBe(foldEmail(other));
	});
});
