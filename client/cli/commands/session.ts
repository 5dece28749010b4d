/** Commands that sign in and out. */
import type { Command } from "commander";
import { type Common, command, contextOf } from "../command.ts";
import { canonical, chosenUrl, clientOf } from "../connection.ts";
import { credentialsFile, readCredentials, removeCredentials, writeCredentials } from "../credentials.ts";
import { CommandError, EXIT } from "../errors.ts";
import { safeText } from "../safe-text.ts";
import { ask, note, printJson, readSecret } from "../terminal.ts";

interface LoginOptions extends Common {
	email?: string;
	withToken?: boolean;
}

export const login = (): Command =>
	command("login", "Sign in until the session ends", [
		"salesos-keys login --url https://keys.example --email ana@acme.example",
		"printenv ANAS_PASSWORD | salesos-keys login --url https://keys.example --email ana@acme.example",
		"identity-provider token | salesos-keys login --url https://keys.example --with-token",
	])
		.option("--email <email>", "your email; the password comes from a prompt, SALESOS_PASSWORD or stdin")
		.option("--with-token", "read a token of your identity provider from SALESOS_TOKEN or stdin instead")
		.action(async (options: LoginOptions) => {
			const url = await wantedUrl(options);
			const { token, expires_at, user } = options.withToken ? await byToken(url) : await byPassword(url, options);
			writeCredentials({ url, token, expires_at, email: user.email });
			if (options.json) printJson({ url, expires_at, user });
			else if (!options.quiet) {
				note(`Signed in at ${url} as ${safeText(user.email ?? user.id)} (${user.role} of ${user.tenant_id}).`);
				note(`The session ends at ${expires_at}. It is stored in ${credentialsFile()}, which only you can read.`);
			}
		});

async function wantedUrl(options: LoginOptions): Promise<string> {
	const url = chosenUrl(options) ?? (await ask("URL of the service: "));
	if (!url)
		throw new CommandError(EXIT.usage, "Set the URL of the service: --url https://keys.example, or SALESOS_URL.");
	return canonical(url);
}

async function byPassword(url: string, options: LoginOptions) {
	const client = clientOf({ url, token: null });
	const email = options.email ?? (await ask("Email: "));
	if (!email) throw new CommandError(EXIT.usage, "Set your email: --email ana@acme.example.");
	const password = await readSecret("SALESOS_PASSWORD", "Password: ");
	return client.session.login.mutate({ email, password });
}

async function byToken(url: string) {
	const token = (await readSecret("SALESOS_TOKEN", "Token: ")).trim();
	const { user, expires_at } = await clientOf({ url, token }).session.me.query();
	return { token, user, expires_at };
}

export const logout = (): Command =>
	command("logout", "End the session and delete the stored sign-in", ["salesos-keys logout"]).action(
		async (options: Common) => {
			const credentials = readCredentials();
			if (credentials === null) throw new CommandError(EXIT.notAllowed, "You are not signed in.");
			const { now } = contextOf(options);
			const { url, token, expires_at } = credentials;
			try {
				// An expired session needs no call.
				if (Date.parse(expires_at) > now) await clientOf({ url, token }).session.logout.mutate();
			} finally {
				removeCredentials();
			}
			if (options.json) printJson({ url, signed_in: false });
			else if (!options.quiet) note(`Signed out at ${url}.`);
		},
	);
