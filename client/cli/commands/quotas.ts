/** The command that shows the quotas of the tenant. */
import type { Command } from "commander";
import { type Common, command, contextOf } from "../command.ts";
import { print, printJson, printTable } from "../terminal.ts";

export const quotas = (): Command =>
	command("quotas", "Show what the tenant stores and may store", ["salesos-keys quotas"]).action(
		async (options: Common) => {
			const found = await contextOf(options).client().tenants.quotas.query();
			if (options.json) return printJson(found);
			if (options.quiet) {
				for (const { name, limit } of found.items) print(`${name} ${limit}`);
				return;
			}
			const rows = found.items.map(({ name, used, limit, is_default }) => [
				name,
				used === null ? "" : used.toLocaleString("en-US"),
				limit.toLocaleString("en-US"),
				is_default ? "default" : "set by the platform",
			]);
			printTable({ heading: ["QUOTA", "USED", "LIMIT", "SOURCE"], rows, shrinkable: 3 });
		},
	);
