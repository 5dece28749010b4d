/** The command that verifies a key. */
import type { Command } from "commander";
import { type Common, command, contextOf, given } from "../command.ts";
import { keyOf } from "../display.ts";
import { CommandError, EXIT } from "../errors.ts";
import { safeText } from "../safe-text.ts";
import { print, printJson, readSecret, styled } from "../terminal.ts";

interface VerifyOptions extends Common {
	scope?: string;
	ip?: string;
	consume: boolean;
}

export const verify = (): Command =>
	command("verify", `Verify a key of the tenant. Exit code ${EXIT.invalidKey}: the key must not be admitted`, [
		"salesos-keys verify < key.txt",
		"SALESOS_API_KEY=$KEY salesos-keys verify --scope leads:read --no-consume && echo admitted",
	])
		.option("--scope <scope>", "scope that the key must have")
		.option("--ip <ip>", "IP address of the caller who sent the key")
		.option("--no-consume", "do not count this as a request")
		.addHelpText("after", "\nThe key comes from SALESOS_API_KEY or stdin, never from an argument.")
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
						...(api_key ? [`${safeText(api_key.name)} (${keyOf(api_key)})`] : []),
						...(rate_limit ? [`${rate_limit.remaining} of ${rate_limit.limit} left this hour`] : []),
					].join("  "),
				);
			}
			if (!verdict.valid) throw new Refused();
		});

/** Sets the exit code only: the verdict has been printed. */
class Refused extends CommandError {
	constructor() {
		super(EXIT.invalidKey, "");
	}
}
