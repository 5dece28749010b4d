/** Commands that revoke and delete keys. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { SalesOSClient } from "../../index.ts";
import { type Common, command, contextOf, given, withExpectedVersion } from "../command.ts";
import { fromNow, keyOf, scopesOf } from "../display.ts";
import { CommandError, EXIT, type ExitCode, exitCodeOf, messageOf } from "../errors.ts";
import { safeText } from "../safe-text.ts";
import { confirm, note, print, printJson } from "../terminal.ts";
import { follow } from "./jobs.ts";

interface EndOptions extends Common {
	yes?: boolean;
	expectedVersion?: number;
	reason?: string;
	fromFile?: string;
}

export const revoke = (): Command =>
	withExpectedVersion(
		command(
			"revoke",
			"Revoke keys. When the command has returned, no request with them is admitted any more, anywhere",
			[
				'salesos-keys revoke aB3dE6gH9jK2 --reason "found in a public repository"',
				"salesos-keys revoke aB3dE6gH9jK2 mN4pQ7rS0tU3 --yes",
				'salesos-keys revoke --from-file leaked-ids.txt --reason "laptop stolen"',
			],
		),
	)
		.argument("[id...]", "ids of the keys")
		.option("--from-file <file>", "revoke the ids in this file, one a line, as a job of the service; - reads stdin")
		.option("--reason <text>", "why, for the audit log")
		.option("--yes", "do not ask")
		.action(async (ids: string[], options: EndOptions) => {
			const { client, now } = contextOf(options);
			const salesos = client();
			requireOneKey(ids, options);
			if (options.fromFile !== undefined) {
				if (ids.length > 0) throw new CommandError(EXIT.usage, "Pass ids or --from-file, not both.");
				return revokeAll(salesos, idsIn(options.fromFile), options);
			}
			if (ids.length === 0) throw new CommandError(EXIT.usage, "Pass the ids of the keys, or --from-file.");
			if (!options.yes) {
				for (const key of await Promise.all(ids.map((id) => salesos.keys.get.query({ id }))))
					note(
						`${safeText(key.name)}  ${keyOf(key)}  ${scopesOf(key.scopes)}  last used ${fromNow(key.last_used_at, now)}`,
					);
				const which = ids.length === 1 ? "this key" : `these ${ids.length} keys`;
				await confirm(`Revoke ${which}? This cannot be undone. Type "yes": `, "yes", options.yes);
			}
			await each(ids, options, async (id) => {
				const { reason, expectedVersion } = options;
				const key = await salesos.keys.revoke.mutate({ id, ...given({ reason, expected_version: expectedVersion }) });
				return { json: key, line: `Revoked ${safeText(key.name)} (${keyOf(key)}).` };
			});
		});

/** Throws a usage error if one version is expected of several keys. */
function requireOneKey(ids: string[], { expectedVersion, fromFile }: EndOptions): void {
	if (expectedVersion !== undefined && (ids.length > 1 || fromFile !== undefined))
		throw new CommandError(EXIT.usage, "--expected-version is the version of one key. Pass one id.");
}

/** Reads ids, one a line. Ignores empty lines. */
function idsIn(file: string): string[] {
	const text = readFileSync(file === "-" ? process.stdin.fd : file, "utf8");
	const ids = text.split("\n").flatMap((line) => line.trim() || []);
	if (ids.length === 0) throw new CommandError(EXIT.usage, `${file} contains no ids.`);
	return [...new Set(ids)];
}

/** Revokes many keys as a job, which continues even if this process ends. */
async function revokeAll(salesos: SalesOSClient, ids: string[], options: EndOptions): Promise<void> {
	// The person must type the number, because a list of thousands is too long to read.
	const count = String(ids.length);
	await confirm(`Revoke ${count} keys? This cannot be undone. Type the number of keys: `, count, options.yes);
	const job = await salesos.jobs.create.mutate({ kind: "revoke_keys", ids, ...given({ reason: options.reason }) });
	await follow(salesos, job, options);
}

export const remove = (): Command =>
	withExpectedVersion(
		command("delete", "Delete keys permanently. To stop a leaked key, revoke it: deleting removes its usage", [
			"salesos-keys delete aB3dE6gH9jK2",
			"salesos-keys delete aB3dE6gH9jK2 --yes",
		]),
	)
		.argument("<id...>", "ids of the keys")
		.option("--yes", "do not ask")
		.action(async (ids: string[], options: EndOptions) => {
			const salesos = contextOf(options).client();
			requireOneKey(ids, options);
			if (!options.yes)
				for (const id of ids) {
					// Ask for the name as it is printed, so that it can be typed.
					const name = safeText((await salesos.keys.get.query({ id })).name).trim() || id;
					await confirm(
						`Delete ${name}? Its usage is deleted too; only the audit log keeps it. Type its name: `,
						name,
						options.yes,
					);
				}
			await each(ids, options, async (id) => {
				await salesos.keys.delete.mutate({ id, ...given({ expected_version: options.expectedVersion }) });
				return { json: { id, deleted: true }, line: `Deleted ${id}.` };
			});
		});

/** Acts on each key. A failure doesn't stop the others; the first failure sets the exit code. */
async function each(
	ids: string[],
	options: Common,
	act: (id: string) => Promise<{ json: object; line: string }>,
): Promise<void> {
	const done: object[] = [];
	let failed: { exitCode: ExitCode; messages: string[] } | null = null;
	for (const id of ids) {
		try {
			const { json, line } = await act(id);
			done.push(json);
			if (options.quiet && !options.json) print(id);
			else if (!options.json) note(line);
		} catch (thrown) {
			if (ids.length === 1) throw thrown;
			failed ??= { exitCode: exitCodeOf(thrown), messages: [] };
			failed.messages.push(`${id}: ${messageOf(thrown)}`);
		}
	}
	if (options.json) printJson(ids.length === 1 ? done[0] : done);
	if (failed) throw new CommandError(failed.exitCode, failed.messages.join("\n"));
}
