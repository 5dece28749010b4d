/** The code snippets of a signed key, executed as they are pasted. */
import { execFileSync, spawnSync } from "node:child_process";
import { parseEnv } from "node:util";
import { describe, expect, it } from "vitest";
import { type SignedSnippetName, signedSnippet } from "../../web/features/keys/reveal/signed-snippets.ts";
import { authorizationOf } from "../sign.ts";

const key = `sk_live_${"4fK9".repeat(12)}`;
const secret = `sks_live_${"0a1b".repeat(12)}`;
const parts = { key, secret, origin: "https://api.company.example" };

/** Stubs that print the header instead of sending it, in front of the snippet. */
const RUNS: [SignedSnippetName, program: string, args: (snippet: string) => string[]][] = [
	[
		"node",
		process.execPath,
		(text) => [
			"--input-type=module",
			"-e",
			`globalThis.fetch = async (url, init) => { process.stdout.write(url + " " + init.headers.Authorization + "\\n"); process.exit(); };\n${text}`,
		],
	],
	[
		"python",
		"python3",
		(text) => ["-c", text.replace(/^print.*$/m, 'print(request.full_url, request.get_header("Authorization"))')],
	],
	[
		"php",
		"php",
		(text) => [
			"-r",
			text.replace("<?php", "").replace(/^echo.*$/m, `echo '${parts.origin}/v1/whoami ', substr($header, 15);`),
		],
	],
	["curl", "sh", (text) => ["-c", `curl() { printf '%s %s' "$1" "\${3#Authorization: }"; }\n${text}`]],
];

const isInstalled = (program: string) => spawnSync(program, ["--version"]).error === undefined;

describe.each(RUNS.filter(([, program]) => isInstalled(program)))("the %s snippet", (name, program, args) => {
	it("calls the service with a right signature", () => {
		const output = execFileSync(program, args(signedSnippet(name, parts)), { encoding: "utf8" });
		const [url, scheme, credential = ""] = output.trim().split(" ");
		expect([url, scheme]).toEqual(["https://api.company.example/v1/whoami", "P2S-SIGN-V1"]);
		expect(`${scheme} ${credential}`).toBe(authorizationOf({ key, secret, at: Number(credential.split(":")[1]) }));
	});
});

it("the .env snippet has both values", () => {
	expect(parseEnv(signedSnippet("env", parts))).toEqual({
		SALESOS_URL: parts.origin,
		SALESOS_API_KEY: key,
		SALESOS_API_KEY_SECRET: secret,
	});
});
