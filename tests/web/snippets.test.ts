/** The code snippets, executed as they are pasted. */
import { execFileSync } from "node:child_process";
import { parseEnv } from "node:util";
import { expect, it } from "vitest";
import { SNIPPETS, snippet } from "../../web/features/keys/reveal/snippets.ts";

const key = `sk_live_${"4fK9".repeat(12)}`;
const parts = { key, origin: "https://api.company.example", comment: "A comment" };

it("the curl snippet passes the URL and the header as one argument each", () => {
	const script = `curl() { printf '%s\\n' "$#" "$@"; }\n${snippet("curl", parts)}`;
	expect(execFileSync("sh", ["-c", script], { encoding: "utf8" }).trim().split("\n")).toEqual([
		"3",
		"https://api.company.example/v1/whoami",
		"-H",
		`Authorization: Bearer ${key}`,
	]);
});

it("the JavaScript snippet is a module that calls the service with the key", () => {
	const stub = `globalThis.fetch = async (url, init) => ({ status: 200, json: async () => JSON.stringify({ url, init }) });`;
	const output = execFileSync(
		process.execPath,
		["--input-type=module", "-e", `${stub}\n${snippet("javascript", parts)}`],
		{
			encoding: "utf8",
		},
	);
	expect(output.trim()).toBe(
		`200 {"url":"https://api.company.example/v1/whoami","init":{"headers":{"Authorization":"Bearer ${key}"}}}`,
	);
});

it("the .env snippet has the URL and the key", () => {
	expect(parseEnv(snippet("env", parts))).toEqual({ SALESOS_URL: parts.origin, SALESOS_API_KEY: key });
});

it.each(SNIPPETS)("the %s snippet has no other key than the given one", (name) => {
	const text = snippet(name, { ...parts, key: "sk_live_4fK9••••" });
	expect(text).toContain("sk_live_4fK9••••");
	expect(text).not.toContain(key);
});
