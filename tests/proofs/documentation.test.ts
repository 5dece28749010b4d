/** Runs every example of the documentation as it is written, and compares the output with what the page shows. */
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unstable_readConfig as readConfig } from "wrangler";
import { parse as parseYaml } from "yaml";
import { patternOf } from "../docs/markdown.ts";
import {
	HOW_TO,
	isConfig,
	isExample,
	isProgram,
	isWalk,
	isWorkflow,
	type Page,
	pageAt,
	pages,
	ROOT,
} from "../docs/pages.ts";
import { Service } from "../harness.ts";
import { runWorker } from "../run-worker.ts";
import type { Session } from "../session.ts";
import { projectBeside, readerEnv, type Walked, walkAll } from "./walk.ts";

const run = promisify(execFile);

let service: Service;
let owner: Session;
const folder = mkdtempSync(join(tmpdir(), "salesos-docs-"));
let walks: Map<string, Walked>;

beforeAll(async () => {
	service = await Service.start();
	walks = await walkAll(service);
	// The sign-ins of the last page count against the limits.
	await service.restartWithFreshLimits();
	owner = await service.signIn();
	// It takes a minute alone, and several times as long on a machine that runs other tests.
}, 600_000);
afterAll(async () => {
	await service?.dispose();
	rmSync(folder, { recursive: true, force: true });
});

describe.each(pages)("$path", ({ path, blocks }) => {
	const walked = blocks.flatMap((block, index) => (isWalk(block) ? [{ ...block, index }] : []));

	it("runs from top to bottom", () => {
		if (HOW_TO.includes(path)) expect(walked.length).toBeGreaterThan(0);
		if (walked.length > 0) expect(walks.get(path)).toMatchObject({ failure: null });
	});

	it.each(walked)("prints what the page shows: $title", ({ answer, index }) => {
		const output = walks.get(path)?.outputs[index]?.trim();
		if (answer === null) expect(output).toBe("");
		else expect(output).toMatch(patternOf(answer));
	});
});

it("programs in TypeScript compile under strict", async () => {
	// Beside the installed package, so that the compiler finds its types as in a project.
	const project = projectBeside(service);
	const checked: string[] = [];
	for (const { path, blocks } of pages)
		for (const { label, text } of blocks.filter((block) => block.language === "ts" && !isExample(block))) {
			const file = join(project, "checked", basename(path, ".md"), label);
			mkdirSync(dirname(file), { recursive: true });
			writeFileSync(file, text);
			checked.push(file);
		}
	expect(checked.length).toBeGreaterThan(0);
	const types = ["@types/node", "@cloudflare/workers-types"].map((name) =>
		join(ROOT, "node_modules", name, "index.d.ts"),
	);
	const compilerOptions = {
		module: "nodenext",
		target: "es2024",
		lib: ["es2024"],
		types: [],
		strict: true,
		skipLibCheck: true,
		noEmit: true,
	};
	const config = join(project, "checked/tsconfig.json");
	writeFileSync(config, JSON.stringify({ compilerOptions, files: [...types, ...checked] }));
	const complaints = await run(join(ROOT, "node_modules/.bin/tsc"), ["-p", config]).then(
		() => "",
		({ stdout }) => stdout,
	);
	expect(complaints).toBe("");
});

/** Writes the configuration that a page shows beside the page's programs. Returns its path. */
function configOf(page: Page): string {
	const own = join(folder, basename(page.path));
	mkdirSync(own, { recursive: true });
	const text = page.blocks.find(isConfig)?.text ?? "";
	writeFileSync(join(own, "wrangler.jsonc"), text);
	for (const block of page.blocks.filter(isProgram)) writeFileSync(join(own, basename(block.label)), block.text);
	return join(own, "wrangler.jsonc");
}

it("the service binding names what this Worker exports, under this Worker's name", async () => {
	const { services, main } = readConfig({ config: configOf(pageAt("docs/verify.md")) });
	expect(basename(main ?? "")).toBe("worker.ts");
	expect(services).toHaveLength(1);
	const [bound] = services ?? [];
	expect(bound?.service).toBe(readConfig({ config: join(ROOT, "wrangler.toml") }).name);
	const entry = readFileSync(join(ROOT, "worker/index.ts"), "utf8");
	expect(entry).toContain(`export { ${bound?.entrypoint} }`);
	const { text } =
		pageAt("docs/verify.md").blocks.find(({ label }) => label === `docs/examples/${basename(main ?? "")}`) ?? {};
	expect(text).toContain(`env.${bound?.binding}.`);
});

it("the client runs in a Worker as its page shows", async () => {
	const config = configOf(pageAt("docs/client.md"));
	symlinkSync(join(projectBeside(service), "node_modules"), join(dirname(config), "node_modules"));
	const vars = { SALESOS_URL: service.url, SALESOS_TOKEN: owner.token ?? "" };
	expect(await runWorker({ config, vars })).toEqual({ active: expect.any(Number) });
});

interface Workflow {
	jobs: Record<string, { env: Record<string, string>; steps: { name?: string; run?: string; uses?: string }[] }>;
}

it("every step of the CI workflow runs", async () => {
	const block = pageAt("docs/cli.md").blocks.find(isWorkflow);
	const [job] = Object.values((parseYaml(block?.text ?? "") as Workflow).jobs);
	const settings = { "vars.SALESOS_URL": service.url, "secrets.SALESOS_TOKEN": owner.token ?? "" };
	const filled = Object.entries(job?.env ?? {}).map(([name, value]) => {
		const [, setting = ""] = /^\$\{\{ (.*) \}\}$/.exec(value) ?? [];
		expect(settings).toHaveProperty([setting]);
		return [name, settings[setting as keyof typeof settings]];
	});
	const variables = join(folder, "github-env");
	writeFileSync(variables, "");
	// Later steps have in their environment what a step writes to $GITHUB_ENV.
	const steps = (job?.steps ?? []).flatMap(({ run }) => (run ? [`(${run}\n)`, `set -a; . "$GITHUB_ENV"; set +a`] : []));
	const env = { ...readerEnv(service), ...Object.fromEntries(filled), GITHUB_ENV: variables, GITHUB_RUN_ID: "4711" };
	const script = ["set -e", ...steps].join("\n");
	const { stdout } = await run("bash", ["-c", script], { cwd: projectBeside(service), env });
	expect(stdout).toMatch(/^VALID$/m);
	const { items } = await owner.query("keys.list", { search: "4711" });
	expect(items).toMatchObject([{ environment: "test", status: "revoked" }]);
});

it("the configuration page names every setting that the Worker reads", () => {
	const { markdown } = pageAt("docs/configuration.md");
	for (const name of Object.keys(service.vars)) expect(markdown).toContain(name);
	const config = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
	for (const [, name = ""] of config.matchAll(/^([A-Z_]+) = /gm)) expect(markdown).toContain(name);
});
