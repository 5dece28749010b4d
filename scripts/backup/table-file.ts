/** The file of a table: JSON lines, compressed. It is read and written as a stream. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";

/** What tells whether two sequences of lines are the same. */
export interface Digest {
	rows: number;
	/** Of the lines, each with its newline. */
	sha256: string;
}

/** Counts and hashes lines. */
function digester() {
	const hash = createHash("sha256");
	let rows = 0;
	return {
		add(page: readonly string[]): string {
			const text = page.map((line) => `${line}\n`).join("");
			hash.update(text);
			rows += page.length;
			return text;
		},
		result: (): Digest => ({ rows, sha256: hash.digest("hex") }),
	};
}

/** Describes lines without keeping them. */
export async function digestOf(pages: AsyncIterable<string[]>): Promise<Digest> {
	const digest = digester();
	for await (const page of pages) digest.add(page);
	return digest.result();
}

/** Writes lines to a new file, readable for its owner alone. Only a page at a time is in memory. */
export async function writeLines(path: string, pages: AsyncIterable<string[]>): Promise<Digest> {
	const digest = digester();
	async function* texts() {
		for await (const page of pages) yield digest.add(page);
	}
	await pipeline(texts, createGzip(), createWriteStream(path, { mode: 0o600, flags: "wx" }));
	return digest.result();
}

/**
 * The lines of a file in pages of at most `bytes` bytes, except for a line that is longer. The same file has the same pages at
 * every reading.
 */
export async function* readLines(path: string, bytes: number): AsyncGenerator<string[]> {
	let page: string[] = [];
	let size = 0;
	for await (const line of linesOf(path)) {
		const length = Buffer.byteLength(line);
		if (page.length > 0 && size + length > bytes) {
			yield page;
			page = [];
			size = 0;
		}
		page.push(line);
		size += length;
	}
	if (page.length > 0) yield page;
}

async function* linesOf(path: string): AsyncGenerator<string> {
	const text = createGunzip().setEncoding("utf8");
	// `pipe` doesn't pass errors on.
	createReadStream(path)
		.on("error", (error) => text.destroy(error))
		.pipe(text);
	let rest = "";
	for await (const chunk of text) {
		const lines = `${rest}${chunk}`.split("\n");
		rest = lines.pop() ?? "";
		yield* lines;
	}
}
