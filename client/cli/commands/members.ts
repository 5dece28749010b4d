/** Commands that list, invite, change and remove members. */
import { Command, Option } from "commander";
import type { RouterOutputs } from "../../index.ts";
import { type Common, command, contextOf, given, pages } from "../command.ts";
import { fromNow, instant } from "../display.ts";
import { CommandError, EXIT } from "../errors.ts";
import { safeText } from "../safe-text.ts";
import { confirm, factLines, note, print, printJson, printTable, styled } from "../terminal.ts";

type Member = RouterOutputs["members"]["get"];
type MemberLink = RouterOutputs["members"]["invite"];

const ROLES = ["owner", "admin", "member"] as const;
/** The capability that lets a member manage keys. */
const MANAGES_KEYS = "admin.integrations";

interface ListOptions extends Common {
	cursor?: string;
	all?: boolean;
}

interface ChangeOptions extends Common {
	name?: string;
	role?: Member["role"];
	manageKeys?: boolean;
}

interface EndOptions extends Common {
	yes?: boolean;
}

const role = () => new Option("--role <role>", "what they may do").choices(ROLES);

export const members = (): Command => {
	const parent = new Command("members")
		.description("List, invite, change, deactivate and remove the members of the tenant")
		.addHelpText(
			"after",
			"\nExamples:\n  $ salesos-keys members list\n  $ salesos-keys members deactivate usr_8Rk2mWq5Zt1bNc7v",
		);
	for (const make of [list, invite, update, resetPassword, deactivate, reactivate, remove]) parent.addCommand(make());
	return parent;
};

const list = (): Command =>
	command("list", "List members in the order of their emails", [
		"salesos-keys members list",
		"salesos-keys members list --all --json",
	])
		.option("--cursor <cursor>", "continue after an earlier page")
		.option("--all", "all pages")
		.action(async (options: ListOptions) => {
			const { client, now } = contextOf(options);
			const salesos = client();
			const found = await pages(options.all, options.cursor, (cursor) =>
				salesos.members.list.query({ limit: 100, ...given({ cursor }) }),
			);
			if (options.json) return printJson(found);
			if (options.quiet) {
				for (const { id } of found.items) print(id);
				return;
			}
			printTable({
				heading: ["ID", "EMAIL", "NAME", "ROLE", "STATUS", "LAST SIGN-IN", "LIVE KEYS"],
				rows: found.items.map((member) => [
					member.id,
					safeText(member.email),
					safeText(member.name),
					roleOf(member),
					member.status,
					fromNow(member.last_sign_in_at, now),
					String(member.live_keys),
				]),
				shrinkable: 2,
				droppable: [6, 5, 2],
			});
			if (found.next_cursor) note(styled("dim", `More members: --all, or --cursor ${found.next_cursor}`));
		});

const roleOf = ({ role, capabilities }: Member): string =>
	role === "member" && capabilities.includes(MANAGES_KEYS) ? "member, manages keys" : role;

const invite = (): Command =>
	command("invite", "Invite a person, or make a new link for one who was invited and has not joined", [
		"salesos-keys members invite ana@acme.example --name Ana --role admin",
		"LINK=$(salesos-keys members invite bo@acme.example --name Bo --role member --manage-keys --quiet)",
	])
		.argument("<email>", "email with which they will sign in")
		.requiredOption("--name <name>", "their name")
		.addOption(role().makeOptionMandatory())
		.option("--manage-keys", "let a member manage API keys")
		.action(async (email: string, options: ChangeOptions & { name: string; role: Member["role"] }) => {
			const { name, role, manageKeys } = options;
			const made = await contextOf(options)
				.client()
				.members.invite.mutate({ email, name, role, capabilities: manageKeys ? [MANAGES_KEYS] : [] });
			showLink(made, options);
		});

const update = (): Command =>
	command("update", "Change the name, the role or the capabilities of a member", [
		"salesos-keys members update usr_8Rk2mWq5Zt1bNc7v --role admin",
		"salesos-keys members update usr_8Rk2mWq5Zt1bNc7v --no-manage-keys",
	])
		.argument("<id>", "id of the member")
		.option("--name <name>", "their name")
		.addOption(role())
		.option("--manage-keys", "let a member manage API keys")
		.option("--no-manage-keys", "no longer let a member manage API keys")
		.action(async (id: string, options: ChangeOptions) => {
			const { name, role, manageKeys } = options;
			if (name === undefined && role === undefined && manageKeys === undefined)
				throw new CommandError(EXIT.usage, "Pass what to change: --name, --role or --manage-keys.");
			const capabilities: (typeof MANAGES_KEYS)[] | undefined =
				manageKeys === undefined ? undefined : manageKeys ? [MANAGES_KEYS] : [];
			const member = await contextOf(options)
				.client()
				.members.update.mutate({ id, ...given({ name, role, capabilities }) });
			show(member, options, `${safeText(member.email)} is now: ${roleOf(member)}.`);
		});

const resetPassword = (): Command =>
	command("reset-password", "Make a one-time link with which a member sets a new password", [
		"salesos-keys members reset-password usr_8Rk2mWq5Zt1bNc7v",
	])
		.argument("<id>", "id of the member")
		.action(async (id: string, options: Common) => {
			showLink(await contextOf(options).client().members.resetPassword.mutate({ id }), options);
		});

const deactivate = (): Command =>
	command("deactivate", "Sign a member out at once, and stop them from signing in. Their keys stay in use", [
		"salesos-keys members deactivate usr_8Rk2mWq5Zt1bNc7v",
	])
		.argument("<id>", "id of the member")
		.option("--yes", "do not ask")
		.action(async (id: string, options: EndOptions) => {
			const salesos = contextOf(options).client();
			await confirm(`Deactivate ${id}? Type "yes": `, "yes", options.yes);
			const member = await salesos.members.deactivate.mutate({ id });
			show(member, options, `Deactivated ${safeText(member.email)}. ${keysStay(member.live_keys)}`);
		});

const reactivate = (): Command =>
	command("reactivate", "Let a deactivated member sign in again", [
		"salesos-keys members reactivate usr_8Rk2mWq5Zt1bNc7v",
	])
		.argument("<id>", "id of the member")
		.action(async (id: string, options: Common) => {
			const member = await contextOf(options).client().members.reactivate.mutate({ id });
			show(member, options, `${safeText(member.email)} can sign in again.`);
		});

const remove = (): Command =>
	command("remove", "Remove a member for good. Their keys stay in use", [
		"salesos-keys members remove usr_8Rk2mWq5Zt1bNc7v",
	])
		.argument("<id>", "id of the member")
		.option("--yes", "do not ask")
		.action(async (id: string, options: EndOptions) => {
			const salesos = contextOf(options).client();
			if (!options.yes) {
				const { email } = await salesos.members.get.query({ id });
				await confirm(`Remove ${safeText(email)}? This cannot be undone. Type the email: `, email, options.yes);
			}
			const removed = await salesos.members.remove.mutate({ id });
			if (options.json) return printJson(removed);
			if (options.quiet) return print(id);
			note(`Removed ${id}. ${keysStay(removed.live_keys)}`);
		});

const keysStay = (count: number): string =>
	count === 0
		? "They have no live keys."
		: `${count === 1 ? "1 live key" : `${count} live keys`} of theirs stay in use.`;

/** Prints the link alone to stdout, so that a script can capture it, and the rest to stderr. */
function showLink(made: MemberLink, options: Common): void {
	const { member, link } = made;
	if (options.json) {
		printJson(made);
		return;
	}
	if (!options.quiet) {
		const facts: [string, string][] = [
			["Id", member.id],
			["Email", safeText(member.email)],
			["Role", roleOf(member)],
			["Works until", instant(link.expires_at)],
			["Mailed", link.mailed ? "yes" : "no"],
		];
		for (const line of factLines(facts)) note(line);
		note(styled("yellow", "\nThis link works once and is shown only now. Send it to this person alone.\n"));
	}
	print(link.url);
}

function show(member: Member, options: Common, line: string): void {
	if (options.json) printJson(member);
	else if (options.quiet) print(member.id);
	else note(line);
}
