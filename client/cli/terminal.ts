/** What goes out to and comes in from the person or the program at the other end. */
import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters, styleText } from "node:util";
import stringWidth from "string-width";
import { CommandFailure, EXIT } from "./failure.ts";

type Style = "bold" | "dim" | "green" | "yellow" | "red";

/** Colours are for terminals, and not for those that do not want them (https://no-color.org). */
let coloured = Boolean(process.stdout.isTTY) && !process.env.NO_COLOR && process.env.TERM !== "dumb";

export const withoutColours = (): void => {
	coloured = false;
};

export const styled = (style: Style, text: string): string =>
	coloured ? styleText(style, text, { validateStream: false }) : text;

/** A line of the result, to stdout. */
export function print(line: string): void {
	process.stdout.write(`${line}\n`);
}

export function printJson(value: unknown): void {
	print(JSON.stringify(value, null, 2));
}

/** A line beside the result, to stderr. */
export function note(line: string): void {
	process.stderr.write(`${line}\n`);
}

/** Text that others have chosen: what a terminal would take for an order is left out. */
export const plain = (text: string): string =>
	stripVTControlCharacters(text).replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, "");

/** Rows under a heading. On a terminal that is too narrow, the column `shrinkable` gives way. */
export function printTable(heading: string[], rows: string[][], shrinkable: number): void {
	const width = (cell: string) => stringWidth(cell);
	const widths = heading.map((title, column) =>
		Math.max(...[title, ...rows.map((row) => row[column] ?? "")].map(width)),
	);
	const { isTTY, columns } = process.stdout;
	// A terminal may not know how wide it is.
	if (isTTY && columns > 0) {
		const tooWide = widths.reduce((sum, each) => sum + each + 2, -2) - columns;
		widths[shrinkable] = Math.max(12, (widths[shrinkable] ?? 0) - Math.max(0, tooWide));
	}
	const line = (cells: string[]) =>
		cells
			.map((cell, column) => {
				const room = widths[column] ?? 0;
				const fitting = column === shrinkable ? shortened(cell, room) : cell;
				return fitting + " ".repeat(Math.max(0, room - width(fitting)));
			})
			.join("  ")
			.trimEnd();
	print(styled("bold", line(heading)));
	for (const row of rows) print(line(row));
}

function shortened(cell: string, room: number): string {
	if (stringWidth(cell) <= room) return cell;
	let kept = "";
	for (const { segment } of new Intl.Segmenter().segment(cell)) {
		if (stringWidth(kept + segment) > room - 1) break;
		kept += segment;
	}
	return `${kept}…`;
}

/** Names and values, one a line. */
export function printFacts(facts: [name: string, value: string][]): void {
	for (const line of factLines(facts)) print(line);
}

export function factLines(facts: [name: string, value: string][]): string[] {
	const room = Math.max(...facts.map(([name]) => name.length));
	return facts.map(([name, value]) => `${styled("dim", name.padEnd(room))}  ${value}`);
}

const isTerminal = () => Boolean(process.stdin.isTTY && process.stderr.isTTY);

/** Asks the person at the terminal, who may call it off with Ctrl-C. Null where nobody can be asked. */
export async function ask(question: string, { hidden = false } = {}): Promise<string | null> {
	if (!isTerminal()) return null;
	let silent = false;
	const output = new Writable({
		write(chunk, _encoding, done) {
			if (!silent) process.stderr.write(chunk);
			done();
		},
	});
	const lines = createInterface({ input: process.stdin, output, terminal: true });
	try {
		const answered = lines.question(question);
		silent = hidden;
		const interrupted = once(lines, "SIGINT").then(() => {
			throw new CommandFailure(EXIT.interrupted, "Called off; nothing was changed.");
		});
		return await Promise.race([answered, interrupted]);
	} finally {
		lines.close();
		if (hidden) process.stderr.write("\n");
	}
}

/**
 * Goes on only if the person types what is expected, or has said `--yes`. A script cannot be asked, so it has to
 * say so.
 */
export async function confirm(question: string, expected: string, yes: boolean | undefined): Promise<void> {
	if (yes) return;
	const answer = await ask(question);
	if (answer === null) throw new CommandFailure(EXIT.usage, "Nobody can be asked here. Confirm with --yes.");
	if (answer.trim() !== expected) throw new CommandFailure(EXIT.failure, "Not confirmed; nothing was changed.");
}

/** A secret: from the environment, or else from stdin; at a terminal it is asked for, unseen. */
export async function readSecret(variable: string, question: string): Promise<string> {
	const given = process.env[variable] ?? (await ask(question, { hidden: true })) ?? (await text(process.stdin));
	const secret = given.trim();
	if (secret === "") throw new CommandFailure(EXIT.usage, `Nothing came in. Set ${variable}, or give it on stdin.`);
	return secret;
}
