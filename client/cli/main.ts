#!/usr/bin/env node
/** Entry of `salesos-keys`, the command line for API keys. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { KEY_IN_TEXT } from "../../worker/schemas/key-pattern.ts";
import { audit } from "./commands/audit.ts";
import { importKeys } from "./commands/import.ts";
import { jobs } from "./commands/jobs.ts";
import { create, get, list, rotate, update } from "./commands/keys.ts";
import { members } from "./commands/members.ts";
import { quotas } from "./commands/quotas.ts";
import { remove, revoke } from "./commands/revoke-delete.ts";
import { login, logout } from "./commands/session.ts";
import { sign } from "./commands/sign.ts";
import { tenants } from "./commands/tenants.ts";
import { tokens } from "./commands/tokens.ts";
import { usage } from "./commands/usage.ts";
import { verify } from "./commands/verify.ts";
import { CommandError, EXIT, type ExitCode, exitCodeOf, messageOf, toJson } from "./errors.ts";
import { safeJson } from "./safe-text.ts";
import { disableColours, note, styled } from "./terminal.ts";

const { version } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));

const HELP = `
Start:
  $ salesos-keys login --url https://keys.example --email ana@acme.example
  $ KEY=$(salesos-keys create --name "CRM Nightly Sync" --expires-in-days 90 --quiet)
  $ salesos-keys list

In CI, without signing in:
  SALESOS_URL               URL of the service
  SALESOS_TOKEN             a management token: salesos-keys tokens create
  SALESOS_SERVICE_ROLE_KEY  the service_role key instead of a token, with SALESOS_TENANT_ID

Secrets come from the environment or stdin, never from an argument. The result goes to stdout, everything about it
to stderr.

Exit codes:
  ${EXIT.ok} done   ${EXIT.failure} failed   ${EXIT.usage} wrong usage   ${EXIT.notAllowed} not signed in, or not allowed   ${EXIT.notFound} not found
  ${EXIT.conflict} conflict   ${EXIT.rateLimited} too many requests   ${EXIT.invalidKey} verify: key not admitted   ${EXIT.interrupted} cancelled
With --json, an error is JSON on stderr.`;

/** A JSON Web Token (RFC 7519, compact form). */
const TOKEN_IN_TEXT = /eyJ[\w-]{8,}\.[\w-]+\.[\w-]*/;

function refuseSecrets(argv: string[]): void {
	if (!argv.some((argument) => KEY_IN_TEXT.test(argument) || TOKEN_IN_TEXT.test(argument))) return;
	throw new CommandError(
		EXIT.usage,
		"An argument contains a secret. Other users of this machine can see arguments, and the shell stores them in its " +
			"history. Pass the secret in the environment or on stdin, and consider replacing it.",
	);
}

function program(asJson: boolean): Command {
	const root = new Command("salesos-keys")
		.description("Create and manage the API keys of SalesOS.")
		.version(version)
		.addHelpText("after", HELP);
	const commands = [
		login,
		logout,
		create,
		list,
		get,
		update,
		rotate,
		revoke,
		remove,
		importKeys,
		jobs,
		usage,
		audit,
		members,
		verify,
		sign,
		quotas,
		tokens,
		tenants,
	];
	for (const make of commands) root.addCommand(make());
	configure(root, "salesos-keys", asJson);
	return root;
}

/** Commander doesn't hand these settings down to commands that are added. */
function configure(command: Command, path: string, asJson: boolean): void {
	command
		.exitOverride()
		// With --json, the error is printed as JSON instead.
		.configureOutput(asJson ? { writeErr: () => {} } : {})
		.showHelpAfterError(`(see ${path} --help)`);
	for (const child of command.commands) configure(child, `${path} ${child.name()}`, asJson);
}

async function run(argv: string[]): Promise<ExitCode> {
	const asJson = argv.includes("--json");
	if (argv.includes("--no-color")) disableColours();
	try {
		refuseSecrets(argv);
		await program(asJson).parseAsync(argv, { from: "user" });
		return EXIT.ok;
	} catch (thrown) {
		const isUsageError = thrown instanceof CommanderError;
		if (isUsageError && thrown.exitCode === 0) return EXIT.ok;
		const failure = isUsageError ? new CommandError(EXIT.usage, thrown.message) : thrown;
		const exitCode = exitCodeOf(failure);
		if (exitCode === EXIT.invalidKey) return exitCode;
		if (asJson) note(safeJson(toJson(failure)));
		// Commander has printed a usage error already.
		else if (!isUsageError) note(`${styled("red", "salesos-keys:")} ${messageOf(failure, argv[0] === "login")}`);
		return exitCode;
	}
}

// A reader such as `head` may stop before the end.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
	if (error.code !== "EPIPE") throw error;
	process.exit(EXIT.ok);
});
process.exitCode = await run(process.argv.slice(2));
