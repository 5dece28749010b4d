/** The rotation of a secret, against a stand-in for Cloudflare whose service reads its secrets as the Worker does. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Run } from "../../scripts/production/commands.ts";
import { withValues } from "../../scripts/production/config-file.ts";
import { readRotateOptions } from "../../scripts/production/options.ts";
import { planRotation, rotateSecret } from "../../scripts/production/rotate-secret.ts";
import { createSecrets, readVariable } from "../../scripts/production/secrets-file.ts";
import { REQUIRED_SECRETS } from "../../scripts/secrets.ts";
import { type Bindings, readConfig, type Secret } from "../../worker/env.ts";
import { pepperIdOf } from "../../worker/keys/format.ts";

const PUBLIC_URL = "https://keys.acme.com";
const CONFIGURED = withValues(readFileSync(join(import.meta.dirname, "../../wrangler.toml"), "utf8"), "production", {
	...{ name: "salesos-keys", databaseId: "11111111-2222", productDatabaseId: "33333333-4444" },
	...{ issuer: PUBLIC_URL, publicUrl: PUBLIC_URL, jurisdiction: null },
});
const NOW = Date.parse("2031-05-06T10:00:00.000Z");

type Values = Record<string, string>;

/** Cloudflare as wrangler shows it. The last version runs, unless a deployment was given back. */
class Cloudflare {
	/** The secrets of each version that ran, in order. */
	readonly versions: Values[] = [];
	readonly calls: string[] = [];
	/** A version that was uploaded later than the one that runs. */
	givenBack = false;
	removableAt: string | null = null;
	/** Throws instead of the next n-th command that sends secrets: before it arrives, or after. */
	killed: { call: number; arrives: boolean } | null = null;
	sent = 0;

	get secrets(): Values {
		return this.versions.at(-1) ?? {};
	}

	readonly run: Run = async (command, input = "") => {
		const text = command.join(" ");
		this.calls.push(text);
		const done = (value: unknown = null) => {
			const stdout = JSON.stringify(value);
			return { code: 0, stdout, output: stdout };
		};
		const id = `version-${this.versions.length}`;
		if (text.includes("deployments status")) return done({ versions: [{ version_id: id, percentage: 100 }] });
		if (text.includes("versions list")) return done([{ id: "a" }, { id }, ...(this.givenBack ? [{ id: "b" }] : [])]);
		if (text.includes("secret list")) return done(Object.keys(this.secrets).map((name) => ({ name })));
		if (text.includes("secret bulk")) {
			expect(text).toBe("npx wrangler secret bulk --name salesos-keys");
			const isKilled = this.killed?.call === ++this.sent;
			if (!isKilled || this.killed?.arrives) {
				// The shape is that of wrangler's input: null removes a secret.
				const changes = JSON.parse(input) as Record<string, string | null>;
				const next = Object.entries({ ...this.secrets, ...changes }).filter(([, value]) => value !== null);
				// The filter has removed every null.
				this.versions.push(Object.fromEntries(next) as Values);
			}
			if (isKilled) throw new Error("killed");
		}
		return done();
	};

	readonly fetch: typeof fetch = async (url, init) => {
		const { pathname } = new URL(String(url));
		if (pathname === "/v1/whoami") return new Response(null, { status: 401 });
		if (pathname !== "/v1/operations/secrets") return new Response(null, { status: 200 });
		const config = configOf(this.secrets);
		const credential = new Headers(init?.headers).get("authorization")?.replace("Bearer ", "");
		if (!config.serviceRoleKeys.some((key) => key.reveal() === credential)) return new Response(null, { status: 401 });
		const secrets = Object.entries(generationsOf(this.secrets)).map(([name, [current, previous]]) => ({
			name,
			id: current && pepperIdOf(current),
			previous: previous ? { id: pepperIdOf(previous), removable_at: this.removableAt } : null,
		}));
		return Response.json({ data: { secrets } });
	};
}

/** Throws as the Worker does if it can't start with these secrets. */
const configOf = (secrets: Values) =>
	readConfig({ JWT_ISSUER: "a", JWT_AUDIENCE: "b", ...secrets } as Partial<Bindings>);
function generationsOf(secrets: Values): Record<string, readonly Secret[]> {
	const { jwt, serviceRoleKeys, peppers, signingKeys } = configOf(secrets);
	return { JWT_SECRET: jwt.secrets, SERVICE_ROLE_KEY: serviceRoleKeys, KEY_PEPPER: peppers, SIGNING_KEY: signingKeys };
}

let folder: string;
let cloudflare: Cloudflare;
let printed: string[];
let waits: number[];
let first: Values;
const file = () => join(folder, ".production.salesos-keys.vars");
const kept = (name: string) => readVariable(file(), name);

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), "rotate-secret-"));
	writeFileSync(join(folder, "wrangler.toml"), CONFIGURED);
	cloudflare = new Cloudflare();
	first = createSecrets(file(), "salesos-keys");
	cloudflare.versions.push(first);
	printed = [];
	waits = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const rotate = (name: string, flags: Parameters<typeof readRotateOptions>[1] = {}) =>
	rotateSecret(readRotateOptions([name], flags), {
		folder,
		run: cloudflare.run,
		fetch: cloudflare.fetch,
		print: (line) => printed.push(line),
		wait: async (ms) => waits.push(ms),
		clock: () => NOW,
	});

/** While a version follows another, a credential that one of them makes is accepted by the other. */
function expectNoRefusal() {
	for (const [index, after] of cloudflare.versions.entries()) {
		const before = cloudflare.versions[index - 1];
		if (before === undefined) continue;
		for (const name of REQUIRED_SECRETS) {
			const accepted = (values: Values) => generationsOf(values)[name]?.map((secret) => secret.reveal());
			expect(accepted(after)).toContain(before[name]);
			expect(accepted(before)).toContain(after[name]);
		}
	}
}

describe.each(REQUIRED_SECRETS)("a rotation of %s", (name) => {
	it("accepts the new secret first, and swaps both in one version after it has spread", async () => {
		await rotate(name);
		const { [name]: next } = cloudflare.secrets;
		expect(cloudflare.versions.slice(1)).toEqual([
			{ ...first, [`${name}_PREVIOUS`]: next },
			{ ...first, [name]: next, [`${name}_PREVIOUS`]: first[name] },
		]);
		expectNoRefusal();
		expect(waits).toEqual([120_000]);
		expect([kept(name), kept(`${name}_PREVIOUS`), kept(`${name}_NEXT`), kept(`${name}_ROTATION`)]).toEqual([
			...[next, first[name], null, null],
		]);
		expect(printed.join("\n")).toContain(`npm run secrets:rotate -- ${name} --env production --remove-previous`);
	});

	it.each([
		[1, false],
		[1, true],
		[2, false],
		[2, true],
	])(
		"continues after it was killed at change %i (sent: %s), and the file has every secret",
		async (change, arrives) => {
			cloudflare.killed = { call: change, arrives };
			await expect(rotate(name)).rejects.toThrow("killed");
			const text = readFileSync(file(), "utf8");
			for (const values of cloudflare.versions)
				for (const secret of Object.values(values)) expect(text).toContain(secret);
			await rotate(name);
			expectNoRefusal();
			expect(new Set(cloudflare.versions.map((values) => values[name])).size).toBe(2);
			expect(cloudflare.secrets).toEqual({
				...first,
				[name]: kept(name),
				[`${name}_PREVIOUS`]: first[name],
			});
			expect(kept(`${name}_ROTATION`)).toBeNull();
		},
	);
});

it("keeps the file readable for its owner only, and shows no secret", async () => {
	await rotate("KEY_PEPPER");
	expect(statSync(file()).mode & 0o777).toBe(0o600);
	const shown = [...printed, ...cloudflare.calls].join("\n");
	for (const secret of Object.values(cloudflare.secrets)) expect(shown).not.toContain(secret);
});

describe("the previous secret", () => {
	beforeEach(() => rotate("KEY_PEPPER"));

	it("is removed when nothing depends on it", async () => {
		cloudflare.removableAt = new Date(NOW).toISOString();
		await rotate("KEY_PEPPER", { "remove-previous": true });
		expect(cloudflare.secrets).toEqual({ ...first, KEY_PEPPER: kept("KEY_PEPPER") });
		expect(kept("KEY_PEPPER_PREVIOUS")).toBeNull();
		await rotate("KEY_PEPPER", { "remove-previous": true });
	});

	it.each([null, new Date(NOW + 1).toISOString()])("stays while it is needed (until %s)", async (removableAt) => {
		cloudflare.removableAt = removableAt;
		await expect(rotate("KEY_PEPPER", { "remove-previous": true })).rejects.toThrow(
			"KEY_PEPPER_PREVIOUS is still needed",
		);
		expect(cloudflare.secrets.KEY_PEPPER_PREVIOUS).toBe(first.KEY_PEPPER);
		await rotate("KEY_PEPPER", { "remove-previous": true, leaked: true });
		expect(cloudflare.secrets.KEY_PEPPER_PREVIOUS).toBeUndefined();
	});

	it("must be removed before the next rotation", async () => {
		await expect(rotate("KEY_PEPPER")).rejects.toThrow(
			/KEY_PEPPER_PREVIOUS is still accepted.*\n.*KEY_PEPPER --env production --remove-previous/,
		);
	});
});

describe("a leaked secret", () => {
	it.each(["JWT_SECRET", "SERVICE_ROLE_KEY"])("%s is replaced at once, without an overlap", async (name) => {
		await rotate(name);
		await rotate(name, { leaked: true });
		expect(cloudflare.secrets).toEqual({ ...first, [name]: kept(name) });
		expect([first[name], null]).not.toContain(kept(name));
		expect(kept(`${name}_PREVIOUS`)).toBeNull();
	});

	it.each(["KEY_PEPPER", "SIGNING_KEY"])("%s keeps its overlap unless every key may be refused", async (name) => {
		await rotate(name, { leaked: true });
		expect(cloudflare.secrets[`${name}_PREVIOUS`]).toBe(first[name]);
		expect(printed.join("\n")).toMatch(/Without the overlap: Every .* is refused for ever/);
		await rotate(name, { leaked: true, "refuse-keys": true });
		expect(cloudflare.secrets).toEqual({ ...first, [name]: kept(name) });
	});

	it.each([false, true])("is replaced by a second run if the first was killed (sent: %s)", async (arrives) => {
		cloudflare.killed = { call: 1, arrives };
		await expect(rotate("JWT_SECRET", { leaked: true })).rejects.toThrow("killed");
		await rotate("JWT_SECRET");
		expect(cloudflare.secrets).toEqual({ ...first, JWT_SECRET: kept("JWT_SECRET") });
		expect(kept("JWT_SECRET")).not.toBe(first.JWT_SECRET);
	});

	it("is replaced in the middle of a rotation", async () => {
		cloudflare.killed = { call: 2, arrives: true };
		await expect(rotate("SERVICE_ROLE_KEY")).rejects.toThrow("killed");
		await rotate("SERVICE_ROLE_KEY", { leaked: true });
		expect(cloudflare.secrets).toEqual({ ...first, SERVICE_ROLE_KEY: kept("SERVICE_ROLE_KEY") });
	});
});

describe("a rotation is refused, and changes nothing,", () => {
	it.each([{}, { leaked: true }])("if the version that was uploaded last does not run (%j)", async (flags) => {
		cloudflare.givenBack = true;
		await expect(rotate("JWT_SECRET", flags)).rejects.toThrow(
			/npm ci && npm run deploy -- --env production --shares 100/,
		);
	});

	it("if the file has another secret than the service", async () => {
		cloudflare.versions.push({ ...first, KEY_PEPPER: "another-key-pepper-0123456789abcdef012345" });
		await expect(rotate("KEY_PEPPER")).rejects.toThrow("has another KEY_PEPPER than the service");
	});

	it("without the file", async () => {
		await expect(rotate("KEY_PEPPER", { "secrets-file": "other.vars" })).rejects.toThrow("has no KEY_PEPPER");
	});

	it.each([
		[["PEPPER"], {}, "Name one secret: JWT_SECRET"],
		[[], {}, "Name one secret"],
		[["JWT_SECRET"], { env: "dev" }, "--env must be"],
		[["KEY_PEPPER"], { "refuse-keys": true }, "--refuse-keys needs --leaked"],
		[["KEY_PEPPER"], { pause: "soon" }, "--pause must be"],
	] as const)("with the options %j %j", (names, flags, message) => {
		expect(() => readRotateOptions(names, flags)).toThrow(message);
	});

	afterEach(() => expect(cloudflare.calls.join("\n")).not.toContain("secret bulk"));
});

it.each([
	[{}, "KEY_PEPPER_PREVIOUS: new)"],
	[{ "remove-previous": true }, "KEY_PEPPER_PREVIOUS: null)"],
	[{ leaked: true, "refuse-keys": true }, "KEY_PEPPER: new, KEY_PEPPER_PREVIOUS: null)"],
])("shows its steps before it runs any (%j)", (flags, line) => {
	const shown = planRotation(readRotateOptions(["KEY_PEPPER"], flags), { folder }).join("\n");
	expect(shown).toContain("npx wrangler secret bulk --name salesos-keys");
	expect(shown).toContain(line);
});
