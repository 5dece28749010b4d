/** Input and output: tables, prompts, secrets. */
import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters, styleText } from "node:util";
import stringWidth from "string-width";
import { CommandError, EXIT } from "./errors.ts";
import { safeJson } from "./safe-text.ts";

type Style = "bold" | "dim" | "green" | "yellow" | "red";

/** Colours are for terminals, unless NO_COLOR is set (https://no-color.org). */
let coloursEnabled = !process.env.NO_COLOR && process.env.TERM !== "dumb";

export const disableColours = (): void => {
	coloursEnabled = false;
};

/** Styles text. {@link print} and {@link note} strip the style if the stream is not a terminal. */
export const styled = (style: Style, text: string): string => styleText(style, text, { validateStream: false });

function write(stream: NodeJS.WriteStream, line: string): void {
	stream.write(`${coloursEnabled && stream.isTTY ? line : stripVTControlCharacters(line)}\n`);
}

/** Writes a line of the result to stdout. */
export const print = (line: string): void => write(process.stdout, line);

/** Writes a line about the result to stderr. */
export const note = (line: string): void => write(process.stderr, line);

/** Shows a line of progress on stderr. At a terminal it replaces the line before; a log gets only the last one. */
export function printProgress(line: string, isLast: boolean): void {
	if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${line}${isLast ? "\n" : ""}`);
	else if (isLast) note(line);
}

export const printJson = (value: unknown): void => print(safeJson(value));

interface Table {
	heading: string[];
	rows: string[][];
	/** The column that is shortened on a narrow terminal, down to {@link MIN_COLUMN_WIDTH} characters. */
	shrinkable: number;
	/** Columns that are dropped if that isn't enough, in this order. */
	droppable?: number[];
}

const MIN_COLUMN_WIDTH = 12;

/** Prints rows under a heading, at most as wide as the terminal. */
export function printTable({ heading, rows, shrinkable, droppable = [] }: Table): void {
	const widths = heading.map((title, column) =>
		Math.max(...[title, ...rows.map((row) => row[column] ?? "")].map((cell) => stringWidth(cell))),
	);
	const shown = new Set(heading.keys());
	const { isTTY, columns } = process.stdout;
	// Some terminals report a width of 0.
	if (isTTY && columns > 0) {
		const natural = widths[shrinkable] ?? 0;
		const tooWide = () => [...shown].reduce((sum, column) => sum + (widths[column] ?? 0) + 2, -2) - columns;
		widths[shrinkable] = Math.min(natural, MIN_COLUMN_WIDTH);
		for (const column of droppable) if (tooWide() > 0) shown.delete(column);
		widths[shrinkable] = Math.min(natural, Math.max(MIN_COLUMN_WIDTH, (widths[shrinkable] ?? 0) - tooWide()));
	}
	const line = (cells: string[]) =>
		[...shown]
			.map((column) => {
				const cell = cells[column] ?? "";
				const room = widths[column] ?? 0;
				const fitting = column === shrinkable ? shortened(cell, room) : cell;
				return fitting + " ".repeat(Math.max(0, room - stringWidth(fitting)));
			})
			.join("  ")
			.trimEnd();
	print(styled("bold", line(heading)));
	for (const row of rows) print(line(row));
	if (shown.size < heading.length)
		note(styled("dim", "Some columns are hidden. Make the terminal wider, or use --json."));
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

/** Prints names and values, one pair a line. */
export function printFacts(facts: [name: string, value: string][]): void {
	for (const line of factLines(facts)) print(line);
}

export function factLines(facts: [name: string, value: string][]): string[] {
	const room = Math.max(...facts.map(([name]) => name.length));
	return facts.map(([name, value]) => `${styled("dim", name.padEnd(room))}  ${value}`);
}

const isTerminal = () => Boolean(process.stdin.isTTY && process.stderr.isTTY);

/** Asks the person at the terminal, who can cancel with Ctrl-C or Ctrl-D. Null without a terminal. */
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
		const typed = lines.question(question);
		silent = hidden;
		// Ctrl-C is a SIGINT; Ctrl-D rejects the question.
		const cancel = () => {
			if (!hidden) process.stderr.write("\n");
			throw new CommandError(EXIT.interrupted, "Cancelled. Nothing was changed.");
		};
		return await Promise.race([typed.catch(cancel), once(lines, "SIGINT").then(cancel)]);
	} finally {
		lines.close();
		if (hidden) process.stderr.write("\n");
	}
}

/** Returns if the person types the expected text or passed `--yes`. A script can't be asked, so it needs `--yes`. */
export async function confirm(question: string, expected: string, yes: boolean | undefined): Promise<void> {
	if (yes) return;
	const answer = await ask(question);
	if (answer === null) throw new CommandError(EXIT.usage, "Confirmation needs a terminal. In a script, pass --yes.");
	if (answer.trim() !== expected) throw new CommandError(EXIT.failure, "Not confirmed. Nothing was changed.");
}

/** Reads a secret from the environment, from a hidden prompt at a terminal, or from stdin. */
export async function readSecret(variable: string, question: string): Promise<string> {
	const given = process.env[variable] ?? (await ask(question, { hidden: true })) ?? (await text(process.stdin));
	// Strip only the line break: a password may begin or end with a space.
	const secret = given.replace(/\r?\n$/, "");
	if (secret === "")
		throw new CommandError(EXIT.usage, `The secret is missing. Set ${variable}, or write it to stdin.`);
	return secret;
}
