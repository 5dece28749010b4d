/** The code snippets of a management token, executed as they are pasted. */
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { TOKEN_SNIPPETS, tokenSnippet } from "../../web/features/tokens/token-snippets.ts";

const token = `smt_${"4fK9aZ".repeat(6)}`;
const parts = { token, origin: "https://api.company.example" };
/** Runs a snippet, with programs that only print what they got. */
const output = (snippet: string, after = "") => {
	const stubs = `curl() { printf '%s\\n' "$@"; }; npx() { printf '%s\\n' "$@" "$SALESOS_URL" "$SALESOS_TOKEN"; }`;
	return execFileSync("sh", ["-c", `${stubs}\n${snippet}\n${after}`], { encoding: "utf8" })
		.trim()
		.split("\n");
};

it("the shell snippet sets the variables of the command line", () => {
	expect(output(tokenSnippet("env", parts), `printf '%s\\n' "$SALESOS_URL" "$SALESOS_TOKEN"`)).toEqual([
		parts.origin,
		token,
	]);
});

it("the curl snippet lists keys with the token", () => {
	expect(output(tokenSnippet("curl", parts))).toEqual([
		"https://api.company.example/v1/api-keys",
		"-H",
		`Authorization: Bearer ${token}`,
	]);
});

it("the snippet of the command line lists keys with the token", () => {
	expect(output(tokenSnippet("cli", parts))).toEqual(["salesos-keys", "list", parts.origin, token]);
});

it.each(TOKEN_SNIPPETS)("the %s snippet has no other token than the given one", (name) => {
	const text = tokenSnippet(name, { ...parts, token: "smt_••••" });
	expect(text).toContain("smt_••••");
	expect(text).not.toMatch(/smt_\w/);
});
