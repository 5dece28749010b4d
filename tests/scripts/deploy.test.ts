/** Deployments of a release, against a stand-in for Cloudflare. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Run } from "../../scripts/production/commands.ts";
import { withValues } from "../../scripts/production/config-file.ts";
import { deploy, planDeployment } from "../../scripts/production/deploy.ts";
import { readDeployOptions } from "../../scripts/production/options.ts";
import { decide } from "../../scripts/production/product-database.ts";
import { BUILT_CONFIG } from "../../scripts/production/steps.ts";
import { REQUIRED_SECRETS } from "../../scripts/secrets.ts";

const OLD = "00000000-0000-4000-8000-00000000000a";
const NEW = "00000000-0000-4000-8000-00000000000b";
const NEWER = "00000000-0000-4000-8000-00000000000c";
/** The version that a change of a secret makes. */
const CHANGED = "00000000-0000-4000-8000-00000000000d";
const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const WRANGLER_TOML = readFileSync(join(import.meta.dirname, "../../wrangler.toml"), "utf8");
const PUBLIC_URL = "https://keys.acme.com";
const CONFIGURED = withValues(WRANGLER_TOML, "production", {
	...{ name: "salesos-keys", databaseId: "11111111-2222", productDatabaseId: "33333333-4444" },
	...{ issuer: PUBLIC_URL, publicUrl: PUBLIC_URL, jurisdiction: null },
});

/** Cloudflare as wrangler shows it: the versions of one Worker and their shares of the requests. */
class Cloudflare {
	readonly calls: string[] = [];
	/** Versions with their shares, in percent; null: the Worker doesn't exist. */
	shares: Record<string, number> | null = { [OLD]: 100 };
	secrets: readonly string[] = REQUIRED_SECRETS;
	/** The release adds a class of Durable Objects. */
	hasPendingMigration = false;
	changes = "";
	/** Where wrangler lists the databases; undefined: it doesn't say. */
	jurisdictions: Record<string, string | null | undefined> = {};
	/** DB has product data that PRODUCT_DB has not. */
	unmoved = false;
	/** What DB notes about the move. */
	moved: string | null = null;
	/** Databases of the version that has the requests, and of the one that was uploaded. */
	bindings: string[] = ["DB", "PRODUCT_DB"];
	uploaded: string[] = [];
	/** Part of the command that fails. */
	failing: string | null = null;
	/** Every version, the last one at the end. */
	versions = [OLD];
	/** Versions whose /readyz has the status 503. */
	readonly broken = new Set<string>();

	readonly run: Run = async (command) => {
		const text = command.join(" ");
		this.calls.push(text);
		const done = (stdout = "") => ({ code: 0, stdout, output: stdout });
		const failed = (output: string) => ({ code: 1, stdout: "", output });
		if (this.failing !== null && text.includes(this.failing)) return failed("A fetch failed");
		if (text.startsWith("git status")) return done(this.changes);
		if (text.startsWith("git rev-parse")) return done(`${COMMIT}\n`);
		if (text.includes("secret list")) return done(JSON.stringify(this.secrets.map((name) => ({ name }))));
		if (text.includes("time-travel info"))
			return done(JSON.stringify({ bookmark: `bookmark-of-${text.includes("PRODUCT_DB") ? "product" : "keys"}` }));
		if (text.includes("d1 list"))
			return done(
				JSON.stringify(
					Object.entries(this.jurisdictions).map(([uuid, jurisdiction]) => ({
						uuid,
						...(jurisdiction === undefined ? {} : { jurisdiction }),
					})),
				),
			);
		if (text.includes("d1 execute"))
			return done(JSON.stringify([{ results: [{ unmoved: Number(this.unmoved), moved: this.moved }] }]));
		if (text.includes("versions view"))
			return done(JSON.stringify({ resources: { bindings: this.bindings.map((name) => ({ type: "d1", name })) } }));
		if (text.includes("npm run build")) {
			mkdirSync(dirname(join(folder, BUILT_CONFIG)), { recursive: true });
			writeFileSync(
				join(folder, BUILT_CONFIG),
				JSON.stringify({ d1_databases: [{ binding: "DB" }, { binding: "PRODUCT_DB" }] }),
			);
		}
		if (/versions upload|wrangler deploy /.test(text)) {
			const { d1_databases } = JSON.parse(readFileSync(join(folder, BUILT_CONFIG), "utf8"));
			this.uploaded = d1_databases.map(({ binding }: { binding: string }) => binding);
		}
		if (text.includes("deployments status")) {
			if (this.shares === null) return failed("This Worker does not exist on your account. [code: 10007]");
			const versions = Object.entries(this.shares).map(([version_id, percentage]) => ({ version_id, percentage }));
			return done(`A note\n${JSON.stringify({ versions })}`);
		}
		if (text.includes("versions list")) return done(JSON.stringify(this.versions.map((id) => ({ id }))));
		if (text.includes("versions upload")) {
			if (this.hasPendingMigration)
				return failed(
					"This Worker has a pending Durable Object migration, which cannot be applied by versions upload.",
				);
			const id = this.versions.includes(NEW) ? NEWER : NEW;
			this.versions.push(id);
			return done(`Uploaded\nWorker Version ID: ${id}\n`);
		}
		if (text.includes("versions deploy"))
			this.shares = Object.fromEntries(
				[...text.matchAll(/([0-9a-f-]{36})@(\d+)/g)].map(([, id = "", share]) => [id, Number(share)]),
			);
		if (text.includes("wrangler deploy")) this.shares = { [NEW]: 100 };
		return done();
	};

	/** A version with a share responds to requests that name it, and otherwise the one with the largest share. */
	readonly fetch: typeof fetch = async (url, init) => {
		const headers = new Headers(init?.headers);
		const shares = this.shares ?? {};
		const [, named = ""] = /="(.*)"/.exec(headers.get("cloudflare-workers-version-overrides") ?? "") ?? [];
		const [largest = ""] = Object.keys(shares).toSorted((a, b) => (shares[b] ?? 0) - (shares[a] ?? 0));
		const version = named in shares ? named : largest;
		const { pathname } = new URL(String(url));
		if (pathname === "/v1/whoami") return new Response(null, { status: 401 });
		return new Response(null, { status: pathname === "/readyz" && this.broken.has(version) ? 503 : 200 });
	};

	/** Calls that change something, in short. */
	get changesMade(): string[] {
		return this.calls
			.filter((call) => /build|migrations apply|versions (upload|deploy)|wrangler deploy(?!ments)|triggers/.test(call))
			.map((call) =>
				call
					.replace(/^(env CLOUDFLARE_ENV=\w+ npm run|npx wrangler) /, "")
					.replaceAll(OLD, "old")
					.replaceAll(NEW, "new")
					.replace(/ --(config|name|tag) \S+| --yes/g, ""),
			);
	}
}

let folder: string;
let cloudflare: Cloudflare;
let printed: string[];
let waits: number[];
let now: number;
const stateFile = () => join(folder, ".deployment.production.json");

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "deploy-"));
	writeFileSync(join(folder, "wrangler.toml"), CONFIGURED);
	cloudflare = new Cloudflare();
	printed = [];
	waits = [];
	now = Date.parse("2031-05-06T10:00:00.000Z");
});
afterEach(() => rmSync(folder, { recursive: true }));

const deployHere = (given: Parameters<typeof readDeployOptions>[0] = {}) =>
	deploy(readDeployOptions(given), {
		folder,
		run: cloudflare.run,
		fetch: cloudflare.fetch,
		print: (line) => printed.push(line),
		wait: async (ms) => waits.push(ms),
		clock: () => now,
	});

const MIGRATIONS = ["DB", "PRODUCT_DB"].map((binding) => `d1 migrations apply ${binding} --remote --env production`);

describe("a deployment", () => {
	it("keeps bookmarks, migrates, and gives the new version more and more of the requests", async () => {
		await deployHere();
		const bookmark = cloudflare.calls.findIndex((call) => call.includes("time-travel"));
		expect(bookmark).toBeLessThan(cloudflare.calls.findIndex((call) => call.includes("migrations apply")));
		expect(cloudflare.changesMade).toEqual([
			...["build", ...MIGRATIONS, "versions upload"],
			...[
				"versions deploy new@10 old@90",
				"versions deploy new@50 old@50",
				"versions deploy new@100",
				"triggers deploy",
			],
		]);
		expect(waits).toEqual([60_000, 60_000]);
		expect(existsSync(stateFile())).toBe(false);
	});

	it("says how to go back, with the version and the bookmarks from before", async () => {
		await deployHere();
		const text = printed.join("\n");
		expect(text).toContain(`npx wrangler versions deploy ${OLD}@100 --name salesos-keys`);
		expect(text).toContain("npx wrangler d1 time-travel restore DB --env production --bookmark=bookmark-of-keys");
		expect(text).toContain("restore PRODUCT_DB --env production --bookmark=bookmark-of-product");
		expect(text).toContain("SERVICE_ROLE_KEY=<the service key> npm run reconcile -- --env production");
		expect(text).toContain("If a secret was changed after 2031-05-06T10:00:00.000Z");
		expect(text).toContain("npm ci && npm run deploy -- --env production --shares 100");
	});

	it("gives the old version all requests again if the new one doesn't work", async () => {
		cloudflare.broken.add(NEW);
		const failure = await deployHere().catch(String);
		expect(failure).toContain("GET /readyz has the status 503 instead of 200");
		expect(failure).toContain(`The old version ${OLD} has all requests again.`);
		expect(failure).toContain("--bookmark=bookmark-of-keys");
		expect(cloudflare.shares).toEqual({ [OLD]: 100 });
		expect(cloudflare.changesMade.at(-1)).toBe("versions deploy old@100");
	});

	it("waits for a version that needs a while", async () => {
		cloudflare.broken.add(NEW);
		const { fetch } = cloudflare;
		let asked = 0;
		const slow: typeof fetch = (url, init) => {
			if (++asked > 6) cloudflare.broken.clear();
			return fetch(url, init);
		};
		Object.assign(cloudflare, { fetch: slow });
		await deployHere({ shares: "100" });
		expect(cloudflare.shares).toEqual({ [NEW]: 100 });
		expect(waits.every((ms) => ms === 5_000)).toBe(true);
	});

	it("is made at once if the release adds a class of Durable Objects", async () => {
		cloudflare.hasPendingMigration = true;
		await deployHere();
		expect(cloudflare.changesMade).toEqual(["build", ...MIGRATIONS, "versions upload", "deploy"]);
		expect(printed.join("\n")).toContain("deployed to all requests at once");
	});

	it("is made at once if it is the first", async () => {
		cloudflare.shares = null;
		await deployHere();
		expect(cloudflare.changesMade).toEqual(["build", ...MIGRATIONS, "deploy"]);
		expect(printed.join("\n")).not.toContain("To go back");
	});

	it.each([
		"npm run build",
		"time-travel",
		"migrations apply PRODUCT_DB",
		"versions upload",
		"new@50",
		"triggers deploy",
	])("that failed at %s continues in a second run, with the bookmarks of the first", async (failing) => {
		cloudflare.failing = failing.replace("new", NEW);
		await expect(deployHere()).rejects.toThrow(/again/);
		cloudflare.failing = null;
		await deployHere();
		expect(cloudflare.shares).toEqual({ [NEW]: 100 });
		const bookmarks = cloudflare.calls.filter((call) => call.includes("time-travel info")).length;
		expect(bookmarks).toBe(failing === "time-travel" ? 3 : 2);
		expect(printed.join("\n")).toContain(`versions deploy ${OLD}@100`);
	});
});

it("continues at the share that an interrupted deployment has reached", async () => {
	cloudflare.failing = `${NEW}@100`;
	await expect(deployHere()).rejects.toThrow(/100 % of the requests: failed/);
	expect(cloudflare.shares).toEqual({ [NEW]: 50, [OLD]: 50 });
	cloudflare.failing = null;
	cloudflare.calls.length = 0;
	await deployHere();
	expect(cloudflare.changesMade).toEqual([
		...["build", ...MIGRATIONS, "versions deploy new@50 old@50", "versions deploy new@100", "triggers deploy"],
	]);
});

it.each([
	["with all requests", { [CHANGED]: 100 }],
	["without a request", { [OLD]: 100 }],
])("uploads the commit again if a secret was changed since the interruption, in a version %s", async (_, shares) => {
	cloudflare.failing = `${NEW}@50`;
	await expect(deployHere()).rejects.toThrow(/50 % of the requests: failed/);
	Object.assign(cloudflare, { failing: null, shares });
	cloudflare.versions.push(CHANGED);
	cloudflare.calls.length = 0;
	await deployHere();
	const running = Object.keys(shares)[0];
	expect(cloudflare.calls.filter((call) => call.includes("versions deploy"))[0]).toContain(
		`versions deploy ${NEWER}@10 ${running}@90`,
	);
	expect(cloudflare.shares).toEqual({ [NEWER]: 100 });
	expect(cloudflare.calls.join("\n")).not.toContain("time-travel");
});

it("takes new bookmarks when it continues more than an hour later", async () => {
	cloudflare.failing = "versions upload";
	await expect(deployHere()).rejects.toThrow("Upload: failed");
	now += 3_600_001;
	cloudflare.failing = null;
	await deployHere();
	expect(cloudflare.calls.filter((call) => call.includes("time-travel info"))).toHaveLength(4);
});

describe("the databases of an environment with a jurisdiction", () => {
	const KEYS = "11111111-2222";
	const PRODUCT = "33333333-4444";
	beforeEach(() => {
		const [others, production] = CONFIGURED.split("[env.production]");
		const confined = production?.replace('JURISDICTION = ""', 'JURISDICTION = "eu"');
		writeFileSync(join(folder, "wrangler.toml"), `${others}[env.production]${confined}`);
	});

	it("must be there", async () => {
		cloudflare.jurisdictions = { [KEYS]: "eu", [PRODUCT]: "eu" };
		await deployHere();
		expect(cloudflare.shares).toEqual({ [NEW]: 100 });
	});

	it.each([null, "us", undefined])("are refused in the jurisdiction %s", async (elsewhere) => {
		cloudflare.jurisdictions = { [KEYS]: "eu", [PRODUCT]: elsewhere };
		await expect(deployHere()).rejects.toThrow(
			/JURISDICTION is eu, and wrangler does not show that the database of PRODUCT_DB is there/,
		);
		expect(cloudflare.changesMade).toEqual([]);
	});
});

it("refuses a sender of mails without the binding that sends them", async () => {
	const [others, production] = CONFIGURED.split("[env.production]");
	const mailing = production?.replace('MAIL_FROM = ""', 'MAIL_FROM = "keys@acme.com"');
	writeFileSync(join(folder, "wrangler.toml"), `${others}[env.production]${mailing}`);
	await expect(deployHere()).rejects.toThrow(/MAIL_FROM is set, but EMAIL is not bound/);
	const bound = mailing?.replace(/# (\[\[env\.production\.send_email\]\])\n# /, "$1\n");
	writeFileSync(join(folder, "wrangler.toml"), `${others}[env.production]${bound}`);
	await deployHere();
	expect(cloudflare.shares).toEqual({ [NEW]: 100 });
});

describe("the product database", () => {
	const withoutId = CONFIGURED.replace("33333333-4444", "00000000-0000-0000-0000-000000000005");
	const withoutBlock = CONFIGURED.replaceAll(/\[\[(env\.\w+\.)?d1_databases\]\]\nbinding = "PRODUCT_DB"\n(.+\n)+/g, "");

	it.each([
		["the id that the repository ships with", withoutId],
		["no block", withoutBlock],
		["a new database", CONFIGURED],
	])("is left out of the new version while the data is in DB, with %s in wrangler.toml", async (_, toml) => {
		writeFileSync(join(folder, "wrangler.toml"), toml);
		Object.assign(cloudflare, { unmoved: true, bindings: ["DB"] });
		await deployHere();
		expect(cloudflare.uploaded).toEqual(["DB"]);
		expect(cloudflare.changesMade).toContain("versions deploy new@10 old@90");
		expect(cloudflare.shares).toEqual({ [NEW]: 100 });
		expect(printed.join("\n")).toContain("uses DB alone");
	});

	it("gets all requests at once after the move, and the way back begins with the data", async () => {
		Object.assign(cloudflare, { moved: "yes", bindings: ["DB"] });
		await deployHere();
		expect(cloudflare.uploaded).toEqual(["DB", "PRODUCT_DB"]);
		expect(cloudflare.changesMade.filter((call) => call.includes("@"))).toEqual(["versions deploy new@100"]);
		expect(printed.join("\n")).toMatch(/move:product-data -- back --env production\n {2}npx wrangler versions deploy/);
		expect(printed.join("\n")).not.toContain("time-travel restore");
	});

	it("keeps the requests if its first smoke test fails: the version before can't write any more", async () => {
		Object.assign(cloudflare, { moved: "yes", bindings: ["DB"] });
		cloudflare.broken.add(NEW);
		const failure = await deployHere().catch(String);
		expect(failure).toContain("It has all requests. Repair it, or go back as shown below.");
		expect(failure).toContain("npm run move:product-data -- back --env production");
		expect(cloudflare.shares).toEqual({ [NEW]: 100 });
	});

	it("is left out at once after its data was taken back", async () => {
		Object.assign(cloudflare, { moved: "no", unmoved: true });
		await deployHere();
		expect(cloudflare.uploaded).toEqual(["DB"]);
		expect(cloudflare.changesMade.filter((call) => call.includes("@"))).toEqual(["versions deploy new@100"]);
	});

	it("is in a version that is uploaded again, if the data was moved while a deployment was interrupted", async () => {
		Object.assign(cloudflare, { unmoved: true, bindings: ["DB"], failing: `${NEW}@10` });
		await expect(deployHere()).rejects.toThrow("failed");
		Object.assign(cloudflare, { unmoved: false, moved: "yes", failing: null });
		await deployHere();
		expect(cloudflare.uploaded).toEqual(["DB", "PRODUCT_DB"]);
	});

	it.each([
		["its id is missing and the data is in it", { moved: "yes" }, withoutId, /PRODUCT_DB, which has no database_id/],
		["both databases have data", { unmoved: true }, CONFIGURED, /DB has product data too.*-- finish/],
	])("stops a deployment before any share if %s", async (_, state, toml, message) => {
		writeFileSync(join(folder, "wrangler.toml"), toml);
		Object.assign(cloudflare, state);
		await expect(deployHere()).rejects.toThrow(message);
		expect(cloudflare.shares).toEqual({ [OLD]: 100 });
	});

	it("is used by a first version, unless its DB was restored with product data", () => {
		const first = { isConfigured: true, isInUse: null, moved: null };
		expect(decide({ ...first, isUnmoved: false })).toEqual({ isBound: true, isSwitch: false });
		expect(decide({ ...first, isUnmoved: true })).toEqual({ isBound: false, isSwitch: false });
	});
});

describe("a deployment is refused", () => {
	it.each([
		[
			"changes that are not committed",
			() => Object.assign(cloudflare, { changes: " M worker/index.ts\n" }),
			/not committed.*\n.*worker\/index\.ts/,
		],
		[
			"a missing secret",
			() => Object.assign(cloudflare, { secrets: ["JWT_SECRET"] }),
			/salesos-keys has no SERVICE_ROLE_KEY, KEY_PEPPER, SIGNING_KEY/,
		],
		["no sign-in", () => Object.assign(cloudflare, { failing: "whoami" }), /npx wrangler login/],
		[
			"an environment that is not set up",
			() => writeFileSync(join(folder, "wrangler.toml"), WRANGLER_TOML),
			/\[env\.production\] of wrangler\.toml is not set up: PUBLIC_URL is .*, DB has no database_id, PRODUCT_DB has no database_id\. Run npm run setup:production/,
		],
		[
			"two versions that share the requests",
			() => Object.assign(cloudflare, { shares: { [OLD]: 60, [NEW]: 40 } }),
			/Two versions share the requests: .*@60 and .*@40/,
		],
	] as const)("for %s, before anything is changed", async (_, arrange, message) => {
		arrange();
		await expect(deployHere()).rejects.toThrow(message);
		expect(cloudflare.changesMade.filter((call) => call !== "build")).toEqual([]);
	});

	it.each([
		[{ shares: "50,10,100" }, "--shares"],
		[{ shares: "10,50" }, "--shares"],
		[{ shares: "ten,100" }, "--shares"],
		[{ pause: "soon" }, "--pause"],
		[{ env: "dev" }, "--env must be staging or production"],
	])("with the options %j", (given, flag) => {
		expect(() => readDeployOptions(given)).toThrow(flag);
	});
});

it("shows every command of a deployment before it runs any", async () => {
	const shown = planDeployment(readDeployOptions({}), { folder })
		.join("\n")
		.replaceAll("<new version>", NEW)
		.replaceAll("<old version>", OLD)
		.replace("<commit>", COMMIT.slice(0, 12));
	await deployHere();
	for (const call of cloudflare.calls.filter((call) => !/^git|secret list|deployments status|versions list/.test(call)))
		expect(shown).toContain(call);
});
