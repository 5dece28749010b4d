/** Commands for the tenants, which only the platform can manage. */
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { Command } from "commander";
import type { RouterOutputs, SalesOSClient } from "../../index.ts";
import { type Common, command, given, number, pages } from "../command.ts";
import { connectPlatform } from "../connection.ts";
import { instant } from "../display.ts";
import { safeText } from "../safe-text.ts";
import { confirm, note, print, printFacts, printJson, printProgress, printTable } from "../terminal.ts";

type Tenant = RouterOutputs["tenants"]["get"];

/** Pause before the next call, while another caller works on the tenant or some of its gates fail. */
const WAIT_FOR_OTHERS_MS = 1_000;

const progressOf = ({ state, progress }: Tenant): string =>
	progress === null ? state : `${state}: ${progress.done} of ${progress.total} keys`;

function show(tenant: Tenant, options: Common): void {
	if (options.json) printJson(tenant);
	else if (options.quiet) print(tenant.state);
	else
		printFacts([
			["Id", tenant.id],
			["Name", safeText(tenant.name)],
			["Slug", tenant.slug],
			["State", progressOf(tenant)],
			["Created", instant(tenant.created_at)],
			["Suspended", tenant.suspended_at === null ? "no" : instant(tenant.suspended_at)],
			["Deleted after", tenant.delete_after === null ? "never" : instant(tenant.delete_after)],
		]);
}

/** Repeats the call until every key is reached, and shows the progress. The service continues if this process ends. */
async function follow(change: () => Promise<Tenant>, options: Common): Promise<void> {
	const isSilent = options.json || options.quiet;
	let tenant = await change();
	while (tenant.progress !== null) {
		const before = progressOf(tenant);
		if (!isSilent) printProgress(before, false);
		tenant = await change();
		if (progressOf(tenant) === before) await setTimeout(WAIT_FOR_OTHERS_MS);
	}
	show(tenant, options);
}

interface ListOptions extends Common {
	limit?: number;
	cursor?: string;
	all?: boolean;
}

const list = (): Command =>
	command("list", "List tenants, newest first", ["salesos-keys tenants list --all"])
		.option("--limit <number>", "items per page, 1 to 100", number)
		.option("--cursor <cursor>", "continue after an earlier page")
		.option("--all", "all pages")
		.action(async (options: ListOptions) => {
			const salesos = connectPlatform(options);
			const found = await pages(options.all, options.cursor, (cursor) =>
				salesos.tenants.list.query(given({ cursor, limit: options.limit })),
			);
			if (options.json) return printJson(found);
			if (options.quiet) {
				for (const { id } of found.items) print(id);
				return;
			}
			if (found.items.length === 0) return note("No tenants found.");
			const rows = found.items.map((tenant) => [
				tenant.id,
				tenant.slug,
				progressOf(tenant),
				instant(tenant.created_at),
				safeText(tenant.name),
			]);
			printTable({ heading: ["ID", "SLUG", "STATE", "CREATED", "NAME"], rows, shrinkable: 4 });
			if (found.next_cursor) note(`More tenants: --all, or --cursor ${found.next_cursor}`);
		});

/** A command on one tenant. */
const onOne = (name: string, summary: string, act: (salesos: SalesOSClient, id: string, options: Common) => unknown) =>
	command(name, summary, [`salesos-keys tenants ${name} ten_5pVq2Jd8Xw3nRt6y`])
		.argument("<id>", "id of the tenant")
		.action(async (id: string, options: Common) => {
			await act(connectPlatform(options), id, options);
		});

const get = (): Command =>
	onOne("get", "Show one tenant", async (salesos, id, options) =>
		show(await salesos.tenants.get.query({ id }), options),
	);

interface SuspendOptions extends Common {
	reason?: string;
}

const suspend = (): Command =>
	onOne(
		"suspend",
		"Suspend a tenant. When the command has returned, no key of the tenant is admitted any more, anywhere",
		(salesos, id, options: SuspendOptions) =>
			follow(() => salesos.tenants.suspend.mutate({ id, ...given({ reason: options.reason }) }), options),
	).option("--reason <text>", "why, for the audit log");

const resume = (): Command =>
	onOne("resume", "Resume a suspended tenant", (salesos, id, options) =>
		follow(() => salesos.tenants.resume.mutate({ id }), options),
	);

interface DeleteOptions extends Common {
	afterDays?: number;
	yes?: boolean;
}

const remove = (): Command =>
	onOne("delete", "Delete a suspended tenant with all its data, after 30 days", async (salesos, id, options) => {
		const { afterDays, yes }: DeleteOptions = options;
		const { slug } = await salesos.tenants.get.query({ id });
		await confirm(`Delete ${slug} with all its data? Type its slug: `, slug, yes);
		show(await salesos.tenants.delete.mutate({ id, slug, ...given({ after_days: afterDays }) }), options);
	})
		.option("--after-days <days>", "days until the data is deleted, 1 to 365", number)
		.option("--yes", "do not ask");

const cancelDeletion = (): Command =>
	onOne("cancel-deletion", "Cancel a deletion that has not begun", async (salesos, id, options) =>
		show(await salesos.tenants.cancel_deletion.mutate({ id }), options),
	);

const find = (): Command =>
	command("find", "Find the tenants of leaked keys. The text with the keys comes from a file or stdin", [
		"salesos-keys tenants find - < leaked.log",
	])
		.argument("<file>", "a file; - reads stdin")
		.action(async (file: string, options: Common) => {
			const salesos = connectPlatform(options);
			const text = readFileSync(file === "-" ? process.stdin.fd : file, "utf8");
			const found = await salesos.tenants.find_by_key.mutate({ text });
			if (options.json) return printJson(found);
			if (options.quiet) {
				for (const { tenant } of found.items) print(tenant.id);
				return;
			}
			const rows = found.items.map(({ tenant, api_key }) => [
				tenant.id,
				tenant.slug,
				api_key.id,
				api_key.status,
				safeText(api_key.name),
			]);
			if (rows.length > 0) printTable({ heading: ["TENANT", "SLUG", "KEY", "STATUS", "NAME"], rows, shrinkable: 4 });
			note(`${rows.length} keys found, ${found.unknown} unknown.`);
		});

export const tenants = (): Command => {
	const parent = new Command("tenants")
		.description("List, suspend, resume and delete tenants, for the platform")
		.addHelpText(
			"after",
			"\nSet SALESOS_SERVICE_ROLE_KEY and SALESOS_URL.\n\nExamples:\n  $ salesos-keys tenants list\n  $ salesos-keys tenants suspend ten_5pVq2Jd8Xw3nRt6y",
		);
	for (const make of [list, get, suspend, resume, remove, cancelDeletion, find]) parent.addCommand(make());
	return parent;
};
