/** Commands for management tokens: the credentials of CI, scripts and back ends. */
import { Command, Option } from "commander";
import { TOKEN_PERMISSIONS } from "../../../db/enums.ts";
import type { RouterInputs, RouterOutputs } from "../../index.ts";
import { type Common, command, contextOf, given, number, pages, repeatable } from "../command.ts";
import { fromNow, instant, statusOf } from "../display.ts";
import { CommandError, EXIT } from "../errors.ts";
import { safeText } from "../safe-text.ts";
import { confirm, factLines, note, print, printFacts, printJson, printTable, styled } from "../terminal.ts";

type Token = RouterOutputs["tokens"]["get"];
type Permissions = RouterInputs["tokens"]["create"]["permissions"];

const PAGE_MAX = 100;

const tokenOf = ({ last_four }: Token): string => `smt_…${last_four}`;

/** Who created the token, and a warning if that person can no longer sign in. */
const creatorOf = ({ created_by, created_by_email, creator_status }: Token): string => {
	const who = safeText(created_by_email ?? created_by);
	return creator_status === "deactivated" || creator_status === "removed" ? `${who} (${creator_status})` : who;
};

function tokenFacts(token: Token, now: number): [string, string][] {
	const at = (iso: string) => `${instant(iso)} (${fromNow(iso, now)})`;
	const used = token.last_used_at && `${at(token.last_used_at)} from ${token.last_used_ip ?? "an unknown IP address"}`;
	const facts: [string, string | null][] = [
		["Id", token.id],
		["Name", safeText(token.name)],
		["Token", tokenOf(token)],
		["Status", statusOf(token.status)],
		["Permissions", token.permissions.join(", ")],
		["Allowed IPs", token.ip_allowlist.length === 0 ? "any" : token.ip_allowlist.join(", ")],
		["Used", used ?? "never"],
		["Created", `${at(token.created_at)} by ${creatorOf(token)}`],
		["Expires", at(token.expires_at)],
		["Revoked", token.revoked_at && `${at(token.revoked_at)} by ${safeText(token.revoked_by ?? "")}`],
	];
	return facts.filter((fact): fact is [string, string] => fact[1] !== null);
}

interface CreateOptions extends Common {
	name: string;
	permission: string[];
	allowIp?: string[];
	expiresInDays?: number;
	expiresAt?: string;
}

const create = (): Command =>
	command("create", "Create a management token and print it to stdout, once. Only a person can, not a token", [
		'salesos-keys tokens create --name "Deploy pipeline" --permission keys:read --permission keys:write',
		"salesos-keys tokens create --name Website --permission keys:verify --allow-ip 192.0.2.0/24 --quiet",
	])
		.requiredOption("--name <name>", "what uses the token, 1 to 100 characters")
		.addOption(
			repeatable(
				"--permission <permission>",
				`what the token may do: ${TOKEN_PERMISSIONS.join(", ")}`,
			).makeOptionMandatory(),
		)
		.addOption(repeatable("--allow-ip <address>", "IP address or CIDR block that may use the token"))
		.addOption(
			new Option("--expires-in-days <days>", "days until the token expires, 1 to 366; default: 90")
				.argParser(number)
				.conflicts("expiresAt"),
		)
		.option("--expires-at <instant>", "when the token expires, such as 2027-01-31T00:00:00Z")
		.action(async (options: CreateOptions) => {
			const { client, now } = contextOf(options);
			const { name, permission, allowIp, expiresAt } = options;
			const issued = await client().tokens.create.mutate({
				name,
				// The service validates permissions, so the type here is only a claim.
				permissions: permission as Permissions,
				...given({
					ip_allowlist: allowIp,
					expires_at: expiresAt,
					expires_in_days: options.expiresInDays ?? (expiresAt === undefined ? DEFAULT_DAYS : undefined),
				}),
			});
			if (options.json) return printJson(issued);
			if (!options.quiet) {
				for (const line of factLines(tokenFacts(issued.management_token, now))) note(line);
				note(styled("yellow", "\nThis is the token. It is shown only once: store it now.\n"));
			}
			print(issued.token);
		});

/** Long enough not to interrupt work, short enough that a forgotten token ends. The dashboard offers the same. */
const DEFAULT_DAYS = 90;

interface ListOptions extends Common {
	limit?: number;
	cursor?: string;
	all?: boolean;
}

const list = (): Command =>
	command("list", "List management tokens, newest first", [
		"salesos-keys tokens list",
		"salesos-keys tokens list --all",
	])
		.option("--limit <number>", `items per page, 1 to ${PAGE_MAX}`, number)
		.option("--cursor <cursor>", "continue after an earlier page")
		.option("--all", "all pages")
		.action(async (options: ListOptions) => {
			const { client, now } = contextOf(options);
			const salesos = client();
			const limit = options.limit ?? (options.all ? PAGE_MAX : undefined);
			const found = await pages(options.all, options.cursor, (cursor) =>
				salesos.tokens.list.query(given({ cursor, limit })),
			);
			if (options.json) return printJson(found);
			if (options.quiet) {
				for (const { id } of found.items) print(id);
				return;
			}
			if (found.items.length === 0) return note("No management tokens found.");
			printTable({
				heading: ["ID", "NAME", "TOKEN", "PERMISSIONS", "LAST USED", "FROM", "EXPIRES", "CREATED BY", "STATUS"],
				rows: found.items.map((token) => [
					token.id,
					safeText(token.name),
					tokenOf(token),
					token.permissions.join(", "),
					fromNow(token.last_used_at, now),
					token.last_used_ip ?? "",
					fromNow(token.expires_at, now),
					creatorOf(token),
					statusOf(token.status),
				]),
				shrinkable: 1,
				// On a narrow terminal: the creator, the IP address, the end of the token, the permissions, the last use.
				droppable: [7, 5, 2, 3, 4],
			});
			if (found.next_cursor) note(`More tokens: --all, or --cursor ${found.next_cursor}`);
		});

interface RevokeOptions extends Common {
	yes?: boolean;
}

const revoke = (): Command =>
	command("revoke", "Revoke a management token. When the command has returned, it is rejected everywhere", [
		"salesos-keys tokens revoke tok_6Yh2bNc9Ws4Jk8Lp",
	])
		.argument("<id>", "id of the token")
		.option("--yes", "do not ask")
		.action(async (id: string, options: RevokeOptions) => {
			const { client, now } = contextOf(options);
			const salesos = client();
			if (!options.yes) {
				const token = await salesos.tokens.get.query({ id });
				const used = fromNow(token.last_used_at, now);
				note(`${safeText(token.name)}  ${tokenOf(token)}  ${token.permissions.join(", ")}  last used ${used}`);
				await confirm('Revoke this token? This cannot be undone. Type "yes": ', "yes", options.yes);
			}
			const token = await salesos.tokens.revoke.mutate({ id });
			if (options.json) printJson(token);
			else if (options.quiet) print(token.id);
			else note(`Revoked ${safeText(token.name)} (${tokenOf(token)}).`);
		});

interface UpdateOptions extends Common {
	name?: string;
	allowIp?: string[];
	anyIp?: boolean;
}

const update = (): Command =>
	command("update", "Change the name or the allow-list of a management token, from the next request on", [
		"salesos-keys tokens update tok_6Yh2bNc9Ws4Jk8Lp --allow-ip 192.0.2.0/24",
	])
		.argument("<id>", "id of the token")
		.option("--name <name>", "what uses the token, 1 to 100 characters")
		.addOption(repeatable("--allow-ip <address>", "IP address or CIDR block that may use the token"))
		.addOption(new Option("--any-ip", "allow every IP address").conflicts("allowIp"))
		.action(async (id: string, options: UpdateOptions) => {
			const { client, now } = contextOf(options);
			const changes = given({ name: options.name, ip_allowlist: options.anyIp ? [] : options.allowIp });
			if (Object.keys(changes).length === 0)
				throw new CommandError(EXIT.usage, "Nothing to change. Pass at least one option, such as --name.");
			const token = await client().tokens.update.mutate({ id, ...changes });
			if (options.json) printJson(token);
			else if (options.quiet) print(token.id);
			else printFacts(tokenFacts(token, now));
		});

export const tokens = (): Command => {
	const parent = new Command("tokens")
		.description("Create, list, change and revoke management tokens, for CI and back ends")
		.addHelpText(
			"after",
			"\nExamples:\n  $ salesos-keys tokens list\n  $ salesos-keys tokens revoke tok_6Yh2bNc9Ws4Jk8Lp",
		);
	for (const make of [create, list, update, revoke]) parent.addCommand(make());
	return parent;
};
