/** The set-up in production, against a stand-in for Cloudflare and a service on loopback. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Run } from "../../scripts/production/commands.ts";
import { runIn } from "../../scripts/production/commands.ts";
import { withValues } from "../../scripts/production/config-file.ts";
import { type Given, readOptions, type SetupOptions } from "../../scripts/production/options.ts";
import { plan, setUp } from "../../scripts/production/set-up.ts";
import { REQUIRED_SECRETS } from "../../scripts/secrets.ts";

const GIVEN: Given = {
	name: "salesos-keys",
	"public-url": "https://keys.acme.com",
	location: "weur",
	"tenant-name": "Acme",
	slug: "acme",
	"owner-name": "Olivia Owner",
	"owner-email": "olivia@acme.com",
};
const WRANGLER_TOML = readFileSync(join(import.meta.dirname, "../../wrangler.toml"), "utf8");
const SECRETS_FILE = ".production.salesos-keys.vars";

/** Cloudflare as wrangler shows it: what the commands do, and every call with its input. */
class Cloudflare {
	readonly calls: { command: string; input: string }[] = [];
	databases: { name: string; uuid: string; jurisdiction?: string | null }[] = [];
	secrets: Record<string, string> | null = null;
	migrated = false;
	deployed = false;
	isSignedIn = true;
	/** DB has product data that PRODUCT_DB has not. */
	unmoved = false;
	/** Part of the command that fails. */
	failing: string | null = null;

	readonly run: Run = async (command, input = "") => {
		const text = command.join(" ");
		this.calls.push({ command: text, input });
		const done = (stdout = "") => ({ code: 0, stdout, output: stdout });
		const failed = (output: string) => ({ code: 1, stdout: "", output });
		if (this.failing !== null && text.includes(this.failing)) return failed(`A fetch failed: ${input}`);
		if (text.includes("whoami")) return this.isSignedIn ? done("{}") : failed("Not logged in.");
		if (text.includes("d1 list")) return done(`A note\n${JSON.stringify(this.databases)}`);
		if (text.includes("d1 create")) {
			const jurisdiction = command[5] === "--jurisdiction" ? (command[6] ?? null) : null;
			const uuid = `${command[4]?.endsWith("-product") ? "2222" : "1111"}1111-2222-4333-8444-555555555555`;
			this.databases.push({ name: command[4] ?? "", uuid, jurisdiction });
			return done("Created");
		}
		if (text.includes("secret list"))
			return this.secrets === null
				? failed('Worker "salesos-keys" not found.')
				: done(JSON.stringify(Object.keys(this.secrets).map((name) => ({ name, type: "secret_text" }))));
		if (text.includes("secret bulk")) {
			this.secrets = { ...this.secrets, ...JSON.parse(input) };
			return done("Created");
		}
		if (text.includes("d1 execute")) return done(JSON.stringify([{ results: [{ unmoved: Number(this.unmoved) }] }]));
		if (text.includes("migrations apply")) this.migrated = true;
		if (text.includes("wrangler deploy")) this.deployed = true;
		return done();
	};

	callsOf = (part: string) => this.calls.filter(({ command }) => command.includes(part)).length;
}

let folder: string;
let cloudflare: Cloudflare;
let api: Server;
let apiUrl: string;
/** Companies of the service by short name. */
let companies: Map<string, { name: string; owner: { email: string }; hasComeAlready: boolean }>;
let printed: string[];

beforeEach(async () => {
	folder = mkdtempSync(join(tmpdir(), "setup-production-"));
	writeFileSync(join(folder, "wrangler.toml"), WRANGLER_TOML);
	cloudflare = new Cloudflare();
	companies = new Map();
	printed = [];
	api = createServer(async (request, response) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const respond = (status: number, body: unknown) =>
			response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
		if (!cloudflare.deployed) return respond(404, {});
		if (request.url === "/healthz") return respond(200, {});
		if (request.headers.authorization !== `Bearer ${cloudflare.secrets?.SERVICE_ROLE_KEY}`)
			return respond(401, { error: { message: "A valid credential is required." } });
		const { slug, ...company } = JSON.parse(Buffer.concat(chunks).toString());
		const known = companies.get(slug);
		if (known && request.headers["idempotency-key"] !== "setup-production-acme")
			return respond(409, { error: { message: `The slug ${slug} is already used.` } });
		companies.set(slug, known ?? { ...company, hasComeAlready: false });
		const link = known?.hasComeAlready ? null : { url: "https://keys.acme.com/invite#secret-of-the-link" };
		return respond(known ? 200 : 201, { data: { owner: { link } } });
	}).listen(0, "127.0.0.1");
	await new Promise((resolve) => api.once("listening", resolve));
	const address = api.address();
	if (address === null || typeof address === "string") throw new Error("A TCP server has no port");
	apiUrl = `http://127.0.0.1:${address.port}`;
});
afterEach(() => {
	api.close();
	rmSync(folder, { recursive: true });
});

/** The public URL leads to the service on loopback. */
const fetchFromService: typeof fetch = (url, init) => fetch(String(url).replace("https://keys.acme.com", apiUrl), init);

const setUpHere = (options: SetupOptions = readOptions(GIVEN)) =>
	setUp(options, {
		folder,
		run: cloudflare.run,
		print: (line) => printed.push(line),
		fetch: fetchFromService,
		wait: async () => undefined,
		clock: Date.now,
	});

const keptSecrets = () => readFileSync(join(folder, SECRETS_FILE), "utf8");

describe("a first run", () => {
	it("puts everything into place and prints the owner's link", async () => {
		await setUpHere();
		const toml = readFileSync(join(folder, "wrangler.toml"), "utf8");
		expect(toml).toContain('binding = "DB"\ndatabase_name = "salesos-keys"\ndatabase_id = "11111111-');
		expect(toml).toContain('binding = "PRODUCT_DB"\ndatabase_name = "salesos-keys-product"\ndatabase_id = "22221111-');
		expect(cloudflare.callsOf("migrations apply PRODUCT_DB")).toBe(1);
		expect(toml).toContain('JWT_ISSUER = "https://keys.acme.com"');
		expect(toml).toContain('name = "salesos-keys"\nroutes = [{ pattern = "keys.acme.com", custom_domain = true }]\n');
		expect(Object.keys(cloudflare.secrets ?? {}).sort()).toEqual([...REQUIRED_SECRETS].sort());
		expect([cloudflare.migrated, cloudflare.deployed]).toEqual([true, true]);
		expect(companies.get("acme")).toMatchObject({ name: "Acme", owner: { email: "olivia@acme.com" } });
		expect(printed.join("\n")).toContain("https://keys.acme.com/invite#secret-of-the-link");
		expect(printed.join("\n")).toContain(SECRETS_FILE);
	});

	it("keeps the secrets in a file that only its owner can read, and shows them nowhere", async () => {
		await setUpHere();
		expect(statSync(join(folder, SECRETS_FILE)).mode & 0o777).toBe(0o600);
		const secrets = Object.values(cloudflare.secrets ?? {});
		expect(new Set(secrets).size).toBe(REQUIRED_SECRETS.length);
		for (const secret of secrets) {
			expect(keptSecrets()).toContain(secret);
			expect(printed.join("\n")).not.toContain(secret);
			expect(cloudflare.calls.map(({ command }) => command).join("\n")).not.toContain(secret);
		}
	});

	it("keeps the secrets where --secrets-file says, inside of the repository or outside", async () => {
		const outside = join(mkdtempSync(join(tmpdir(), "setup-secrets-")), "keys.vars");
		await setUpHere(readOptions({ ...GIVEN, "secrets-file": outside }));
		expect(readFileSync(outside, "utf8")).toContain(`KEY_PEPPER=${cloudflare.secrets?.KEY_PEPPER}`);
		rmSync(join(outside, ".."), { recursive: true });
	});

	it.each([
		[{ location: "weur" }, "--location weur"],
		[{ location: undefined, jurisdiction: "eu" }, "--jurisdiction eu"],
	])("creates the databases where %j says", async (place, flags) => {
		// A flag that is not given is absent.
		const given = Object.fromEntries(Object.entries({ ...GIVEN, ...place }).filter(([, value]) => value !== undefined));
		await setUpHere(readOptions(given));
		for (const name of ["salesos-keys", "salesos-keys-product"])
			expect(cloudflare.callsOf(`d1 create ${name} ${flags}`)).toBe(1);
	});
});

describe("a second run", () => {
	it("changes nothing that is done already, and gives the owner a link again", async () => {
		await setUpHere();
		const before = [keptSecrets(), readFileSync(join(folder, "wrangler.toml"), "utf8"), cloudflare.secrets];
		printed = [];
		await setUpHere();
		expect([keptSecrets(), readFileSync(join(folder, "wrangler.toml"), "utf8"), cloudflare.secrets]).toEqual(before);
		expect(cloudflare.callsOf("d1 create")).toBe(2);
		expect(cloudflare.callsOf("secret bulk")).toBe(1);
		expect(printed.filter((line) => line.endsWith("already done"))).toHaveLength(5);
		expect(printed.join("\n")).toContain("/invite#");
	});

	it("says so when the owner has signed in already", async () => {
		await setUpHere();
		const acme = companies.get("acme");
		if (acme) acme.hasComeAlready = true;
		printed = [];
		await setUpHere();
		expect(printed.join("\n")).toContain("Olivia Owner has signed in already");
		expect(printed.join("\n")).not.toContain("/invite#");
	});

	it.each([
		"d1 list",
		"d1 create",
		"secret list",
		"secret bulk",
		"npm run build",
		"migrations apply",
		"wrangler deploy",
	])("completes what a failure of %s has stopped, with the secrets of the first run", async (failing) => {
		cloudflare.failing = failing;
		const failure = await setUpHere().catch(String);
		expect(failure).toMatch(/run the same command again/);
		const kept = existsSync(join(folder, SECRETS_FILE)) ? keptSecrets() : null;
		for (const secret of Object.values(cloudflare.secrets ?? {})) expect(failure).not.toContain(secret);
		if (kept) for (const [, secret = ""] of kept.matchAll(/=(.+)/g)) expect(failure).not.toContain(secret);

		cloudflare.failing = null;
		await setUpHere();
		if (kept) expect(keptSecrets()).toBe(kept);
		expect(cloudflare.databases).toHaveLength(2);
		expect(printed.join("\n")).toContain("/invite#");
	});
});

describe("a database that exists", () => {
	const { location: _, ...anywhere } = GIVEN;
	const inEurope = () => setUpHere(readOptions({ ...anywhere, jurisdiction: "eu" }));

	it.each([null, undefined, "fedramp"])(
		"is not taken for one in the EU with the jurisdiction %s",
		async (jurisdiction) => {
			// A field that wrangler doesn't show is absent.
			const place = jurisdiction === undefined ? {} : { jurisdiction };
			cloudflare.databases = [{ name: "salesos-keys", uuid: "99999999-2222-4333-8444-555555555555", ...place }];
			await expect(inEurope()).rejects.toThrow(/exists already.*jurisdiction eu.*another --name/);
			expect(readFileSync(join(folder, "wrangler.toml"), "utf8")).toBe(WRANGLER_TOML);
			expect(cloudflare.secrets).toBeNull();
		},
	);

	it("is used again by a second run in the same jurisdiction", async () => {
		await inEurope();
		printed = [];
		await inEurope();
		expect(printed).toContain("Database salesos-keys: already done");
		cloudflare.databases = cloudflare.databases.map(({ name, uuid }) => ({ name, uuid }));
		await inEurope();
		expect(cloudflare.callsOf("d1 create")).toBe(2);
	});

	it("stays where it is, and the set-up says so", async () => {
		cloudflare.databases = [{ name: "salesos-keys", uuid: "99999999-2222-4333-8444-555555555555" }];
		await setUpHere();
		expect(printed).toContain(
			"Database salesos-keys: it exists already and stays where it is, so --location weur has no effect",
		);
	});
});

it("refuses to deploy while product data of 1.0.0 was not moved", async () => {
	cloudflare.unmoved = true;
	await expect(setUpHere()).rejects.toThrow("DB has product data that was not moved to PRODUCT_DB");
	expect(cloudflare.deployed).toBe(false);
});

describe("secrets that exist", () => {
	it("are never replaced if their file is not here", async () => {
		cloudflare.secrets = { KEY_PEPPER: "in use" };
		await expect(setUpHere()).rejects.toThrow(/has secrets \(KEY_PEPPER\).*--secrets-file/);
		expect(cloudflare.secrets).toEqual({ KEY_PEPPER: "in use" });
		expect(existsSync(join(folder, SECRETS_FILE))).toBe(false);
	});

	it("are not made again in a file that lacks some of them", async () => {
		writeFileSync(join(folder, SECRETS_FILE), "JWT_SECRET=kept\n");
		await expect(setUpHere()).rejects.toThrow(/has no SERVICE_ROLE_KEY, KEY_PEPPER, SIGNING_KEY/);
		expect(keptSecrets()).toBe("JWT_SECRET=kept\n");
	});
});

describe("what the set-up asks for", () => {
	it("is complained about all at once, by the names of the flags", () => {
		expect(() => readOptions({})).toThrow(
			/--name is missing.*\n--public-url is missing.*\n--owner-email is missing.*\n--owner-name is missing.*\n--location must be.*\n--tenant-name is missing.*\n--slug is missing/,
		);
	});

	it.each([
		"https://salesos.example",
		"https://keys.example.com",
		"https://a.test",
		"https://127.0.0.1",
		"https://localhost",
	])("must not be the placeholder %s", (url) => {
		expect(() => readOptions({ ...GIVEN, "public-url": url })).toThrow(`--public-url ${url} is a placeholder`);
		expect(() => readOptions({ ...GIVEN, issuer: url })).toThrow(`--issuer ${url} is a placeholder`);
	});

	it.each([
		["public-url", "http://keys.acme.com"],
		["public-url", "https://keys.acme.com/path"],
		["issuer", "http://keys.acme.com"],
		["name", "Sales OS"],
		["slug", "Acme Inc"],
		["owner-email", "olivia"],
		["location", "mars"],
		["jurisdiction", "br"],
	] as const)("must have the form of --%s, which %s has not", (flag, value) => {
		expect(() => readOptions({ ...GIVEN, [flag]: value })).toThrow(`--${flag}`);
	});

	it("is signed in to Cloudflare before anything is made", async () => {
		cloudflare.isSignedIn = false;
		await expect(setUpHere()).rejects.toThrow("npx wrangler login");
		expect(cloudflare.calls).toHaveLength(1);
		expect(existsSync(join(folder, SECRETS_FILE))).toBe(false);
	});
});

it("shows every command of a run before it runs any", async () => {
	const shown = plan(readOptions(GIVEN)).join("\n");
	await setUpHere();
	for (const { command } of cloudflare.calls) expect(shown).toContain(command);
	expect(shown).toContain("POST https://keys.acme.com/v1/tenants");
});

it("keeps gates in the jurisdiction of a new database, and leaves that of a database with keys as it is", async () => {
	const inEu = readOptions({ ...GIVEN, location: "", jurisdiction: "eu" });
	const toml = () => readFileSync(join(folder, "wrangler.toml"), "utf8");
	await setUpHere(inEu);
	expect(toml()).toContain('JURISDICTION = "eu"');
	writeFileSync(join(folder, "wrangler.toml"), toml().replace('JURISDICTION = "eu"', 'JURISDICTION = ""'));
	await setUpHere(inEu);
	expect(toml()).toContain('JURISDICTION = ""');
});

describe("wrangler.toml", () => {
	const values = {
		...{ name: "a", databaseId: "id", productDatabaseId: "other" },
		...{ issuer: "https://a.acme.com", publicUrl: "https://a.acme.com", jurisdiction: null },
	};
	/** What changes between two texts. */
	const changed = (before: string, after: string) =>
		after.split("\n").filter((line) => !before.split("\n").includes(line));

	it.each(["staging", "production"] as const)("gets the values in the environment %s alone", (environment) => {
		const toml = withValues(WRANGLER_TOML, environment, values);
		expect(changed(WRANGLER_TOML, toml)).toEqual([
			'name = "a"',
			'routes = [{ pattern = "a.acme.com", custom_domain = true }]',
			...['JWT_ISSUER = "https://a.acme.com"', 'PUBLIC_URL = "https://a.acme.com"'],
			...['database_name = "a"', 'database_id = "id"', 'database_name = "a-product"', 'database_id = "other"'],
		]);
		const [top] = toml.split("[env.");
		expect(WRANGLER_TOML.startsWith(top ?? "nothing")).toBe(true);
		const other = environment === "staging" ? "production" : "staging";
		const otherOf = (text: string) => text.slice(text.indexOf(`[env.${other}]`)).split(`[env.${environment}]`)[0];
		expect(otherOf(toml)).toBe(otherOf(WRANGLER_TOML));
	});

	it("opens workers.dev only for a host name there", () => {
		const custom = withValues(WRANGLER_TOML, "production", values);
		const open = withValues(custom, "production", { ...values, publicUrl: "https://a.acme.workers.dev" });
		expect(changed(custom, open)).toContain("workers_dev = true");
		expect(open.split("[env.production]")[1]).not.toContain("routes");
		expect(withValues(open, "production", values)).toBe(custom);
	});
});

it("gives programs their input, and reads their output", async () => {
	const run = runIn(folder);
	expect(await run(["node", "-e", "process.stdin.pipe(process.stdout); console.error('note')"], "input")).toMatchObject(
		{
			code: 0,
			stdout: "input",
			output: expect.stringContaining("note"),
		},
	);
	expect(await run(["node", "-e", "process.exit(3)"], "x".repeat(1_000_000))).toMatchObject({ code: 3 });
});
