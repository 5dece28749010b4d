/** What has happened: usage and the audit log. */
import { type Command, Option } from "commander";
import { type Common, command, contextOf, given, number, pages } from "../command.ts";
import { note, print, printJson, printTable, styled } from "../terminal.ts";
import { AUDIT_HEADING, type AuditEvent, auditRow, instant } from "../words.ts";

const BAR_WIDTH = 30;

interface UsageOptions extends Common {
	from?: string;
	to?: string;
	granularity?: "hour" | "day";
}

export const usage = (): Command =>
	command("usage", "Requests of a key, admitted and refused, per hour or day", [
		"salesos-keys usage aB3dE6gH9jK2",
		"salesos-keys usage aB3dE6gH9jK2 --granularity day --from 2026-11-01T00:00:00Z",
		"salesos-keys usage aB3dE6gH9jK2 --json | jq .totals.rate_limited",
	])
		.argument("<id>", "id of the key")
		.option("--from <instant>", "start; default: 24 hours, or 30 days, before the end")
		.option("--to <instant>", "end, exclusive; default: now")
		.addOption(new Option("--granularity <unit>", "default: hour").choices(["hour", "day"]))
		.action(async (id: string, options: UsageOptions) => {
			const { from, to, granularity } = options;
			const { client } = contextOf(options);
			const { buckets, totals } = await client().keys.usage.query({ id, ...given({ from, to, granularity }) });
			if (options.json) return printJson({ buckets, totals });
			if (options.quiet) return print(String(totals.allowed));
			const peak = Math.max(1, ...buckets.map(({ allowed }) => allowed));
			const row = (start: string, { allowed, rate_limited, denied }: typeof totals, bar: string) => [
				start,
				String(allowed),
				String(rate_limited),
				String(denied),
				bar,
			];
			const rows = buckets.map((bucket) =>
				row(instant(bucket.start), bucket, "█".repeat(Math.ceil((bucket.allowed / peak) * BAR_WIDTH))),
			);
			printTable({
				heading: ["START", "ADMITTED", "LIMITED", "DENIED", ""],
				rows: [...rows, row("Total", totals, "")],
				shrinkable: 4,
			});
		});

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
	command("audit", "Who did what to which key, when, from where", [
		"salesos-keys audit --key aB3dE6gH9jK2",
		"salesos-keys audit --actor ana@acme.example --action api_key.revoke",
		"salesos-keys audit --all --json > audit.json",
	])
		.option("--key <id>", "only what was done to this key")
		.option("--actor <who>", "only what was done by this user id or email address, service_role or system")
		.option("--action <action>", "only such actions, such as api_key.create or session.login")
		.option("--from <instant>", "earliest instant, inclusive")
		.option("--to <instant>", "latest instant, exclusive")
		.option("--limit <number>", "how many at a time, 1 to 100", number)
		.option("--cursor <cursor>", "go on where a list has ended")
		.option("--all", "all of them, not only the latest")
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
			if (found.items.length === 0) return note("There are no such events.");
			printTable({ heading: AUDIT_HEADING, rows: found.items.map(auditRow), shrinkable: 5, dispensable: [4, 3, 2] });
			if (found.next_cursor) note(styled("dim", `There are more: --all, or --cursor ${found.next_cursor}`));
		});
