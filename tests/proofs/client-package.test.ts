/**
 * The typed client as another project uses it: packed, installed into an empty project, compiled in strict mode with both
 * module resolutions, and run against the service on Node and in workerd.
 */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Service } from "../harness.ts";
import { runWorker } from "../run-worker.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");

let service: Service;
/** An empty project outside the repository. */
const project = realpathSync(mkdtempSync(join(tmpdir(), "salesos-client-")));
const write = (name: string, text: string) => writeFileSync(join(project, name), text);

beforeAll(async () => {
	service = await Service.start();
	await run("npm", ["pack", "--pack-destination", project], { cwd: service.folder });
	const [tarball = ""] = readdirSync(project);
	write("package.json", JSON.stringify({ name: "consumer", private: true, type: "module" }));
	// The peer dependency is TypeScript, which the repository has already.
	const install = [
		"install",
		"--legacy-peer-deps",
		"--prefer-offline",
		"--no-audit",
		"--no-fund",
		join(project, tarball),
	];
	await run("npm", install, { cwd: project });
});
afterAll(async () => {
	await service?.dispose();
	rmSync(project, { recursive: true, force: true });
});

it("contains its own code and types, and no code of the service", () => {
	const installed = join(project, "node_modules/salesos-api-keys");
	const files = readdirSync(installed, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1));
	expect(files.sort()).toEqual([
		"README.md",
		"client/dist/cli.js",
		"client/dist/client.js",
		"client/dist/index.js",
		"client/dist/types/client/index.d.ts",
		"client/dist/types/client/router.d.ts",
		"client/dist/types/client/salesos-error.d.ts",
		"client/dist/types/client/sign.d.ts",
		"client/dist/types/db/enums.d.ts",
		"client/dist/types/db/roles.d.ts",
		"client/dist/types/worker/errors.d.ts",
		"client/dist/types/worker/trpc/errors.d.ts",
		"client/dist/types/worker/trpc/routers/index.d.ts",
		"docs/cli.md",
		"docs/client.md",
		"package.json",
	]);
	const { dependencies } = JSON.parse(readFileSync(join(installed, "package.json"), "utf8"));
	expect(Object.keys(dependencies)).toEqual(["@trpc/client", "@trpc/server", "commander", "string-width"]);
});

it("contains the command line", async () => {
	const { stdout } = await run("npx", ["salesos-keys", "--version"], { cwd: project });
	expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

/** This compiles only if the types are real: with `any`, the expected errors would be missing. */
const CONSUMER = `
import { createSalesOSClient, SalesOSError, type RouterInputs, type RouterOutputs } from "salesos-api-keys/client";

const client = createSalesOSClient({ url: "https://keys.example", token: "t" });
createSalesOSClient({ url: "https://keys.example", serviceRoleKey: "s", tenantId: "ten_1", retries: 0 });
// @ts-expect-error service_role must name a tenant
createSalesOSClient({ url: "https://keys.example", serviceRoleKey: "s" });
// @ts-expect-error one credential, not two
createSalesOSClient({ url: "https://keys.example", token: "t", serviceRoleKey: "s", tenantId: "ten_1" });
// @ts-expect-error there is no such procedure
client.keys.steal.mutate({});
// @ts-expect-error an unknown scope
client.keys.create.mutate({ name: "x", scopes: ["everything"] });
// @ts-expect-error a query has no mutate
client.keys.list.mutate({});

export async function usage(): Promise<number> {
	const { key, api_key } = await client.keys.create.mutate({ name: "CRM", scopes: ["leads:read"], expires_in_days: 90 });
	const text: string = key;
	// @ts-expect-error a key is text
	const number: number = key;
	const status: "active" | "revoked" | "expired" = api_key.status;
	const end: string | null = api_key.expires_at;
	const { items } = await client.audit.list.query();
	const asked: RouterInputs["keys"]["list"] = { status: "active" };
	const page: RouterOutputs["keys"]["list"] = await client.keys.list.query(asked);
	return [text, number, status, end, ...items.map(({ action }) => action), ...page.items].length;
}

export function whatFailed(error: unknown): string {
	if (!(error instanceof SalesOSError)) throw error;
	const retryAfter: number | null = error.retryAfter;
	// @ts-expect-error an unknown code
	if (error.code === "TEAPOT") return "";
	return [error.code, error.status, error.requestId, retryAfter, ...error.details.map(({ field }) => field)].join();
}
`;

it.each([
	["bundler", "esnext"],
	["nodenext", "nodenext"],
])("compiles in strict mode with the module resolution %s", async (moduleResolution, module) => {
	write("consumer.ts", CONSUMER);
	const compilerOptions = {
		module,
		moduleResolution,
		target: "es2022",
		lib: ["es2023", "dom", "dom.iterable", "dom.asynciterable"],
		types: [],
		strict: true,
		exactOptionalPropertyTypes: true,
		skipLibCheck: false,
		noEmit: true,
	};
	write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["consumer.ts"] }));
	const compiler = join(ROOT, "node_modules/.bin/tsc");
	const errors = await run(compiler, ["-p", project], { cwd: project }).then(
		() => "",
		({ stdout }) => stdout,
	);
	expect(errors).toBe("");
});

/** Calls the service, and returns the results and errors. */
const WORK = `
import { createSalesOSClient, SalesOSError } from "salesos-api-keys/client";

export async function work({ url, email, password, serviceRoleKey }) {
	const { token, user } = await createSalesOSClient({ url, token: null }).session.login.mutate({ email, password });
	const admin = createSalesOSClient({ url, token });
	const { key, api_key } = await admin.keys.create.mutate({ name: "From a package" });
	const platform = createSalesOSClient({ url, serviceRoleKey, tenantId: user.tenant_id });
	const seen = await platform.keys.get.query({ id: api_key.id });
	const failed = (error) => ({ is: error instanceof SalesOSError, code: error.code, status: error.status,
		fields: error.details?.map(({ field }) => field), id: typeof error.requestId });
	const wrong = await admin.keys.create.mutate({ name: "" }).catch(failed);
	const unknown = await admin.keys.get.query({ id: "000000000000" }).catch(failed);
	const unauthenticated = await createSalesOSClient({ url, token: "wrong" }).keys.list.query().catch(failed);
	const unreachable = await createSalesOSClient({ url: "http://127.0.0.1:9", token, retries: 0 }).keys.list.query().catch(failed);
	await admin.keys.revoke.mutate({ id: api_key.id });
	return { isKey: key.startsWith("sk_live_"), name: seen.name, wrong, unknown, unauthenticated, unreachable };
}
`;

describe("returns the documented results and errors", () => {
	const OUTCOME = {
		isKey: true,
		name: "From a package",
		wrong: { is: true, code: "VALIDATION_ERROR", status: 400, fields: ["name"], id: "string" },
		unknown: { is: true, code: "NOT_FOUND", status: 404, fields: [], id: "string" },
		unauthenticated: { is: true, code: "UNAUTHORIZED", status: 401, fields: [], id: "string" },
		unreachable: { is: true, code: "UNREACHABLE", status: null, fields: [], id: "object" },
	};
	const task = () => {
		const { DEMO_OWNER_EMAIL: email, DEMO_OWNER_PASSWORD: password, SERVICE_ROLE_KEY: serviceRoleKey } = service.vars;
		return JSON.stringify({ url: service.url, email, password, serviceRoleKey });
	};

	it("on Node", async () => {
		write("work.mjs", WORK);
		write(
			"main.mjs",
			'import { work } from "./work.mjs";\nconsole.log(JSON.stringify(await work(JSON.parse(process.env.TASK))));',
		);
		const { stdout } = await run("node", ["main.mjs"], { cwd: project, env: { ...process.env, TASK: task() } });
		expect(JSON.parse(stdout)).toEqual(OUTCOME);
	});

	it("in workerd", async () => {
		write("work.mjs", WORK);
		write(
			"worker.mjs",
			'import { work } from "./work.mjs";\nexport default { fetch: async (request) => Response.json(await work(await request.json())) };',
		);
		write("wrangler.json", JSON.stringify({ name: "consumer", main: "worker.mjs", compatibility_date: "2026-11-01" }));
		const outcome = await runWorker({ config: join(project, "wrangler.json"), body: task() });
		expect(outcome).toEqual(OUTCOME);
	});
});
