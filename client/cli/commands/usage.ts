/** The command that shows the usage of a key. */
import { type Command, Option } from "commander";
import { type Common, command, contextOf, given } from "../command.ts";
import { instant } from "../display.ts";
import { print, printJson, printTable } from "../terminal.ts";

const BAR_WIDTH = 30;

interface UsageOptions extends Common {
	from?: string;
	to?: string;
	granularity?: "hour" | "day";
}

export const usage = (): Command =>
	command("usage", "Show the requests of a key by hour or day, admitted and refused", [
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
			const usage = await client().keys.usage.query({ id, ...given({ from, to, granularity }) });
			if (options.json) return printJson(usage);
			const { buckets, totals } = usage;
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
