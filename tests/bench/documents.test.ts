/** The documents show the kept run of the bench and the current output of the simulation. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { documents } from "../../bench/documents.ts";
import { keptResults } from "../../bench/results.ts";
import { withSection, withSections } from "../../bench/sections.ts";

const ROOT = join(import.meta.dirname, "../..");

for (const [name, sections] of Object.entries(documents(keptResults())))
	it(`${name} shows the numbers of bench/results.json (npm run bench -- --documents)`, () => {
		const document = readFileSync(join(ROOT, name), "utf8");
		expect(document).toBe(withSections(document, sections));
	});

it("replaces one section of a document and keeps the rest", () => {
	const marks = (name: string) => [`<!-- ${name}: made by npm run bench -- --documents -->`, `<!-- /${name} -->`];
	const [a, endOfA] = marks("a");
	const [b, endOfB] = marks("b");
	const document = `before\n${a}\n\nold\n\n${endOfA}\nbetween\n${b}\n\nkept\n\n${endOfB}\nafter\n`;
	expect(withSection(document, "a", "new")).toBe(document.replace("old", "new"));
	expect(() => withSection(document, "c", "new")).toThrow("lacks the marks");
});
