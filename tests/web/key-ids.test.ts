import { expect, it } from "vitest";
import { keyIdsIn } from "../../web/features/operations/key-ids.ts";

it("finds ids between spaces, commas and lines, each once", () => {
	expect(keyIdsIn(" 3kTMd92LxQpA,7Hn4Vb2Qs9Xk\n3kTMd92LxQpA ; 0123456789ab\n")).toEqual([
		"3kTMd92LxQpA",
		"7Hn4Vb2Qs9Xk",
		"0123456789ab",
	]);
});

it("rejects a text that the service would reject", () => {
	const ids = Array.from({ length: 51 }, (_, index) => `id${index}`);
	expect(keyIdsIn(ids.slice(1).join(" "))).toHaveLength(50);
	expect(keyIdsIn(ids.join(" "))).toBeNull();
	expect(keyIdsIn(" ,\n")).toBeNull();
	expect(keyIdsIn("a".repeat(64))).toHaveLength(1);
	expect(keyIdsIn("a".repeat(65))).toBeNull();
});
