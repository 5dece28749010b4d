/** What all commands share. */
import { Command, InvalidArgumentError, Option } from "commander";
import type { SalesOSClient } from "../index.ts";
import { type ConnectionOptions, connect } from "./connection.ts";

/** The options that every command takes. */
export interface Common extends ConnectionOptions {
	json?: boolean;
	quiet?: boolean;
}

/** What a command works with. */
export interface Context {
	/** Milliseconds since the epoch, as the command began. */
	now: number;
	/** Made when it is asked for, since `login` has none yet. */
	client(): SalesOSClient;
}

/** A command with the options that all have. */
export function command(name: string, summary: string, examples: string[]): Command {
	return new Command(name)
		.description(summary)
		.option("--url <url>", "where the service is (or SALESOS_URL)")
		.option("--tenant <id>", "tenant that the platform's key acts in (or SALESOS_TENANT_ID)")
		.option("--json", "print JSON")
		.option("--quiet", "print the essential alone: the key, the ids, the verdict")
		.option("--no-color", "print without colours (or NO_COLOR)")
		.addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ ${example}`).join("\n")}`);
}

export function contextOf(options: ConnectionOptions): Context {
	const now = Date.now();
	return { now, client: () => connect(options, now) };
}

/** For `argParser`: a number, as the service will judge it. */
export function number(text: string): number {
	const value = Number(text);
	if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("It must be a number.");
	return value;
}

/** An option that may be given several times. */
export const repeatable = (flags: string, description: string): Option =>
	new Option(flags, `${description}; repeat for several`).argParser((value: string, before: string[] | undefined) => [
		...(before ?? []),
		value,
	]);

/** The fields that are given: one that is undefined leaves the service's default. */
export const given = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
	Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;

/**
 * Every item of a list, page after page, or one page. `next_cursor` leads on where that was not all.
 */
export async function pages<P extends { items: unknown[]; next_cursor: string | null }>(
	all: boolean | undefined,
	cursor: string | undefined,
	page: (cursor: string | undefined) => Promise<P>,
): Promise<P> {
	const first = await page(cursor);
	if (!all) return first;
	const items = [...first.items];
	let next = first.next_cursor;
	while (next !== null) {
		const more = await page(next);
		items.push(...more.items);
		next = more.next_cursor;
	}
	return { ...first, items, next_cursor: null };
}
