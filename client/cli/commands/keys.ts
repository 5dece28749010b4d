/** Commands that create, find, change and rotate keys. */
import { type Command, Option } from "commander";
import { type Common, command, contextOf, given, number, pages, repeatable, withExpectedVersion } from "../command.ts";
import { type ApiKey, fromNow, instant, KEY_DROPPABLE, KEY_HEADING, keyFacts, keyRow } from "../display.ts";
import { CommandError, EXIT } from "../errors.ts";
import { safeText } from "../safe-text.ts";
import { factLines, note, print, printFacts, printJson, printTable, styled } from "../terminal.ts";

/** The largest page that the service returns. */
const PAGE_MAX = 100;

interface Settings extends Common {
	name?: string;
	scope?: string[];
	unrestricted?: boolean;
	rateLimit?: number;
	allowIp?: string[];
	expiresAt?: string;
}

/** Adds the options that `create` and `update` share. */
const withSettings = (command: Command): Command =>
	command
		.addOption(repeatable("--scope <scope>", "what the key may do: default:sync, leads:read, leads:write"))
		.addOption(new Option("--unrestricted", "allow every scope, including future ones").conflicts("scope"))
		.option("--rate-limit <requests>", "admitted requests per hour, 1 to 1,000,000", number)
		.addOption(repeatable("--allow-ip <address>", "IP address or CIDR block that may use the key"))
		.option("--expires-at <instant>", "when the key expires, such as 2027-01-31T00:00:00Z");

const scopesGiven = ({ scope, unrestricted }: Settings) =>
	// The service validates scopes, so the type here is only a claim.
	(unrestricted ? [] : scope) as ApiKey["scopes"] & ("default:sync" | "leads:read" | "leads:write")[];

/** Prints the key alone to stdout, so that a script can capture it, and the rest to stderr. A secret follows on its own line. */
function show(
	issued: { key: string; secret: string | null; api_key: Omit<ApiKey, "recent_usage"> },
	options: Common,
	now: number,
): void {
	if (options.json) {
		printJson(issued);
		return;
	}
	if (!options.quiet) {
		for (const line of factLines(keyFacts(issued.api_key, now))) note(line);
		const shown = issued.secret === null ? "This is the key. It is" : "These are the key and its secret. They are";
		note(styled("yellow", `\n${shown} shown only once: store ${issued.secret === null ? "it" : "them"} now.\n`));
	}
	print(issued.key);
	if (issued.secret !== null) print(issued.secret);
}

interface CreateOptions extends Settings {
	name: string;
	environment?: "live" | "test";
	authentication?: ApiKey["authentication"];
	expiresInDays?: number;
}

export const create = (): Command =>
	withSettings(
		command("create", "Create a key and print it to stdout, once", [
			'salesos-keys create --name "CRM Nightly Sync" --expires-in-days 90',
			'KEY=$(salesos-keys create --name "Website forms" --scope leads:write --quiet)',
			"salesos-keys create --name Partner --scope leads:read --allow-ip 192.0.2.0/24 --json | jq -r .api_key.id",
		])
			.requiredOption("--name <name>", "what the key is for, 1 to 100 characters")
			.addOption(new Option("--environment <name>", "live, or test for test data only").choices(["live", "test"]))
			.addOption(
				new Option("--authentication <kind>", "bearer, or signed for requests with a signature").choices([
					"bearer",
					"signed",
				]),
			),
	)
		.addOption(
			new Option("--expires-in-days <days>", "days until the key expires").argParser(number).conflicts("expiresAt"),
		)
		.action(async (options: CreateOptions) => {
			const { client, now } = contextOf(options);
			const { name, environment, authentication, rateLimit, allowIp, expiresInDays, expiresAt } = options;
			const input = given({
				name,
				environment,
				authentication,
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
	rotation?: "unfinished";
	pepper?: "previous";
	authentication?: ApiKey["authentication"];
	origin?: ApiKey["origin"];
	createdBy?: string;
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
		"salesos-keys list --origin imported --sort -last_used_at",
		"salesos-keys list --status expired --all --quiet | xargs -n 1 salesos-keys delete --yes",
		"salesos-keys list --pepper previous --all",
	])
		.addOption(new Option("--status <status>", "only keys with this status").choices(["active", "revoked", "expired"]))
		.addOption(new Option("--environment <name>", "only keys of this environment").choices(["live", "test"]))
		.addOption(
			new Option("--authentication <kind>", "only keys with this authentication").choices(["bearer", "signed"]),
		)
		.addOption(
			new Option("--rotation <state>", "only active keys that have a successor and still work").choices(["unfinished"]),
		)
		.addOption(
			new Option("--pepper <which>", "only active keys that may depend on KEY_PEPPER_PREVIOUS").choices(["previous"]),
		)
		.addOption(
			new Option("--origin <origin>", "only keys made here, or only imported ones").choices(["created", "imported"]),
		)
		.option("--created-by <id>", "only keys that the member with this id has created")
		.option("--search <text>", "part of the name, first characters or last four characters of the key")
		.option("--sort <field>", "created_at, last_used_at, usage_count, name or expires_at; a leading - sorts descending")
		.option("--limit <number>", `items per page, 1 to ${PAGE_MAX}`, number)
		.option("--cursor <cursor>", "continue after an earlier page")
		.option("--all", "all pages")
		.action(async (options: ListOptions) => {
			const { client, now } = contextOf(options);
			const { status, environment, origin, rotation, pepper, authentication, createdBy, search, sort, limit, all } =
				options;
			const salesos = client();
			const pageSize = limit ?? (all ? PAGE_MAX : undefined);
			const filter = given({
				status,
				environment,
				origin,
				rotation,
				pepper,
				authentication,
				created_by: createdBy,
				search,
				sort,
				limit: pageSize,
			});
			const found = await pages(all, options.cursor, (cursor) =>
				salesos.keys.list.query({ ...filter, ...given({ cursor }) }),
			);
			if (options.json) return printJson(found);
			if (options.quiet) {
				for (const { id } of found.items) print(id);
				return;
			}
			if (found.items.length === 0) note("No keys found.");
			else {
				const rows = found.items.map((key) => keyRow(key, now));
				printTable({ heading: KEY_HEADING, rows, shrinkable: 1, droppable: KEY_DROPPABLE });
			}
			const { active, revoked, expired } = found.counts;
			note(styled("dim", `${active} active, ${revoked} revoked, ${expired} expired`));
			if (found.next_cursor) note(`More keys: --all, or --cursor ${found.next_cursor}`);
		});

export const get = (): Command =>
	command("get", "Show one key with live usage", ["salesos-keys get aB3dE6gH9jK2"])
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
				[ip, endpoint, user_agent, String(count), String(refused), fromNow(last_seen_at, now)].map(safeText),
			);
			printTable({
				heading: ["CALLER", "ENDPOINT", "AGENT", "REQUESTS", "REFUSED", "LAST SEEN"],
				rows,
				shrinkable: 2,
				droppable: [4, 3, 1],
			});
		});

interface UpdateOptions extends Settings {
	expectedVersion?: number;
	anyIp?: boolean;
	neverExpires?: boolean;
}

export const update = (): Command =>
	withExpectedVersion(
		withSettings(
			command("update", "Change a key. The change applies to the next request", [
				"salesos-keys update aB3dE6gH9jK2 --rate-limit 5000",
				"salesos-keys update aB3dE6gH9jK2 --scope leads:read --scope leads:write",
				"salesos-keys update aB3dE6gH9jK2 --any-ip --never-expires",
			]),
		),
	)
		.argument("<id>", "id of the key")
		.option("--name <name>", "what the key is for, 1 to 100 characters")
		.addOption(new Option("--any-ip", "allow every IP address").conflicts("allowIp"))
		.addOption(new Option("--never-expires", "remove the expiry").conflicts("expiresAt"))
		.action(async (id: string, options: UpdateOptions) => {
			const { client, now } = contextOf(options);
			const { name, rateLimit, allowIp, anyIp, expiresAt, neverExpires } = options;
			const changes = given({
				name,
				scopes: scopesGiven(options),
				unrestricted: options.unrestricted,
				rate_limit: rateLimit,
				ip_allowlist: anyIp ? [] : allowIp,
				expires_at: neverExpires ? null : expiresAt,
			});
			if (Object.keys(changes).length === 0)
				throw new CommandError(EXIT.usage, "Nothing to change. Pass at least one option, such as --rate-limit 5000.");
			const expected = given({ expected_version: options.expectedVersion });
			const key = await client().keys.update.mutate({ id, ...changes, ...expected });
			if (options.json) printJson(key);
			else if (options.quiet) print(key.id);
			else printFacts(keyFacts(key, now));
		});

interface RotateOptions extends Common {
	expectedVersion?: number;
	expiresInDays?: number;
	revokePreviousAfterHours?: number;
}

export const rotate = (): Command =>
	withExpectedVersion(
		command("rotate", "Create a successor with the same settings. The old key works until it is revoked", [
			"KEY=$(salesos-keys rotate aB3dE6gH9jK2 --quiet)",
			"salesos-keys rotate aB3dE6gH9jK2 --revoke-previous-after-hours 24",
		]),
	)
		.argument("<id>", "id of the key")
		.option(
			"--expires-in-days <days>",
			"days until the successor expires; default: the lifetime of the old key",
			number,
		)
		.option("--revoke-previous-after-hours <hours>", "hours until the old key is revoked, 0 to 720", number)
		.action(async (id: string, options: RotateOptions) => {
			const { client, now } = contextOf(options);
			const rotated = await client().keys.rotate.mutate({
				id,
				...given({
					expires_in_days: options.expiresInDays,
					revoke_previous_after_hours: options.revokePreviousAfterHours,
					expected_version: options.expectedVersion,
				}),
			});
			const { revokes_at, name } = rotated.previous;
			if (!options.json && !options.quiet)
				note(
					revokes_at
						? `The old key of ${safeText(name)} is revoked at ${instant(revokes_at)}.`
						: `The old key of ${safeText(name)} works until you revoke it: salesos-keys revoke ${id}`,
				);
			show(rotated, options, now);
		});
