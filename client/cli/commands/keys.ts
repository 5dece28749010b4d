/** Making, finding, changing and ending keys. */
import { type Command, Option } from "commander";
import { type Common, command, contextOf, given, number, pages, repeatable } from "../command.ts";
import { CommandFailure, EXIT, type ExitCode, exitCodeOf, wordsOf } from "../failure.ts";
import { plain } from "../plain.ts";
import { confirm, factLines, note, print, printFacts, printJson, printTable, styled } from "../terminal.ts";
import {
	type ApiKey,
	fromNow,
	instant,
	KEY_DISPENSABLE,
	KEY_HEADING,
	keyFacts,
	keyOf,
	keyRow,
	scopesOf,
} from "../words.ts";

/** Where a list stops by itself. */
const PAGE_MAX = 100;

interface Settings extends Common {
	name?: string;
	scope?: string[];
	unrestricted?: boolean;
	rateLimit?: number;
	allowIp?: string[];
	expiresAt?: string;
}

/** The options that creating and updating have in common. */
const withSettings = (command: Command): Command =>
	command
		.addOption(repeatable("--scope <scope>", "what the key may do: default:sync, leads:read, leads:write"))
		.addOption(new Option("--unrestricted", "no restriction to scopes, also not to future ones").conflicts("scope"))
		.option("--rate-limit <requests>", "admitted requests per hour, 1 to 1,000,000", number)
		.addOption(repeatable("--allow-ip <address>", "address or CIDR block that may use the key"))
		.option("--expires-at <instant>", "when the key expires, such as 2027-01-31T00:00:00Z");

const scopesGiven = ({ scope, unrestricted }: Settings) =>
	// The service knows which scopes there are, and says so.
	(unrestricted ? [] : scope) as ApiKey["scopes"] & ("default:sync" | "leads:read" | "leads:write")[];

/** The key itself goes to stdout and nothing else does, so that a script can take it from there. */
function show(issued: { key: string; api_key: Omit<ApiKey, "recent_usage"> }, options: Common, now: number): void {
	if (options.json) {
		printJson(issued);
		return;
	}
	if (!options.quiet) {
		for (const line of factLines(keyFacts(issued.api_key, now))) note(line);
		note(styled("yellow", "\nThis is the key. It is shown this once: put it where it belongs now.\n"));
	}
	print(issued.key);
}

interface CreateOptions extends Settings {
	name: string;
	environment?: "live" | "test";
	expiresInDays?: number;
}

export const create = (): Command =>
	withSettings(
		command("create", "Make a key. It goes to stdout alone, once", [
			'salesos-keys create --name "CRM Nightly Sync" --expires-in-days 90',
			'KEY=$(salesos-keys create --name "Website forms" --scope leads:write --quiet)',
			"salesos-keys create --name Partner --scope leads:read --allow-ip 192.0.2.0/24 --json | jq -r .api_key.id",
		])
			.requiredOption("--name <name>", "what the key is for, 1 to 100 characters")
			.addOption(new Option("--environment <name>", "live, or test for test data").choices(["live", "test"])),
	)
		.addOption(new Option("--expires-in-days <days>", "life of the key").argParser(number).conflicts("expiresAt"))
		.action(async (options: CreateOptions) => {
			const { client, now } = contextOf(options);
			const { name, environment, rateLimit, allowIp, expiresInDays, expiresAt } = options;
			const input = given({
				name,
				environment,
				scopes: scopesGiven(options),
				rate_limit: rateLimit,
				ip_allowlist: allowIp,
				expires_in_days: expiresInDays,
				expires_at: expiresAt,
			});
			show(await client().keys.create.mutate(input), options, now);
		});

interface ListOptions extends Common {
	status?: ApiKey["status"];
	environment?: "live" | "test";
	search?: string;
	sort?: "created_at";
	limit?: number;
	cursor?: string;
	all?: boolean;
}

export const list = (): Command =>
	command("list", "List keys, newest first", [
		"salesos-keys list --status active --search crm",
		"salesos-keys list --sort -usage_count --limit 10",
		"salesos-keys list --status expired --all --quiet | xargs -n 1 salesos-keys delete --yes",
	])
		.addOption(new Option("--status <status>", "only such keys").choices(["active", "revoked", "expired"]))
		.addOption(new Option("--environment <name>", "only such keys").choices(["live", "test"]))
		.option("--search <text>", "part of the name, beginning of the key, or its last four characters")
		.option("--sort <field>", "created_at, last_used_at, usage_count or name; with - in front, descending")
		.option("--limit <number>", `how many at a time, 1 to ${PAGE_MAX}`, number)
		.option("--cursor <cursor>", "go on where a list has ended")
		.option("--all", "all of them, not only the first")
		.action(async (options: ListOptions) => {
			const { client, now } = contextOf(options);
			const { status, environment, search, sort, limit, all } = options;
			const salesos = client();
			const filter = given({ status, environment, search, sort, limit: limit ?? (all ? PAGE_MAX : undefined) });
			const found = await pages(all, options.cursor, (cursor) =>
				salesos.keys.list.query({ ...filter, ...given({ cursor }) }),
			);
			if (options.json) return printJson(found);
			if (options.quiet) {
				for (const { id } of found.items) print(id);
				return;
			}
			if (found.items.length === 0) note("There are no such keys.");
			else {
				const rows = found.items.map((key) => keyRow(key, now));
				printTable({ heading: KEY_HEADING, rows, shrinkable: 1, dispensable: KEY_DISPENSABLE });
			}
			const { active, revoked, expired } = found.counts;
			note(styled("dim", `${active} active, ${revoked} revoked, ${expired} expired`));
			if (found.next_cursor) note(`There are more: --all, or --cursor ${found.next_cursor}`);
		});

export const get = (): Command =>
	command("get", "Everything about one key, read live", ["salesos-keys get aB3dE6gH9jK2"])
		.argument("<id>", "id of the key")
		.action(async (id: string, options: Common) => {
			const { client, now } = contextOf(options);
			const key = await client().keys.get.query({ id });
			if (options.json) return printJson(key);
			if (options.quiet) return print(key.status);
			const { used, limit, remaining, resets_at } = key.current_hour;
			printFacts([
				...keyFacts(key, now),
				["This hour", `${used} of ${limit} used, ${remaining} left, resets ${fromNow(resets_at, now)}`],
			]);
			if (key.recent_callers.length === 0) return;
			print("");
			const rows = key.recent_callers.map(({ ip, endpoint, user_agent, count, refused, last_seen_at }) =>
				[ip, endpoint, user_agent, String(count), String(refused), fromNow(last_seen_at, now)].map(plain),
			);
			printTable({
				heading: ["CALLER", "ENDPOINT", "AGENT", "REQUESTS", "REFUSED", "LAST SEEN"],
				rows,
				shrinkable: 2,
				dispensable: [4, 3, 1],
			});
		});

interface UpdateOptions extends Settings {
	anyIp?: boolean;
	neverExpires?: boolean;
}

export const update = (): Command =>
	withSettings(
		command("update", "Change a key. It takes effect on the very next request", [
			"salesos-keys update aB3dE6gH9jK2 --rate-limit 5000",
			"salesos-keys update aB3dE6gH9jK2 --scope leads:read --scope leads:write",
			"salesos-keys update aB3dE6gH9jK2 --any-ip --never-expires",
		]),
	)
		.argument("<id>", "id of the key")
		.option("--name <name>", "what the key is for, 1 to 100 characters")
		.addOption(new Option("--any-ip", "no restriction to addresses").conflicts("allowIp"))
		.addOption(new Option("--never-expires", "no expiry").conflicts("expiresAt"))
		.action(async (id: string, options: UpdateOptions) => {
			const { client, now } = contextOf(options);
			const { name, rateLimit, allowIp, anyIp, expiresAt, neverExpires } = options;
			const changes = given({
				name,
				scopes: scopesGiven(options),
				rate_limit: rateLimit,
				ip_allowlist: anyIp ? [] : allowIp,
				expires_at: neverExpires ? null : expiresAt,
			});
			if (Object.keys(changes).length === 0)
				throw new CommandFailure(EXIT.usage, "Say what to change, such as --rate-limit 5000.");
			const key = await client().keys.update.mutate({ id, ...changes });
			if (options.json) printJson(key);
			else if (options.quiet) print(key.id);
			else printFacts(keyFacts(key, now));
		});

interface RotateOptions extends Common {
	expiresInDays?: number;
	revokePreviousAfterHours?: number;
}

export const rotate = (): Command =>
	command("rotate", "Make a successor with the same settings. The old key goes on until it is revoked", [
		"KEY=$(salesos-keys rotate aB3dE6gH9jK2 --quiet)",
		"salesos-keys rotate aB3dE6gH9jK2 --revoke-previous-after-hours 24",
	])
		.argument("<id>", "id of the key")
		.option("--expires-in-days <days>", "life of the successor; default: as long as the old key was given", number)
		.option("--revoke-previous-after-hours <hours>", "when the old key ends by itself, 0 to 720", number)
		.action(async (id: string, options: RotateOptions) => {
			const { client, now } = contextOf(options);
			const rotated = await client().keys.rotate.mutate({
				id,
				...given({
					expires_in_days: options.expiresInDays,
					revoke_previous_after_hours: options.revokePreviousAfterHours,
				}),
			});
			const { revokes_at, name } = rotated.previous;
			if (!options.json && !options.quiet)
				note(
					revokes_at
						? `The old key of ${plain(name)} ends at ${instant(revokes_at)}.`
						: `The old key of ${plain(name)} works until you revoke it: salesos-keys revoke ${id}`,
				);
			show(rotated, options, now);
		});

interface EndOptions extends Common {
	yes?: boolean;
	reason?: string;
}

export const revoke = (): Command =>
	command("revoke", "Stop keys. When this has returned, none of them is admitted any more, anywhere", [
		'salesos-keys revoke aB3dE6gH9jK2 --reason "found in a public repository"',
		"salesos-keys revoke aB3dE6gH9jK2 mN4pQ7rS0tU3 --yes",
	])
		.argument("<id...>", "ids of the keys")
		.option("--reason <text>", "why, for the audit log")
		.option("--yes", "do not ask")
		.action(async (ids: string[], options: EndOptions) => {
			const { client, now } = contextOf(options);
			const salesos = client();
			if (!options.yes) {
				for (const key of await Promise.all(ids.map((id) => salesos.keys.get.query({ id }))))
					note(
						`${plain(key.name)}  ${keyOf(key)}  ${scopesOf(key.scopes)}  last used ${fromNow(key.last_used_at, now)}`,
					);
				const which = ids.length === 1 ? "this key" : `these ${ids.length} keys`;
				await confirm(`Revoke ${which}? It cannot be undone. Type "yes": `, "yes", options.yes);
			}
			await each(ids, options, async (id) => {
				const key = await salesos.keys.revoke.mutate({ id, ...given({ reason: options.reason }) });
				return { json: key, line: `Revoked ${plain(key.name)} (${keyOf(key)}).` };
			});
		});

export const remove = (): Command =>
	command("delete", "Delete keys for good. Revoking stops them just as well, and keeps them in sight", [
		"salesos-keys delete aB3dE6gH9jK2",
		"salesos-keys delete aB3dE6gH9jK2 --yes",
	])
		.argument("<id...>", "ids of the keys")
		.option("--yes", "do not ask")
		.action(async (ids: string[], options: EndOptions) => {
			const salesos = contextOf(options).client();
			if (!options.yes)
				for (const id of ids) {
					// As it is shown, so that it can be typed.
					const name = plain((await salesos.keys.get.query({ id })).name).trim() || id;
					await confirm(`Delete ${name}? Only the audit log will know of it. Type its name: `, name, options.yes);
				}
			await each(ids, options, async (id) => {
				await salesos.keys.delete.mutate({ id });
				return { json: { id, deleted: true }, line: `Deleted ${id}.` };
			});
		});

/** Does the same to several keys. One that fails does not keep the others from being done; the first failure is the exit. */
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
			failed.messages.push(`${id}: ${wordsOf(thrown)}`);
		}
	}
	if (options.json) printJson(ids.length === 1 ? done[0] : done);
	if (failed) throw new CommandFailure(failed.exitCode, failed.messages.join("\n"));
}
