/** The documentation: what it names exists, and it shows nothing that no test runs or checks. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { anchorsOf, type Block, linksOf } from "./markdown.ts";
import { HOW_TO, isConfig, isExample, isProgram, isWalk, isWorkflow, pageAt, pages, ROOT } from "./pages.ts";

const run = promisify(execFile);
const { files, scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
/** Pages with commands that no test can run: they start the service, run the tests, or need an account or an export. */
const WITH_COMMANDS = [
	"README.md",
	"CONTRIBUTING.md",
	"docs/deploy.md",
	"docs/operations.md",
	"docs/disasters.md",
	"docs/importing-keys.md",
];
const isCommand = ({ language, label }: Block) => language === "sh" && label === "";
const isTestRun = (block: Block) =>
	isCommand(block) && block.text.split("\n").every((line) => /^(npx vitest run --project |npm run |$)/.test(line));

describe.each(pages)("$path", ({ path, markdown, blocks }) => {
	it("shows nothing that is not run or checked", () => {
		const known = [isWalk, isProgram, isExample, isConfig, isWorkflow];
		const isDrawing = ({ language }: Block) => language === "text";
		if (WITH_COMMANDS.includes(path)) known.push(isCommand);
		if (!HOW_TO.includes(path)) known.push(isTestRun, isDrawing);
		const unchecked = blocks.filter((block) => !known.some((isKind) => isKind(block)));
		expect(unchecked.map(({ language, label, text }) => `${language} ${label}: ${text.slice(0, 60)}`)).toEqual([]);
	});

	it("shows only commands that a shell can parse", async () => {
		for (const { text } of blocks.filter(isCommand)) await run("bash", ["-n", "-c", text]);
	});

	it("runs every program that it shows", () => {
		const starters = blocks.filter((block) => isWalk(block) || isConfig(block)).map(({ text }) => text);
		// Programs of docs/examples have tests of their own.
		for (const { label } of blocks.filter((block) => isProgram(block) && !isExample(block)))
			expect(starters.join("\n"), label).toContain(label);
	});

	it("shows the repository's examples as they are", () => {
		for (const { label, text } of blocks.filter(isExample)) expect(text).toBe(readFileSync(join(ROOT, label), "utf8"));
	});

	it("names files and scripts that exist", () => {
		const named = [...markdown.matchAll(/\b(?:bench|client|db|docs|scripts|tests|web|worker)\/[\w./-]*\w\/?/g)].map(
			([name]) => name,
		);
		expect(named.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
		for (const [, name = ""] of markdown.matchAll(/npm\s+run\s+([\w:-]+\w)/g)) expect(scripts).toHaveProperty([name]);
	});

	it("names the Worker or the environment in every command of wrangler that changes a deployment", () => {
		// Without it, wrangler takes the Worker at the top level of wrangler.toml, which is deployed nowhere.
		if (path === "docs/client.md") return; // About the Workers of integrations.
		const commands = [...markdown.matchAll(/npx\s+wrangler\s+(?:secret|versions|deployments|rollback|d1)\b[^`]*/g)].map(
			([command]) => command.replaceAll(/\s+/g, " "),
		);
		const isOfOneDatabase = /^npx wrangler d1 (create|info|list)\b/;
		expect(commands.filter((one) => !isOfOneDatabase.test(one) && !/ --(name|env) /.test(one))).toEqual([]);
	});

	it("gives scripts only flags that they have", () => {
		for (const [, name = "", given = ""] of markdown.matchAll(/npm\s+run\s+([\w:-]+\w)\s+--\s([^`\n]*)/g)) {
			const [, program] = /^node (scripts\/\S+\.ts)$/.exec(scripts[name] ?? "") ?? [];
			if (program === undefined) continue;
			const text = readFileSync(join(ROOT, program), "utf8");
			for (const [, flag = ""] of given.matchAll(/(?:^| )--([\w-]+)/g))
				expect([name, flag, new RegExp(`"?${flag}"?: `).test(text)]).toEqual([name, flag, true]);
		}
	});

	it("links to pages and headings that exist", () => {
		const broken = linksOf(markdown).filter((link) => {
			const [target = "", anchor] = link.split("#");
			const file = target === "" ? path : join(dirname(path), target);
			if (!existsSync(join(ROOT, file))) return true;
			return anchor !== undefined && !anchorsOf(readFileSync(join(ROOT, file), "utf8")).includes(anchor);
		});
		expect(broken).toEqual([]);
	});
});

it("every page can be reached from the README", () => {
	const reached = new Set(["README.md"]);
	// A Set visits what is added while it is walked.
	for (const path of reached)
		for (const link of linksOf(pageAt(path).markdown)) {
			const target = join(dirname(path), link.split("#")[0] ?? "");
			if (target.endsWith(".md")) reached.add(target);
		}
	expect(pages.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
});

it("the packed pages link only to packed pages", () => {
	const packed: string[] = files.filter((file: string) => file.endsWith(".md"));
	expect(packed.length).toBeGreaterThan(0);
	for (const path of packed)
		for (const link of linksOf(pageAt(path).markdown).filter((link) => !link.startsWith("#")))
			expect([...packed, "README.md"]).toContain(join(dirname(path), link.split("#")[0] ?? ""));
});

it("the README fits on a few screens", () => {
	expect(pageAt("README.md").markdown.split("\n").length).toBeLessThanOrEqual(150);
});

it("the walkthrough takes a key through its whole life", () => {
	const walked = pageAt("docs/walkthrough.md").blocks.filter(isWalk);
	expect(walked.length).toBeGreaterThanOrEqual(11);
	expect(walked.filter(({ answer }) => answer !== null).length).toBeGreaterThanOrEqual(10);
});

it("the tree in CONTRIBUTING.md names folders and files that exist", () => {
	const tree = pageAt("CONTRIBUTING.md").blocks.find(({ language }) => language === "text")?.text ?? "";
	const missing: string[] = [];
	let parent = "";
	for (const [, indent = "", names = ""] of tree.matchAll(/^( *)(\S.*?) {2,}/gm)) {
		// A longer explanation continues on a further indented line.
		if (indent.length > 2) continue;
		if (indent === "") parent = names;
		const paths = names.split(", ").map((name) => (indent === "" ? name : join(parent, name)));
		missing.push(...paths.filter((path) => !existsSync(join(ROOT, path))));
	}
	expect(tree).not.toBe("");
	expect(missing).toEqual([]);
});

it("each decision fits on one page and stands in the index", () => {
	const index = linksOf(pageAt("docs/decisions/README.md").markdown);
	for (const { path, markdown } of pages.filter(({ path }) => path.startsWith("docs/decisions/"))) {
		if (basename(path) !== "README.md") expect(index).toContain(basename(path));
		expect(markdown.split("\n").length, path).toBeLessThanOrEqual(61);
	}
});
