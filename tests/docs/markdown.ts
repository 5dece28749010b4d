/** Reads a page of the documentation: its examples, its links and its anchors. */

export interface Block {
	/** `sh`, `ts`, … */
	language: string;
	/** What follows the language: `walk`, or the name of a file. */
	label: string;
	text: string;
	/** The heading and the paragraph before the block, as its name in test titles. */
	title: string;
	/** The output that the page shows after the block; `…` matches any text. */
	answer: string | null;
}

/** The fenced blocks of a page. A `text` block that follows another block is that block's output, not a block of its own. */
export function blocksOf(markdown: string): Block[] {
	const fence = /```([^\n]*)\n(.*?)```(?:\n\n```text\n(.*?)```)?/gs;
	return [...markdown.matchAll(fence)].map(({ 1: info = "", 2: text = "", 3: answer, index }) => {
		const [language = "", ...label] = info.split(" ");
		return { language, label: label.join(" "), text, title: titleAt(markdown, index), answer: answer ?? null };
	});
}

function titleAt(markdown: string, index: number): string {
	const before = proseOf(markdown.slice(0, index)).trimEnd().split("\n");
	const heading = before.findLast((line) => line.startsWith("#")) ?? "";
	const paragraph = before.slice(before.lastIndexOf("") + 1).join(" ");
	return [...new Set([heading, paragraph])].map((line) => line.replaceAll(/[*`#]/g, "").trim().slice(0, 70)).join(": ");
}

/** A pattern for an output: `…` matches any text, everything else is literal. */
export function patternOf(answer: string): RegExp {
	const literal = answer
		.trim()
		.split("…")
		.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
	return new RegExp(`^${literal.join("[^]*?")}$`);
}

const proseOf = (markdown: string) => markdown.replaceAll(/```.*?```/gs, "");

/** The targets of a page's links and pictures, without those outside the repository. */
export function linksOf(markdown: string): string[] {
	const prose = proseOf(markdown).replaceAll(/`[^`\n]*`/g, "code");
	const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
	return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors that GitHub creates for a page's headings. */
export function anchorsOf(markdown: string): string[] {
	const headings = [...proseOf(markdown).matchAll(/^#+ (.*)$/gm)];
	return headings.map(([, heading = ""]) =>
		heading
			.toLowerCase()
			.replaceAll(/[^\p{L}\p{N} _-]/gu, "")
			.replaceAll(" ", "-"),
	);
}
