/** The code on a key's screen, executed as it is pasted. */
import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { CALLS, titleOf } from "../../web/features/integration-calls.ts";
import { callSnippet, callsOf, LANGUAGES, type SnippetLanguage } from "../../web/features/keys/use/call-snippets.ts";
import { authorizationOf } from "../sign.ts";

const ORIGIN = "https://api.company.example";
const key = `sk_live_${"4fK9".repeat(12)}`;
const secret = `sks_live_${"0a1b".repeat(12)}`;
const env = { ...process.env, SALESOS_API_KEY: key, SALESOS_API_KEY_SECRET: secret };

/** Each prints method, URL, headers as an object and body as JSON, in place of sending the request. */
const RUNS: Record<SnippetLanguage, [program: string, args: (code: string) => string[]]> = {
	curl: [
		"sh",
		(code) => [
			"-c",
			`curl() {
				METHOD=GET; AUTH=; TYPE=; DATA=
				while [ $# -gt 0 ]; do case "$1" in
					-X) METHOD=$2; shift 2;;
					-d) DATA=$2; shift 2;;
					-H) case "$2" in Authorization:*) AUTH=\${2#*: };; Content-Type:*) TYPE=\${2#*: };; esac; shift 2;;
					*) URL=$1; shift;;
				esac; done
				printf '%s\\n' "$METHOD" "$URL" "$AUTH" "$TYPE" "$DATA"
			}\n${code}`,
		],
	],
	javascript: [
		process.execPath,
		(code) => [
			"--input-type=module",
			"-e",
			`globalThis.fetch = async (url, { method = "GET", headers, body = "" }) => {
				console.log([method, url, headers.Authorization, headers["Content-Type"] ?? "", body].join("\\n"));
				process.exit();
			};\n${code}`,
		],
	],
	python: [
		"python3",
		(code) => [
			"-c",
			code.replace(
				/^print.*$/m,
				'print("\\n".join([request.method, request.full_url, request.get_header("Authorization"), request.get_header("Content-type") or "", (request.data or b"").decode()]))',
			),
		],
	],
	php: [
		"php",
		(code) => [
			"-r",
			code
				.replace("<?php", "")
				.replace(
					/^echo file_get_contents\('([^']*)'.*$/m,
					"echo implode(\"\\n\", [$options['method'], '$1', substr($options['header'][0], 15), substr($options['header'][1] ?? '', 14), $options['content'] ?? '']);",
				),
		],
	],
};

const installed = LANGUAGES.filter((language) => spawnSync(RUNS[language][0], ["--version"]).error === undefined);

/** One call of each shape: nothing but a path, a body, and another method without a body. */
const SHAPES = CALLS.filter((call) =>
	["GET /v1/whoami", "POST /v1/sync_activities", "DELETE /v1/leads/{id}"].includes(titleOf(call)),
);

describe.each(installed)("the code for %s", (language) => {
	it.each(SHAPES.map((call) => [titleOf(call), call] as const))("makes the call %s, signed or not", (_, call) => {
		for (const signed of [false, true]) {
			const [program, args] = RUNS[language];
			const code = callSnippet(language, { call, origin: ORIGIN, signed });
			const output = execFileSync(program, args(code), { encoding: "utf8", env });
			const [method, url, authorization = "", type, body = ""] = output.split("\n");
			expect([method, url, type]).toEqual([
				call.method,
				ORIGIN + call.path,
				call.body === null ? "" : "application/json",
			]);
			expect(body === "" ? null : JSON.parse(body)).toEqual(call.body);
			const at = Number(authorization.split(":")[1]);
			expect(authorization).toBe(
				signed ? authorizationOf({ key, secret, method: call.method, path: call.path, body, at }) : `Bearer ${key}`,
			);
		}
	});
});

describe("the calls on offer", () => {
	const titles = (scopes: string[]) => callsOf(CALLS, scopes).map(titleOf);

	it("are those of the granted scopes, and the one that every key may make", () => {
		expect(titles(["leads:read"])).toEqual(["GET /v1/leads", "GET /v1/leads/{id}", "GET /v1/whoami"]);
		expect(titles(["default:sync"])).toContain("POST /v1/sync_collaborators");
		expect(titles(["default:sync"])).not.toContain("POST /v1/leads");
	});

	it("are all of them for an unrestricted key", () => {
		expect(new Set(titles([]))).toEqual(new Set(CALLS.map(titleOf)));
	});
});
