/** What goes out to and comes in from the person or the program at the other end. */
import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters, styleText } from "node:util";
import stringWidth from "string-width";
import { CommandFailure, EXIT } from "./failure.ts";
import { jsonOf } from "./plain.ts";

type Style = "bold" | "dim" | "green" | "yellow" | "red";

/** Colours are for terminals, and not for those that do not want them (https://no-color.org). */
let wanted = !process.env.NO_COLOR && process.env.TERM !== "dumb";

export const withoutColours = (): void => {
	wanted = false;
};

/** Text in a style, which {@link print} and {@link note} take away again where there is no terminal to show it. */
export const styled = (style: Style, text: string): string => styleText(style, text, { validateStream: false });

function write(stream: NodeJS.WriteStream, line: string): void {
	stream.write(`${wanted && stream.isTTY ? line : stripVTControlCharacters(line)}\n`);
}

/** A line of the result, to stdout. */
export const print = (line: string): void => write(process.stdout, line);

/** A line beside the result, to stderr. */
export const note = (line: string): void => write(process.stderr, line);

export const printJson = (value: unknown): void => print(jsonOf(value));

interface Table {
	heading: string[];
	rows: string[][];
	/** The column that is shortened first where a terminal is too narrow, down to {@link SHORTEST} characters. */
	shrinkable: number;
	/** Columns that are then left out, one after the other. */
	dispensable?: number[];
}

const SHORTEST = 12;

/** Rows under a heading, as wide as they are or as the terminal is. */
export function printTable({ heading, rows, shrinkable, dispensable = [] }: Table): void {
	const widths = heading.map((title, column) =>
		Math.max(...[title, ...rows.map((row) => row[column] ?? "")].map((cell) => stringWidth(cell))),
	);
	const shown = new Set(heading.keys());
	const { isTTY, columns } = process.stdout;
	// A terminal may not know how wide it is.
	if (isTTY && columns > 0) {
		const natural = widths[shrinkable] ?? 0;
		const tooWide = () => [...shown].reduce((sum, column) => sum + (widths[column] ?? 0) + 2, -2) - columns;
		widths[shrinkable] = Math.min(natural, SHORTEST);
		for (const column of dispensable) if (tooWide() > 0) shown.delete(column);
		widths[shrinkable] = Math.min(natural, Math.max(SHORTEST, (widths[shrinkable] ?? 0) - tooWide()));
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
		note(styled("dim", "Not everything fits in here: make the terminal wider, or ask for --json."));
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

/** Asks the person at the terminal, who may call it off with Ctrl-C or Ctrl-D. Null where nobody can be asked. */
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
		// By Ctrl-C, or by Ctrl-D, which readline tells as an abortion.
		const calledOff = () => {
			if (!hidden) process.stderr.write("\n");
			throw new CommandFailure(EXIT.interrupted, "Called off; nothing was changed.");
		};
		return await Promise.race([answered.catch(calledOff), once(lines, "SIGINT").then(calledOff)]);
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
	// No more than the end of the line: a password may begin or end with a space.
	const secret = given.replace(/\r?\n$/, "");
	if (secret === "") throw new CommandFailure(EXIT.usage, `Nothing came in. Set ${variable}, or give it on stdin.`);
	return secret;
}
