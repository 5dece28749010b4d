/** The pages of the documentation, and the kinds of blocks that they show. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Block, blocksOf } from "./markdown.ts";

export const ROOT = join(import.meta.dirname, "../..");

/** Pages for people who install the package in a project of their own. The first page installs it. */
export const IN_A_PROJECT = ["docs/client.md", "docs/cli.md"];
/** Pages that show how to use the service. Each must have examples that run. */
export const HOW_TO = ["walkthrough", "rest", "salesos", "trpc", "client", "cli", "verify"].map(
	(name) => `docs/${name}.md`,
);

export interface Page {
	path: string;
	markdown: string;
	blocks: Block[];
}

const pagesIn = (folder: string) =>
	readdirSync(join(ROOT, folder))
		.filter((name) => name.endsWith(".md"))
		.map((name) => join(folder, name));

/** Every page of the documentation. */
export const pages: Page[] = [
	...new Set(["README.md", ...IN_A_PROJECT, ...pagesIn("."), ...pagesIn("docs"), ...pagesIn("docs/decisions")]),
].map((path) => {
	const markdown = readFileSync(join(ROOT, path), "utf8");
	return { path, markdown, blocks: blocksOf(markdown) };
});

export const isWalk = ({ language, label }: Block) => language === "sh" && label === "walk";
/** Programs that a page shows under the name of a file. */
export const isProgram = ({ language, label }: Block) => /^(ts|js)$/.test(language) && label !== "";
/** A file of the repository that the page shows. */
export const isExample = ({ label }: Block) => label.startsWith("docs/examples/");
export const isConfig = ({ language, label }: Block) => language === "jsonc" && label === "wrangler.jsonc";
export const isWorkflow = ({ language, label }: Block) => language === "yaml" && label.startsWith(".github/workflows/");

/** The page at a path of the repository. Throws if there is none. */
export function pageAt(path: string): Page {
	const page = pages.find((candidate) => candidate.path === path);
	if (!page) throw new Error(`The documentation has no page ${path}`);
	return page;
}
