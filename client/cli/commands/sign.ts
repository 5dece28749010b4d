/** The command that signs a request. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { signRequest } from "../../sign.ts";
import { type Common, command } from "../command.ts";
import { CommandError, EXIT } from "../errors.ts";
import { print, printJson, readSecret } from "../terminal.ts";

interface SignOptions extends Common {
	request: string;
	body?: string;
}

export const sign = (): Command =>
	command("sign", "Sign a request with a signed key, and print the header", [
		"salesos-keys sign /v1/whoami",
		'curl -H "$(salesos-keys sign /v1/whoami)" "$SALESOS_URL/v1/whoami"',
		'curl -H "$(salesos-keys sign -X POST --body lead.json /v1/leads)" --data-binary @lead.json "$SALESOS_URL/v1/leads"',
	])
		.argument("<path>", "path of the request, with its query")
		.option("-X, --request <method>", "method of the request", "GET")
		.option("--body <file>", "file with exactly the bytes that are sent")
		.addHelpText(
			"after",
			"\nThe key comes from SALESOS_API_KEY, its secret from SALESOS_API_KEY_SECRET or stdin. The path has its query, if there is\none. The signature is valid for 30 seconds, for one request.",
		)
		.action(async (path: string, { request, body: file, json, quiet }: SignOptions) => {
			const key = process.env.SALESOS_API_KEY;
			if (!key) throw new CommandError(EXIT.usage, "Set SALESOS_API_KEY to the key that signs.");
			if (!path.startsWith("/")) throw new CommandError(EXIT.usage, "The path must begin with /, such as /v1/leads.");
			const secret = (await readSecret("SALESOS_API_KEY_SECRET", "API key secret: ")).trim();
			const body = file === undefined ? undefined : new Uint8Array(readFileSync(file));
			const authorization = await signRequest({ key, secret, method: request.toUpperCase(), path, body });
			if (json) printJson({ authorization });
			else print(quiet ? authorization : `Authorization: ${authorization}`);
		});
