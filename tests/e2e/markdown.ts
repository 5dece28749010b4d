/** Reading a page of the documentation: its examples, its links, and what can be linked to. */

export interface Block {
	/** `sh`, `ts`, … */
	language: string;
	/** What follows the language: `walk`, or the name of a file. */
	label: string;
	text: string;
	/** The heading and the paragraph before the block, to name it by. */
	title: string;
	/** The output that the page shows right after the block; `…` stands for anything. */
	answer: string | null;
}

/** The fenced blocks of a page. Where a `text` block follows another, it is that one's answer and none of its own. */
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

/** An answer of a page as a pattern: lines of `…` are any lines, everything else is meant to the letter. */
export function patternOf(answer: string): RegExp {
	const literal = answer
		.trim()
		.split("…")
		.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
	return new RegExp(`^${literal.join("[^]*?")}$`);
}

const proseOf = (markdown: string) => markdown.replaceAll(/```.*?```/gs, "");

/** Where the links and pictures of a page lead, without those that leave the repository. */
export function linksOf(markdown: string): string[] {
	const prose = proseOf(markdown).replaceAll(/`[^`\n]*`/g, "code");
	const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target);
	return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchors that GitHub makes of a page's headings. */
export function anchorsOf(markdown: string): string[] {
	const headings = [...proseOf(markdown).matchAll(/^#+ (.*)$/gm)];
	return headings.map(([, heading = ""]) =>
		heading
			.toLowerCase()
			.replaceAll(/[^\p{L}\p{N} _-]/gu, "")
			.replaceAll(" ", "-"),
	);
}
