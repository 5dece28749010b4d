/** The command line, as scripts use it in a pipe and as people use it at a terminal. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Service } from "../harness.ts";
import type { Session } from "../session.ts";
import { atTerminal } from "./terminal.ts";

const ENTER = "\r";
const CTRL_C = "\x03";
const CTRL_D = "\x04";
const COLOUR = new RegExp(`${String.fromCharCode(0x1b)}\\[\\d+m`);
const KEY = /^sk_live_[0-9A-Za-z]{48}\n$/;

let service: Service;
let owner: Session;
let cli: string;
/** Each user has a home folder, so that tests can run in parallel. */
const homes = mkdtempSync(join(tmpdir(), "salesos-cli-"));

beforeAll(async () => {
	service = await Service.start();
	cli = join(service.folder, "client/dist/cli.js");
	owner = await service.signIn();
});
afterAll(async () => {
	await service?.dispose();
	rmSync(homes, { recursive: true, force: true });
});

/** The environment of a new user. */
const user = (): Record<string, string> => ({ PATH: process.env.PATH ?? "", HOME: mkdtempSync(join(homes, "home-")) });
const credentialsOf = ({ HOME = "" }: Record<string, string>) => join(HOME, ".config/salesos-keys/credentials.json");
/** The environment of a CI job: no sign-in, everything in variables. */
const ci = (): Record<string, string> => ({ ...user(), SALESOS_URL: service.url, SALESOS_TOKEN: owner.token ?? "" });

/** Runs the command line in a pipe. */
async function run(args: string[], { env = ci(), stdin = "" }: { env?: Record<string, string>; stdin?: string } = {}) {
	const child = spawn("node", [cli, ...args], { env, stdio: "pipe" });
	child.stdin.end(stdin);
	const exit = new Promise<number | null>((resolve) => child.on("close", resolve));
	const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
	return { stdout, stderr, code };
}
const terminal = (args: string[], env: Record<string, string>, answers?: [string, string][], columns?: number) =>
	atTerminal(["node", cli, ...args], env, answers, columns);

/** Creates a key. Returns its id. */
const make = async (name = "A key") => (await owner.mutate("keys.create", { name })).api_key.id;
const statusOf = async (id: string) => (await owner.query("keys.get", { id })).status;
const demo = () => ({
	email: service.vars.DEMO_ADMIN_EMAIL ?? service.vars.DEMO_OWNER_EMAIL ?? "",
	password: service.vars.DEMO_OWNER_PASSWORD ?? "",
});

describe.concurrent("a script", () => {
	it("reads the key from stdout, which contains nothing else", async () => {
		const quiet = await run([
			"create",
			"--name",
			"From CI",
			"--scope",
			"leads:read",
			"--scope",
			"leads:write",
			"--quiet",
		]);
		expect(quiet).toMatchObject({ code: 0, stdout: expect.stringMatching(KEY), stderr: "" });
		const verbose = await run(["create", "--name", "From CI", "--expires-in-days", "90"]);
		expect(verbose.stdout).toMatch(KEY);
		expect(verbose.stderr).toContain("shown only once");
		const whoami = await service.fetch("/v1/whoami", { headers: { "x-api-key": quiet.stdout.trim() } });
		expect(await whoami.json()).toMatchObject({ data: { name: "From CI", scopes: ["leads:read", "leads:write"] } });
	});

	it("creates a management token, works with it, changes it and revokes it", async () => {
		const made = await run([
			"tokens",
			"create",
			"--name",
			"Deploy pipeline",
			"--permission",
			"keys:read",
			"--permission",
			"keys:write",
			"--quiet",
		]);
		expect(made).toMatchObject({ code: 0, stdout: expect.stringMatching(/^smt_[0-9A-Za-z]{36}\n$/), stderr: "" });
		const program = { ...ci(), SALESOS_TOKEN: made.stdout };
		expect((await run(["create", "--name", "By a program", "--quiet"], { env: program })).stdout).toMatch(KEY);
		const refused = await run(["tokens", "create", "--name", "More", "--permission", "keys:read"], { env: program });
		expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining("tokens:write")]);
		const list = JSON.parse((await run(["tokens", "list", "--json"])).stdout);
		const { id, expires_at, created_at } = list.items.find(
			({ last_four }: { last_four: string }) => last_four === made.stdout.trim().slice(-4),
		);
		expect(Date.parse(expires_at) - Date.parse(created_at)).toBe(90 * 86_400_000);
		const table = await run(["tokens", "list"]);
		expect(table.stdout).toMatch(new RegExp(`${id} .*Deploy pipeline .*smt_….* keys:read, keys:write .* active`));
		const elsewhere = await run(["tokens", "update", id, "--allow-ip", "203.0.113.7", "--json"]);
		expect(JSON.parse(elsewhere.stdout)).toMatchObject({ ip_allowlist: ["203.0.113.7"] });
		expect(await run(["list"], { env: program })).toMatchObject({
			code: 3,
			stderr: expect.stringContaining("which is not on the allow-list of this management token"),
		});
		expect((await run(["tokens", "revoke", id, "--yes"])).stderr).toContain("Revoked Deploy pipeline (smt_…");
		const revoked = await run(["list"], { env: program });
		expect([revoked.code, revoked.stderr]).toEqual([3, expect.stringContaining("was revoked on")]);
	});

	it("creates, changes, verifies, rotates, revokes and deletes a key in JSON", async () => {
		const json = async (...args: string[]) => {
			const { stdout, stderr, code } = await run([...args, "--json"]);
			expect([stderr, code]).toEqual(["", 0]);
			return JSON.parse(stdout);
		};
		const { key, api_key } = await json(
			"create",
			"--name",
			"Whole life",
			"--rate-limit",
			"7",
			"--allow-ip",
			"192.0.2.0/24",
		);
		const { id } = api_key;
		expect(api_key).toMatchObject({
			name: "Whole life",
			rate_limit: 7,
			ip_allowlist: ["192.0.2.0/24"],
			expires_at: null,
		});
		expect(await json("list", "--search", "whole LIFE")).toMatchObject({ items: [{ id }], next_cursor: null });
		expect(
			await json("update", id, "--any-ip", "--unrestricted", "--expires-at", "2090-01-01T00:00:00Z"),
		).toMatchObject({
			scopes: [],
			ip_allowlist: [],
			expires_at: "2090-01-01T00:00:00.000Z",
		});
		expect(await json("update", id, "--never-expires")).toMatchObject({ expires_at: null });
		const checked = await run(["verify", "--json"], { stdin: `${key}\n` });
		expect(JSON.parse(checked.stdout)).toMatchObject({ valid: true, code: "VALID", rate_limit: { remaining: 6 } });
		expect(await json("get", id)).toMatchObject({ current_hour: { used: 1, limit: 7 } });
		expect(await json("usage", id)).toMatchObject({ totals: { allowed: 1, rate_limited: 0, denied: 0 } });
		const rotated = await json("rotate", id, "--revoke-previous-after-hours", "1");
		expect(rotated).toMatchObject({ api_key: { rotated_from: id }, previous: { id, revokes_at: expect.any(String) } });
		expect(await json("revoke", id, "--yes", "--reason", "Replaced")).toMatchObject({ id, status: "revoked" });
		expect(await json("delete", id, "--yes")).toEqual({ id, deleted: true });
		const trail = await json("audit", "--key", id);
		expect(trail.items.map(({ action }: { action: string }) => action)).toEqual([
			"api_key.delete",
			"api_key.revoke",
			"api_key.rotate",
			"api_key.update",
			"api_key.update",
			"api_key.create",
		]);
	});

	it("lists ids page by page", async () => {
		const made: string[] = [];
		for (let number = 0; number < 3; number++) made.push(await make("Paged keys"));
		const all = await run(["list", "--search", "paged keys", "--limit", "2", "--all", "--quiet"]);
		expect(all.stdout.split("\n")).toEqual([...made.reverse(), ""]);
		const first = await run(["list", "--search", "paged keys", "--limit", "2"]);
		const cursor = /--cursor (\S+)/.exec(first.stderr)?.[1] ?? "";
		const second = await run(["list", "--search", "paged keys", "--cursor", cursor, "--quiet"]);
		expect(second.stdout).toBe(`${made[2]}\n`);
		expect((await run(["list", "--sort", "-name", "--limit", "1", "--quiet"])).code).toBe(0);
	});

	it("lists the keys of unfinished rotations, and those that depend on the previous pepper", async () => {
		const [rotated = "", other = ""] = [await make("In rotation"), await make("In rotation")];
		await owner.mutate("keys.rotate", { id: rotated });
		const unfinished = await run(["list", "--rotation", "unfinished", "--all", "--quiet"]);
		expect(unfinished.stdout.split("\n")).toContain(rotated);
		expect(unfinished.stdout).not.toContain(other);
		// Only one pepper is configured, and these keys were made under it.
		const dependent = await run(["list", "--pepper", "previous", "--all", "--quiet"]);
		expect(dependent).toEqual({ code: 0, stdout: "", stderr: "" });
		expect((await run(["list", "--pepper", "old"])).code).toBe(2);
	});

	it("lists signed keys alone, and marks them in the table", async () => {
		const { api_key } = await owner.mutate("keys.create", { name: "Signs", authentication: "signed" });
		const bearer = await make("Sends its key");
		const listed = (kind: string) => run(["list", "--authentication", kind, "--all", "--quiet"]);
		expect((await listed("signed")).stdout.split("\n")).toContain(api_key.id);
		expect((await listed("signed")).stdout).not.toContain(bearer);
		expect((await listed("bearer")).stdout).not.toContain(api_key.id);
		expect((await run(["list", "--authentication", "signed"])).stdout).toContain(`${api_key.last_four} signed`);
		expect((await run(["list", "--authentication", "mtls"])).code).toBe(2);
	});

	it("prints a table without colours and at full width", async () => {
		await make("A name that is long enough to be in the way of everything else on a line");
		const { stdout } = await run(["list", "--search", "in the way"]);
		expect(stdout).toMatch(/^ID +NAME +KEY +SCOPES/);
		expect(stdout).toContain("to be in the way of everything else on a line  sk_live_");
		expect(stdout).not.toMatch(COLOUR);
	});

	it("must pass --yes, because it can't answer a prompt", async () => {
		const id = await make();
		for (const command of ["revoke", "delete"]) {
			const refused = await run([command, id]);
			expect(refused).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("--yes") });
		}
		expect(await statusOf(id)).toBe("active");
	});

	it("revokes several keys and reports each failure", async () => {
		const ids = [await make(), await make()];
		const ended = await run(["revoke", ids[0] ?? "", "000000000000", ids[1] ?? "", "--yes"]);
		expect(ended.code).toBe(4);
		expect(ended.stderr).toContain("000000000000: API key not found.");
		for (const id of ids) expect(await statusOf(id)).toBe("revoked");
	});

	it("revokes the keys of a file as a job, and finds out which failed", async () => {
		const ids = await Promise.all(Array.from({ length: 60 }, () => make("Leaked")));
		const file = join(mkdtempSync(join(homes, "ids-")), "ids.txt");
		writeFileSync(file, `${[...ids, "000000000000", ids[0]].join("\n")}\n\n`);
		expect(await run(["revoke", "--from-file", file])).toMatchObject({
			code: 2,
			stderr: expect.stringContaining("--yes"),
		});
		const revoked = await run(["revoke", "--from-file", file, "--reason", "laptop stolen", "--yes"]);
		expect(revoked.code).toBe(1);
		expect(revoked.stderr).toContain("61 of 61 keys done, 1 failed");
		for (const id of ids) expect(await statusOf(id)).toBe("revoked");
		const [job = ""] = /job_\w+/.exec(revoked.stderr) ?? [];
		const failed = await run(["jobs", "items", job, "--outcome", "failed", "--quiet"]);
		expect(failed).toEqual({ code: 0, stdout: "000000000000\n", stderr: "" });
		expect((await run(["jobs", "get", job, "--quiet"])).stdout).toBe("finished\n");
		expect((await run(["jobs", "list", "--quiet"])).stdout).toContain(job);
		const { items } = await owner.query("audit.list", { key_id: ids[0] ?? "", action: "api_key.revoke" });
		expect(JSON.stringify(items)).toContain("laptop stolen");
	});

	it("stops a job and resumes it", async () => {
		const ids = await Promise.all(Array.from({ length: 3 }, () => make("In a job")));
		const job = await owner.mutate("jobs.create", { kind: "revoke_keys", ids });
		expect(await run(["jobs", "stop", job.id, "--quiet"])).toEqual({ code: 0, stdout: "stopped\n", stderr: "" });
		expect((await run(["jobs", "stop", job.id])).code).toBe(5);
		expect(await statusOf(ids[0] ?? "")).toBe("active");
		const resumed = await run(["jobs", "resume", job.id]);
		expect(resumed).toMatchObject({ code: 0, stderr: expect.stringContaining("3 of 3 keys done") });
		for (const id of ids) expect(await statusOf(id)).toBe("revoked");
	});

	it("sees the quotas of the tenant", async () => {
		const { stdout, code } = await run(["quotas"]);
		expect(code).toBe(0);
		expect(stdout).toMatch(/^QUOTA +USED +LIMIT +SOURCE\n/);
		expect(stdout).toMatch(/^api_keys +[\d,]+ +200,000 +default$/m);
	});

	it("invites, changes, deactivates and removes a member", async () => {
		const email = `ivo-${Date.now()}@acme.example`;
		const invited = await run(["members", "invite", email, "--name", "Ivo", "--role", "member", "--manage-keys"]);
		expect(invited).toMatchObject({ code: 0, stderr: expect.stringContaining("works once") });
		expect(invited.stdout).toMatch(/^http:\/\/localhost:\d+\/invite#[0-9A-Za-z]{32}\n$/);
		const all = JSON.parse((await run(["members", "list", "--all", "--json"])).stdout);
		const member = all.items.find((one: { email: string }) => one.email === email);
		expect(member).toMatchObject({ status: "invited", capabilities: ["admin.integrations"] });
		expect((await run(["members", "update", member.id, "--role", "admin"])).stderr).toContain(
			`${email} is now: admin.`,
		);
		expect((await run(["members", "update", member.id])).code).toBe(2);
		expect((await run(["members", "deactivate", member.id])).code).toBe(2);
		expect((await run(["members", "deactivate", member.id, "--yes"])).stderr).toContain("They have no live keys.");
		expect((await run(["members", "reactivate", member.id])).code).toBe(0);
		const again = await run(["members", "reset-password", member.id, "--quiet"]);
		expect([again.stdout === invited.stdout, again.stdout.includes("/invite#")]).toEqual([false, true]);
		expect(await run(["members", "remove", member.id, "--yes"])).toMatchObject({ code: 0 });
		expect((await run(["members", "remove", member.id, "--yes"])).code).toBe(4);
	});

	it("acts in a tenant with the service_role key", async () => {
		const { user: me } = await owner.query("session.me");
		const { SALESOS_TOKEN: _none, ...rest } = ci();
		const env = { ...rest, SALESOS_SERVICE_ROLE_KEY: service.vars.SERVICE_ROLE_KEY ?? "" };
		expect((await run(["list", "--tenant", me.tenant_id, "--limit", "1"], { env })).code).toBe(0);
		expect((await run(["list"], { env: { ...env, SALESOS_TENANT_ID: me.tenant_id } })).code).toBe(0);
		expect(await run(["list"], { env })).toMatchObject({ code: 2, stderr: expect.stringContaining("--tenant") });
		expect((await run(["list", "--tenant", "ten_unknown"], { env })).code).toBe(4);
	});
});

describe.concurrent("exits with", () => {
	it.each([
		[2, "a missing name", ["create"], "--name"],
		[2, "text where a number belongs", ["create", "--name", "x", "--rate-limit", "many"], "--rate-limit"],
		[
			2,
			"a value that the service rejects",
			["create", "--name", "x", "--scope", "everything"],
			"--scope: Unknown scope",
		],
		[
			2,
			"two options that exclude each other",
			["create", "--name", "x", "--scope", "leads:read", "--unrestricted"],
			"cannot be used",
		],
		[2, "an update without changes", ["update", "000000000000"], "Nothing to change"],
		[2, "an unknown command", ["lst"], "list"],
		[2, "a tenant with a token", ["list", "--tenant", "ten_1"], "--tenant"],
		[4, "an unknown key", ["get", "000000000000"], "API key not found"],
	])("%i for %s", async (code, _case, args, message) => {
		const { stdout, stderr, code: exit } = await run(args);
		expect([stdout, exit]).toEqual(["", code]);
		expect(stderr).toContain(message);
	});

	it("3 for a wrong credential and for no credential", async () => {
		expect((await run(["list"], { env: { ...ci(), SALESOS_TOKEN: "wrong" } })).code).toBe(3);
		expect(await run(["list"], { env: user() })).toMatchObject({
			code: 3,
			stderr: expect.stringContaining("salesos-keys login"),
		});
	});

	it("5 for rotating a revoked key", async () => {
		const id = await make();
		await owner.mutate("keys.revoke", { id });
		expect(await run(["rotate", id])).toMatchObject({ code: 5, stdout: "" });
	});

	it("5 for a change based on an earlier version of the key", async () => {
		const id = await make();
		expect((await run(["update", id, "--rate-limit", "7", "--expected-version", "1"])).code).toBe(0);
		const changes = { update: ["--rate-limit", "8"], rotate: [], revoke: ["--yes"], delete: ["--yes"] };
		for (const [command, options] of Object.entries(changes)) {
			const refused = await run([command, id, ...options, "--expected-version", "1"]);
			expect(refused).toMatchObject({ code: 5, stdout: "", stderr: expect.stringContaining("has changed since") });
		}
		const unchanged = { status: "active", rate_limit: 7, rotated_to: null, version: 2 };
		expect(await owner.query("keys.get", { id })).toMatchObject(unchanged);
		expect((await run(["revoke", id, "--yes", "--expected-version", "2"])).code).toBe(0);
		expect((await run(["delete", id, "--yes", "--expected-version", "3"])).code).toBe(0);
	});

	it.each(["revoke", "delete"])("2 for one expected version of several keys: %s", async (command) => {
		const ids = [await make(), await make()];
		const refused = await run([command, ...ids, "--yes", "--expected-version", "1"]);
		expect(refused).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("Pass one id") });
		for (const id of ids) expect(await statusOf(id)).toBe("active");
	});

	it("1 for a service that cannot be reached", async () => {
		const gone = await run(["create", "--name", "x"], { env: { ...ci(), SALESOS_URL: "http://127.0.0.1:9" } });
		expect(gone).toMatchObject({ code: 1, stderr: expect.stringContaining("cannot be reached") });
	});

	it("10 and the verdict for a key that must not be admitted", async () => {
		const { key, api_key } = await owner.mutate("keys.create", { name: "Checked" });
		const env = { ...ci(), SALESOS_API_KEY: key };
		expect(await run(["verify", "--quiet"], { env })).toEqual({ code: 0, stdout: "VALID\n", stderr: "" });
		expect(await run(["verify", "--scope", "leads:read"], { env })).toMatchObject({ code: 10, stderr: "" });
		await owner.mutate("keys.revoke", { id: api_key.id });
		expect(await run(["verify", "--quiet"], { env })).toEqual({ code: 10, stdout: "REVOKED\n", stderr: "" });
		expect((await run(["verify"], { stdin: "" })).code).toBe(2);
	});

	it("an error in JSON with --json", async () => {
		const { stderr } = await run(["create", "--name", "", "--json"]);
		expect(JSON.parse(stderr)).toMatchObject({
			error: { code: "VALIDATION_ERROR", status: 400, details: [{ field: "name" }], request_id: expect.any(String) },
		});
		const mistyped = await run(["list", "--limt", "5", "--json"]);
		expect(mistyped.code).toBe(2);
		expect(JSON.parse(mistyped.stderr)).toEqual({
			error: { code: "USAGE", message: expect.stringContaining("Did you mean --limit?") },
		});
	});
});

describe.concurrent("a secret", () => {
	it.each([
		["an API key", `sk_live_${"x".repeat(48)}`],
		["a token", `eyJhbGciOiJIUzI1NiJ9.${"x".repeat(40)}.${"y".repeat(40)}`],
	])("is rejected as an argument: %s", async (_case, secret) => {
		const refused = await run(["verify", secret]);
		expect(refused.code).toBe(2);
		expect(refused.stderr).toContain("An argument contains a secret");
		expect(refused.stderr).not.toContain(secret);
	});

	it("of a sign-in is in a file that only its owner can read, and goes to no other service", async () => {
		const { email, password } = demo();
		const env = user();
		const credentials = credentialsOf(env);
		// Files that existed before, with loose permissions.
		mkdirSync(dirname(credentials), { recursive: true });
		writeFileSync(credentials, "{}");
		chmodSync(credentials, 0o666);
		chmodSync(dirname(credentials), 0o777);
		const stdin = `${password}\n`;
		const signedIn = await run(["login", "--url", `${service.url}/`, "--email", email], { env, stdin });
		expect(signedIn).toMatchObject({ code: 0, stdout: "" });
		expect(statSync(credentials).mode & 0o777).toBe(0o600);
		expect(statSync(dirname(credentials)).mode & 0o777).toBe(0o700);
		expect(readdirSync(dirname(credentials))).toEqual(["credentials.json"]);
		const { token } = JSON.parse(readFileSync(credentials, "utf8"));
		expect(signedIn.stderr).not.toContain(token);
		expect(readFileSync(credentials, "utf8")).not.toContain(password);
		expect((await run(["list"], { env })).code).toBe(0);
		const sameService = [service.url.replace("http", "HTTP"), `${service.url}/`, ""];
		for (const SALESOS_URL of sameService) expect((await run(["list"], { env: { ...env, SALESOS_URL } })).code).toBe(0);
		expect(await run(["list", "--url", "https://elsewhere.example"], { env })).toMatchObject({
			code: 3,
			stderr: expect.stringContaining("not at https://elsewhere.example"),
		});

		chmodSync(credentials, 0o644);
		expect(await run(["list"], { env })).toMatchObject({ code: 3, stderr: expect.stringContaining("chmod 600") });
		chmodSync(credentials, 0o600);

		expect((await run(["logout"], { env })).code).toBe(0);
		expect(existsSync(credentials)).toBe(false);
		// The session itself has ended, not only the stored sign-in.
		expect((await run(["list"], { env: { ...ci(), SALESOS_TOKEN: token } })).code).toBe(3);
		expect((await run(["logout"], { env })).code).toBe(3);
	});

	it("can be a token of an identity provider", async () => {
		const args = ["login", "--url", service.url, "--with-token"];
		const env = user();
		expect((await run(args, { env, stdin: `${owner.token}\n` })).code).toBe(0);
		expect((await run(["list"], { env })).code).toBe(0);
		expect((await run(args, { env, stdin: "wrong" })).code).toBe(3);
	});

	it("that has expired is rejected without a request to the service", async () => {
		const env = user();
		const credentials = credentialsOf(env);
		mkdirSync(dirname(credentials), { recursive: true });
		const over = { url: "http://127.0.0.1:9", token: "t", expires_at: "2001-02-03T04:05:06.789Z" };
		writeFileSync(credentials, JSON.stringify(over), { mode: 0o600 });
		expect(await run(["list"], { env })).toMatchObject({ code: 3, stderr: expect.stringContaining("has ended") });
	});

	it("that is wrong does not sign in", async () => {
		const env = user();
		const args = ["login", "--url", service.url, "--email", "unknown@acme.example"];
		const { code, stderr } = await run(args, { env, stdin: "wrong\n" });
		expect([code, stderr]).toEqual([3, "salesos-keys: Incorrect email or password.\n"]);
		expect(existsSync(credentialsOf(env))).toBe(false);
	});

	it("in the environment can end with a line break", async () => {
		expect((await run(["list"], { env: { ...ci(), SALESOS_TOKEN: `${owner.token}\n` } })).code).toBe(0);
		const broken = await run(["list"], { env: { ...ci(), SALESOS_TOKEN: "two\nlines" } });
		expect(broken).toMatchObject({
			code: 2,
			stderr: expect.stringMatching(/^salesos-keys: SALESOS_TOKEN: must not contain/),
		});
	});
});

describe.concurrent("a person at a terminal", () => {
	it("is asked for the email and, in a hidden prompt, for the password", async () => {
		const { email, password } = demo();
		const { screen, exitCode } = await terminal(["login", "--url", service.url], user(), [
			["Email: ", email + ENTER],
			["Password: ", password + ENTER],
		]);
		expect(exitCode).toBe(0);
		expect(screen).toContain(`Signed in at ${service.url} as ${email}`);
		expect(screen).not.toContain(password);
	});

	it("sees a coloured table that fits the width", async () => {
		await make("A name that is long enough to be in the way of everything else on a line");
		const { screen } = await terminal(["list", "--search", "in the way"], ci());
		expect(screen).toMatch(COLOUR);
		expect(screen).toMatch(/A name[^\n]*… {2}sk_live_/);
		for (const line of screen.trim().split(/\r?\n/))
			expect(stripVTControlCharacters(line).length).toBeLessThanOrEqual(110);
		const { screen: plain } = await terminal(["list", "--search", "in the way"], { ...ci(), NO_COLOR: "1" });
		expect(plain).not.toMatch(COLOUR);
		const { screen: option } = await terminal(["list", "--search", "in the way", "--no-color"], ci());
		expect(option).not.toMatch(COLOUR);
	});

	it("sees fewer columns if the terminal is narrow", async () => {
		await make("Names of keys in a terminal of the usual eighty columns");
		const { screen } = await terminal(["list", "--search", "usual eighty"], ci(), [], 80);
		const lines = screen.trim().split(/\r?\n/).map(stripVTControlCharacters);
		expect(lines[0]).toMatch(/^ID +NAME +KEY +.*STATUS$/);
		for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
		expect(screen).toContain("Make the terminal wider");
	});

	it("sees no control characters from text that others wrote", async () => {
		const { key, api_key } = await owner.mutate("keys.create", { name: "Right\u200fto left" });
		// A user agent may contain bytes that start an escape sequence.
		await service.fetch("/v1/whoami", { headers: { "x-api-key": key, "user-agent": "agent\u009b31mred" } });
		const controls = /[\u0080-\u009f\u200f]/u;
		const { screen } = await terminal(["get", api_key.id], ci());
		expect(screen).toContain("agent");
		expect(screen).not.toMatch(controls);
		const { stdout } = await run(["get", api_key.id, "--json"]);
		expect(stdout).not.toMatch(controls);
		expect(JSON.parse(stdout).name).toBe("Right\u200fto left");
		const typed = await terminal(["delete", api_key.id], ci(), [["Type its name: ", `Rightto left${ENTER}`]]);
		expect(typed.exitCode).toBe(0);
	});

	it("keeps colours on the terminal when stdout goes to a pipe", async () => {
		const command = `node ${cli} list --limit 1 2>&1 >/dev/tty | cat -v`;
		const { screen } = await atTerminal(["sh", "-c", command], ci());
		expect(screen).toMatch(COLOUR);
		expect(screen).not.toContain("^[[");
	});

	it("confirms a revocation", async () => {
		const id = await make("To be stopped");
		const declined = await terminal(["revoke", id], ci(), [['Type "yes": ', `no${ENTER}`]]);
		expect(declined.exitCode).toBe(1);
		expect(declined.screen).toContain("Nothing was changed");
		expect(await statusOf(id)).toBe("active");
		const confirmed = await terminal(["revoke", id], ci(), [['Type "yes": ', `yes${ENTER}`]]);
		expect(confirmed.exitCode).toBe(0);
		expect(confirmed.screen).toMatch(/To be stopped .*last used never/);
		expect(await statusOf(id)).toBe("revoked");
	});

	it("must type the number of keys to revoke a file of them, and sees the progress", async () => {
		const ids = [await make("Of many"), await make("Of many")];
		const file = join(mkdtempSync(join(homes, "ids-")), "ids.txt");
		writeFileSync(file, ids.join("\n"));
		const answers = (typed: string): [string, string][] => [["Type the number of keys: ", typed + ENTER]];
		expect((await terminal(["revoke", "--from-file", file], ci(), answers("yes"))).exitCode).toBe(1);
		const confirmed = await terminal(["revoke", "--from-file", file], ci(), answers("2"));
		expect(confirmed.exitCode).toBe(0);
		expect(confirmed.screen).toContain("2 of 2 keys done");
		for (const id of ids) expect(await statusOf(id)).toBe("revoked");
	});

	it("must type the name of a key to delete it", async () => {
		const id = await make("Old partner");
		const declined = await terminal(["delete", id], ci(), [["Type its name: ", `old partner${ENTER}`]]);
		expect(declined.exitCode).toBe(1);
		const confirmed = await terminal(["delete", id], ci(), [["Type its name: ", `Old partner${ENTER}`]]);
		expect(confirmed.exitCode).toBe(0);
		await expect(statusOf(id)).rejects.toThrow("404");
	});

	it.each([
		["Ctrl-C", CTRL_C],
		["Ctrl-D", CTRL_D],
	])("can cancel with %s", async (_keys, typed) => {
		const id = await make();
		const { screen, exitCode } = await terminal(["revoke", id], ci(), [['Type "yes": ', typed]]);
		expect(exitCode).toBe(130);
		expect(screen).toContain("Nothing was changed");
		expect(await statusOf(id)).toBe("active");
	});
});

describe("import", () => {
	/** The environment of the platform's operator, in the owner's tenant. */
	async function operator(): Promise<Record<string, string>> {
		const { user: me } = await owner.query("session.me");
		return {
			...user(),
			SALESOS_URL: service.url,
			SALESOS_SERVICE_ROLE_KEY: service.vars.SERVICE_ROLE_KEY ?? "",
			SALESOS_TENANT_ID: me.tenant_id,
		};
	}
	let made = 0;
	/** A line of the file: a key that no other line has. */
	const exported = (more: object = {}) =>
		JSON.stringify({
			name: "From the CRM",
			environment: "live",
			key_prefix: `sk_live_${String(++made).padStart(8, "0")}`,
			hash: createHash("sha256").update(`${homes} ${made}`).digest("hex"),
			hash_kind: "sha256",
			scopes: ["leads:read"],
			rate_limit: 1_000,
			created_at: "2025-03-14T09:26:53Z",
			...more,
		});
	const fileOf = (lines: string[]) => {
		const file = join(mkdtempSync(join(homes, "import-")), "keys.jsonl");
		writeFileSync(file, `${lines.join("\n")}\n`);
		return file;
	};
	const reportOf = (file: string) =>
		readFileSync(`${file}.report.jsonl`, "utf8")
			.trim()
			.split("\n")
			.map((line) => JSON.parse(line) as { line: number; result: string; errors?: { field: string }[] });

	it("imports a file in several requests, reports errors by line, and continues when it runs again", async () => {
		const env = await operator();
		const good = Array.from({ length: 700 }, () => exported());
		const lines = [...good.slice(0, 10), exported({ scopes: ["everything"] }), "{not JSON", "", ...good.slice(10)];
		const file = fileOf(lines);
		const first = await run(["import", file], { env });
		expect(first.code).toBe(1);
		expect(first.stdout).toContain("700 imported, 0 known before, 2 failed");
		expect(first.stderr).toContain("Line 11: scopes.0: Unknown scope");
		expect(first.stderr).toContain("Line 12: line: Is not a JSON object");
		expect(first.stderr).toContain("Set LEGACY_KEYS to on");
		expect(reportOf(file).filter(({ result }) => result === "error")).toMatchObject([
			{ line: 11, errors: [{ field: "scopes.0" }] },
			{ line: 12, errors: [{ field: "line" }] },
		]);
		expect(readFileSync(`${file}.report.jsonl`, "utf8")).not.toMatch(/\$2b\$|"hash"/);

		// Both lines are corrected, and one is new. The rest is not sent again.
		writeFileSync(file, [...lines.slice(0, 10), exported(), exported(), ...lines.slice(12), exported()].join("\n"));
		const second = await run(["import", file, "--json"], { env });
		expect([second.code, JSON.parse(second.stdout)]).toMatchObject([0, { created: 703, existing: 0, failed: 0 }]);
		expect(reportOf(file)).toHaveLength(702 + 3);

		// Without its report, a run sends everything, and the service changes nothing.
		rmSync(`${file}.report.jsonl`);
		const third = await run(["import", file, "--json"], { env });
		expect([third.code, JSON.parse(third.stdout)]).toMatchObject([0, { created: 0, existing: 703, failed: 0 }]);
		const { stdout } = await run(["list", "--origin", "imported", "--all", "--quiet"]);
		expect(stdout.trim().split("\n")).toHaveLength(703);
	});

	it("sends every line again to another tenant or service", async () => {
		const env = await operator();
		const file = fileOf([exported()]);
		expect((await run(["import", file], { env })).code).toBe(0);
		const again = await run(["import", file, "--json"], { env });
		expect([again.code, JSON.parse(again.stdout)]).toMatchObject([0, { created: 1 }]);
		const elsewhere = await run(["import", file, "--tenant", "ten_0000000000000000"], { env });
		expect([elsewhere.code, elsewhere.stderr]).toEqual([
			expect.any(Number),
			expect.stringContaining("is not complete"),
		]);
		expect(elsewhere.code).not.toBe(0);
		// Nothing listens on this port.
		expect((await run(["import", file, "--url", "http://127.0.0.1:9"], { env })).code).not.toBe(0);
		expect(reportOf(file)).toHaveLength(1);
	});

	it("says what a person needs who is not the platform, or whose file is missing", async () => {
		const file = fileOf([exported()]);
		const refused = await run(["import", file]);
		expect([refused.code, refused.stderr]).toEqual([3, expect.stringContaining("Only the service_role key")]);
		expect(existsSync(`${file}.report.jsonl`)).toBe(false);
		expect((await run(["import", `${file}.missing`], { env: await operator() })).code).toBe(2);
	});
});

it("every example in the help uses options that exist", async () => {
	const { stdout: overview } = await run(["--help"]);
	const names = [...overview.matchAll(/^ {2}([a-z]+)(?: \[| {2,})/gm)].map(([, name = ""]) => name);
	expect(names.sort()).toEqual([
		"audit",
		"create",
		"delete",
		"get",
		"help",
		"import",
		"jobs",
		"list",
		"login",
		"logout",
		"members",
		"quotas",
		"revoke",
		"rotate",
		"sign",
		"tenants",
		"tokens",
		"update",
		"usage",
		"verify",
	]);
	const helps = names
		.filter((name) => name !== "help")
		.map(async (name) => ({ name, ...(await run([name, "--help"])) }));
	for (const { name, stdout, code } of await Promise.all(helps)) {
		expect(code).toBe(0);
		const examples = [...stdout.matchAll(/^ {2}\$ (.*)$/gm)].map(([, example = ""]) => example);
		expect(examples.length, name).toBeGreaterThan(0);
		for (const example of examples) {
			// Further commands may come before and after it, in the same line.
			const [, own = ""] = new RegExp(`salesos-keys ${name}([^|>&)]*)`).exec(example) ?? [];
			expect(example).toContain(`salesos-keys ${name}`);
			for (const [option] of own.matchAll(/(?<= )--[a-z-]+/g))
				expect(stdout, example).toMatch(new RegExp(`^ +${option}\\b`, "m"));
		}
	}
});
