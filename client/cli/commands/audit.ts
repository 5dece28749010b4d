/** The command that lists audit events. */
import type { Command } from "commander";
import { type Common, command, contextOf, given, number, pages } from "../command.ts";
import { AUDIT_HEADING, type AuditEvent, auditRow } from "../display.ts";
import { note, print, printJson, printTable, styled } from "../terminal.ts";

interface AuditOptions extends Common {
	key?: string;
	actor?: string;
	action?: AuditEvent["action"];
	from?: string;
	to?: string;
	limit?: number;
	cursor?: string;
	all?: boolean;
}

export const audit = (): Command =>
	command("audit", "Show who did what to which key, when and from where", [
		"salesos-keys audit --key aB3dE6gH9jK2",
		"salesos-keys audit --actor ana@acme.example --action api_key.revoke",
		"salesos-keys audit --all --json > audit.json",
	])
		.option("--key <id>", "only events of this key")
		.option("--actor <who>", "only events of this user id or email, service_role or system")
		.option("--action <action>", "only this action, such as api_key.create or session.login")
		.option("--from <instant>", "start, inclusive")
		.option("--to <instant>", "end, exclusive")
		.option("--limit <number>", "items per page, 1 to 100", number)
		.option("--cursor <cursor>", "continue after an earlier page")
		.option("--all", "all pages")
		.action(async (options: AuditOptions) => {
			const { key, actor, action, from, to, limit, all } = options;
			const salesos = contextOf(options).client();
			const filter = given({ key_id: key, actor, action, from, to, limit: limit ?? (all ? 100 : undefined) });
			const found = await pages(all, options.cursor, (cursor) =>
				salesos.audit.list.query({ ...filter, ...given({ cursor }) }),
			);
			if (options.json) return printJson(found);
			if (options.quiet) {
				for (const { id } of found.items) print(id);
				return;
			}
			if (found.items.length === 0) return note("No events found.");
			printTable({ heading: AUDIT_HEADING, rows: found.items.map(auditRow), shrinkable: 5, droppable: [4, 3, 2] });
			if (found.next_cursor) note(styled("dim", `More events: --all, or --cursor ${found.next_cursor}`));
		});
