/** Runs or checks every example of the documentation as it is written, with the output that the page shows. */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unstable_readConfig as readConfig, unstable_startWorker as startWorker } from "wrangler";
import { parse as parseYaml } from "yaml";
import { Service } from "../harness.ts";
import type { Session } from "../session.ts";
import { anchorsOf, type Block, linksOf, patternOf } from "./markdown.ts";
import {
	isExample,
	isProgram,
	isWalk,
	type Page,
	pages,
	projectBeside,
	ROOT,
	readerEnv,
	type Walked,
	walkAll,
} from "./pages.ts";

const run = promisify(execFile);
const { files, scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const NO_PAGE: Page = { path: "", markdown: "", blocks: [] };
const pageAt = (path: string): Page => pages.find((page) => page.path === path) ?? NO_PAGE;
/** Pages that show how to use the service. Each must have examples that run. */
const HOW_TO = ["walkthrough", "rest", "trpc", "client", "cli", "verify"].map((name) => `docs/${name}.md`);
/** Pages with commands that no test can run: they start the service, run the tests or need an account. */
const WITH_COMMANDS = ["README.md", "CONTRIBUTING.md", "docs/deploy.md"];
const isConfig = ({ language, label }: Block) => language === "jsonc" && label === "wrangler.jsonc";
const isWorkflow = ({ language, label }: Block) => language === "yaml" && label.startsWith(".github/workflows/");
const isCommand = ({ language, label }: Block) => language === "sh" && label === "";
const isTestRun = (block: Block) =>
	isCommand(block) && block.text.split("\n").every((line) => /^(npx vitest run --project |npm run |$)/.test(line));

let service: Service;
let owner: Session;
const folder = mkdtempSync(join(tmpdir(), "salesos-docs-"));
let walks: Map<string, Walked>;

beforeAll(async () => {
	service = await Service.start();
	owner = await service.signIn();
	walks = await walkAll(service);
	// It takes half a minute alone, and several times as long on a machine that runs other tests.
}, 300_000);
afterAll(async () => {
	await service?.dispose();
	rmSync(folder, { recursive: true, force: true });
});

describe.each(pages)("$path", ({ path, markdown, blocks }) => {
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

	it("shows nothing that is not run or checked", () => {
		const known = [isWalk, isProgram, isConfig, isWorkflow];
		const isDrawing = ({ language }: Block) => language === "text";
		if (WITH_COMMANDS.includes(path)) known.push(isCommand);
		if (!HOW_TO.includes(path)) known.push(isTestRun, isDrawing);
		const unchecked = blocks.filter((block) => !known.some((isKind) => isKind(block)));
		expect(unchecked.map(({ language, label, text }) => `${language} ${label}: ${text.slice(0, 60)}`)).toEqual([]);
	});

	it("shows only commands that a shell can parse", async () => {
		for (const { text } of blocks.filter(isCommand)) await run("bash", ["-n", "-c", text]);
	});

	it("runs every program that it shows", () => {
		const starters = blocks.filter((block) => isWalk(block) || isConfig(block)).map(({ text }) => text);
		// Programs of docs/examples have tests of their own.
		for (const { label } of blocks.filter((block) => isProgram(block) && !isExample(block)))
			expect(starters.join("\n"), label).toContain(label);
	});

	it("shows the repository's examples as they are", () => {
		for (const { label, text } of blocks.filter(isExample)) expect(text).toBe(readFileSync(join(ROOT, label), "utf8"));
	});

	it("names files and scripts that exist", () => {
		const named = [...markdown.matchAll(/\b(?:bench|client|db|docs|scripts|tests|web|worker)\/[\w./-]*\w\/?/g)].map(
			([name]) => name,
		);
		expect(named.filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
		for (const [, name = ""] of markdown.matchAll(/npm\s+run\s+([\w:-]+\w)/g)) expect(scripts).toHaveProperty([name]);
	});

	it("links to pages and headings that exist", () => {
		const broken = linksOf(markdown).filter((link) => {
			const [target = "", anchor] = link.split("#");
			const file = target === "" ? path : join(dirname(path), target);
			if (!existsSync(join(ROOT, file))) return true;
			return anchor !== undefined && !anchorsOf(readFileSync(join(ROOT, file), "utf8")).includes(anchor);
		});
		expect(broken).toEqual([]);
	});
});

it("every page can be reached from the README", () => {
	const reached = new Set(["README.md"]);
	// A Set visits what is added while it is walked.
	for (const path of reached)
		for (const link of linksOf(pageAt(path).markdown)) {
			const target = join(dirname(path), link.split("#")[0] ?? "");
			if (target.endsWith(".md")) reached.add(target);
		}
	expect(pages.map(({ path }) => path).filter((path) => !reached.has(path))).toEqual([]);
});

it("the packed pages link only to packed pages", () => {
	const packed: string[] = files.filter((file: string) => file.endsWith(".md"));
	expect(packed.length).toBeGreaterThan(0);
	for (const path of packed)
		for (const link of linksOf(pageAt(path).markdown).filter((link) => !link.startsWith("#")))
			expect([...packed, "README.md"]).toContain(join(dirname(path), link.split("#")[0] ?? ""));
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
	const worker = await startWorker({
		config,
		bindings: {
			SALESOS_URL: { type: "plain_text", value: service.url },
			SALESOS_TOKEN: { type: "plain_text", value: owner.token ?? "" },
		},
		dev: { server: { port: 0 }, inspector: false, logLevel: "error", watch: false },
	});
	try {
		const response = await worker.fetch("http://my-worker.example/");
		expect(await response.json()).toEqual({ active: expect.any(Number) });
	} finally {
		await worker.dispose();
	}
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

it("the README fits on a few screens", () => {
	expect(pageAt("README.md").markdown.split("\n").length).toBeLessThanOrEqual(150);
});

it("the walkthrough takes a key through its whole life", () => {
	const walked = pageAt("docs/walkthrough.md").blocks.filter(isWalk);
	expect(walked.length).toBeGreaterThanOrEqual(11);
	expect(walked.filter(({ answer }) => answer !== null).length).toBeGreaterThanOrEqual(10);
});

it("the configuration page names every setting that the Worker reads", () => {
	const { markdown } = pageAt("docs/configuration.md");
	for (const name of Object.keys(service.vars)) expect(markdown).toContain(name);
	const config = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
	for (const [, name = ""] of config.matchAll(/^([A-Z_]+) = /gm)) expect(markdown).toContain(name);
});

it("the tree in CONTRIBUTING.md names folders and files that exist", () => {
	const tree = pageAt("CONTRIBUTING.md").blocks.find(({ language }) => language === "text")?.text ?? "";
	const missing: string[] = [];
	let parent = "";
	for (const [, indent = "", names = ""] of tree.matchAll(/^( *)(\S.*?) {2,}/gm)) {
		// A longer explanation continues on a further indented line.
		if (indent.length > 2) continue;
		if (indent === "") parent = names;
		const paths = names.split(", ").map((name) => (indent === "" ? name : join(parent, name)));
		missing.push(...paths.filter((path) => !existsSync(join(ROOT, path))));
	}
	expect(tree).not.toBe("");
	expect(missing).toEqual([]);
});

it("each decision fits on one page and stands in the index", () => {
	const index = linksOf(pageAt("docs/decisions/README.md").markdown);
	for (const { path, markdown } of pages.filter(({ path }) => path.startsWith("docs/decisions/"))) {
		if (basename(path) !== "README.md") expect(index).toContain(basename(path));
		expect(markdown.split("\n").length, path).toBeLessThanOrEqual(61);
	}
});
