/** What all commands share: options, parsing, paging. */
import { Command, InvalidArgumentError, Option } from "commander";
import type { SalesOSClient } from "../index.ts";
import { type ConnectionOptions, connect } from "./connection.ts";

/** The options that every command takes. */
export interface Common extends ConnectionOptions {
	json?: boolean;
	quiet?: boolean;
}

/** The state that a command works with. */
export interface Context {
	/** When the command began, in milliseconds since the epoch. */
	now: number;
	/** Created on demand, because `login` has no credential yet. */
	client(): SalesOSClient;
}

/** Creates a command with the common options. */
export function command(name: string, summary: string, examples: string[]): Command {
	return new Command(name)
		.description(summary)
		.option("--url <url>", "URL of the service (or SALESOS_URL)")
		.option("--tenant <id>", "tenant that the service_role key acts in (or SALESOS_TENANT_ID)")
		.option("--json", "print JSON")
		.option("--quiet", "print only the essential value: the key, the ids, the verdict")
		.option("--no-color", "print without colours (or NO_COLOR)")
		.addHelpText("after", `\nExamples:\n${examples.map((example) => `  $ ${example}`).join("\n")}`);
}

export function contextOf(options: ConnectionOptions): Context {
	const now = Date.now();
	return { now, client: () => connect(options, now) };
}

/** Parses a number for commander. The service validates its range. */
export function number(text: string): number {
	const value = Number(text);
	if (text.trim() === "" || !Number.isFinite(value)) throw new InvalidArgumentError("It must be a number.");
	return value;
}

/** An option that can be repeated. */
export const repeatable = (flags: string, description: string): Option =>
	new Option(flags, `${description}; repeatable`).argParser((value: string, before: string[] | undefined) => [
		...(before ?? []),
		value,
	]);

/** Adds the option that protects another person's change (`expected_version`). */
export const withExpectedVersion = (command: Command): Command =>
	command.option(
		"--expected-version <version>",
		"fail with exit code 5 if the key has changed since this version",
		number,
	);

/** Drops fields that are undefined, so that the service's defaults apply. */
export const given = <T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } =>
	Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;

/** Reads one page of a list, or all pages as one. */
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
