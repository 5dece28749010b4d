/** Is this key to be admitted? */
import type { Command } from "commander";
import { type Common, command, contextOf, given } from "../command.ts";
import { CommandFailure, EXIT } from "../failure.ts";
import { plain } from "../plain.ts";
import { print, printJson, readSecret, styled } from "../terminal.ts";
import { keyOf } from "../words.ts";

interface VerifyOptions extends Common {
	scope?: string;
	ip?: string;
	consume: boolean;
}

export const verify = (): Command =>
	command("verify", `Ask for the verdict on a key of the tenant. Exit code ${EXIT.invalidKey}: not to be admitted`, [
		"salesos-keys verify < key.txt",
		"SALESOS_API_KEY=$KEY salesos-keys verify --scope leads:read --no-consume && echo admitted",
	])
		.option("--scope <scope>", "scope that the key must grant")
		.option("--ip <address>", "address of whoever presented the key")
		.option("--no-consume", "do not count this as a request")
		.addHelpText("after", "\nThe key is read from SALESOS_API_KEY or stdin, never from an argument.")
		.action(async (options: VerifyOptions) => {
			const salesos = contextOf(options).client();
			const key = (await readSecret("SALESOS_API_KEY", "API key: ")).trim();
			const { scope, ip, consume } = options;
			const verdict = await salesos.keys.verify.mutate({
				key,
				consume,
				...given({ scope: scope as "leads:read" | undefined, ip }),
			});
			if (options.json) printJson(verdict);
			else if (options.quiet) print(verdict.code);
			else {
				const { code, api_key, rate_limit } = verdict;
				print(
					[
						styled(verdict.valid ? "green" : "red", code),
						...(api_key ? [`${plain(api_key.name)} (${keyOf(api_key)})`] : []),
						...(rate_limit ? [`${rate_limit.remaining} of ${rate_limit.limit} left this hour`] : []),
					].join("  "),
				);
			}
			if (!verdict.valid) throw new Refused();
		});

/** The verdict has been printed; the exit code says it too. */
class Refused extends CommandFailure {
	constructor() {
		super(EXIT.invalidKey, "");
	}
}
