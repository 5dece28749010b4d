#!/usr/bin/env node
/** `salesos-keys`: API keys from the command line. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { create, get, list, remove, revoke, rotate, update } from "./commands/keys.ts";
import { audit, usage } from "./commands/records.ts";
import { login, logout } from "./commands/session.ts";
import { verify } from "./commands/verify.ts";
import { CommandFailure, EXIT, type ExitCode, exitCodeOf, toJson, wordsOf } from "./failure.ts";
import { jsonOf } from "./plain.ts";
import { note, styled, withoutColours } from "./terminal.ts";

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));

const HELP = `
Start:
  $ salesos-keys login --url https://keys.example --email ana@acme.example
  $ KEY=$(salesos-keys create --name "CRM Nightly Sync" --expires-in-days 90 --quiet)
  $ salesos-keys list

In CI, without signing in:
  SALESOS_URL               where the service is
  SALESOS_TOKEN             token of a tenant's admin, or instead of it
  SALESOS_SERVICE_ROLE_KEY  the platform's key, with SALESOS_TENANT_ID

Secrets come from the environment or stdin and never from an argument. Keys go to stdout, everything about them
to stderr.

Exit codes:
  ${EXIT.ok} done   ${EXIT.failure} failed   ${EXIT.usage} wrongly used   ${EXIT.notAllowed} not signed in, or not allowed   ${EXIT.notFound} not found
  ${EXIT.conflict} conflict   ${EXIT.rateLimited} too many requests   ${EXIT.invalidKey} verify: not to be admitted   ${EXIT.interrupted} called off
With --json a failure is JSON too, on stderr.`;

/** An API key or a token (RFC 7519, compact form). */
const SECRET = /sk_(live|test)_\w{13,}|eyJ[\w-]{8,}\.[\w-]+\.[\w-]*/;

function refuseSecrets(argv: string[]): void {
	if (!argv.some((argument) => SECRET.test(argument))) return;
	throw new CommandFailure(
		EXIT.usage,
		"An argument holds a secret. Everybody on this machine can see arguments, and the shell remembers them: " +
			"give it in the environment or on stdin, and think of replacing it.",
	);
}

function program(asJson: boolean): Command {
	const root = new Command("salesos-keys")
		.description("API keys of SalesOS: create them, look after them, end them.")
		.version(version)
		.addHelpText("after", HELP);
	const commands = [login, logout, create, list, get, update, rotate, revoke, remove, usage, audit, verify];
	for (const make of commands) root.addCommand(make());
	for (const each of [root, ...root.commands])
		each
			.exitOverride()
			// Of what was wrong; said in another way then.
			.configureOutput(asJson ? { writeErr: () => {} } : {})
			.showHelpAfterError(`(see salesos-keys ${each === root ? "" : `${each.name()} `}--help)`);
	return root;
}

async function run(argv: string[]): Promise<ExitCode> {
	const asJson = argv.includes("--json");
	if (argv.includes("--no-color")) withoutColours();
	try {
		refuseSecrets(argv);
		await program(asJson).parseAsync(argv, { from: "user" });
		return EXIT.ok;
	} catch (thrown) {
		const isAboutArguments = thrown instanceof CommanderError;
		if (isAboutArguments && thrown.exitCode === 0) return EXIT.ok;
		const failure = isAboutArguments ? new CommandFailure(EXIT.usage, thrown.message) : thrown;
		const exitCode = exitCodeOf(failure);
		if (exitCode === EXIT.invalidKey) return exitCode;
		if (asJson) note(jsonOf(toJson(failure)));
		// Of arguments, the words have been said already.
		else if (!isAboutArguments) note(`${styled("red", "salesos-keys:")} ${wordsOf(failure, argv[0] === "login")}`);
		return exitCode;
	}
}

// Whoever reads may stop before the end, such as `head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
	if (error.code !== "EPIPE") throw error;
	process.exit(EXIT.ok);
});
process.exitCode = await run(process.argv.slice(2));
