/** The pages of the documentation, and running what they show as it stands. */
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { freePort, type Service } from "../harness.ts";
import { type Block, blocksOf } from "./markdown.ts";

export const ROOT = join(import.meta.dirname, "../..");
const SEPARATOR = "---- next block ----";

/** What the pages write, where a test has to use something else: other servers may run on this machine. */
const WRITTEN = { service: "http://localhost:8787", port: /\b3000\b/g };

/** Pages for people who have the package beside the repository or without it. The first installs it. */
const IN_A_PROJECT = ["docs/client.md", "docs/cli.md"];
/** npm's answers come from what it has fetched before; the client's peer is a compiler, which is here already. */
const NPM = { npm_config_prefer_offline: "true", npm_config_legacy_peer_deps: "true" };

export interface Page {
	path: string;
	markdown: string;
	blocks: Block[];
}

/** Every page: the README, and those that it leads to. */
export const pages: Page[] = [
	"README.md",
	"SECURITY.md",
	...IN_A_PROJECT,
	...readdirSync(join(ROOT, "docs"))
		.filter((name) => name.endsWith(".md") && !IN_A_PROJECT.includes(`docs/${name}`))
		.map((name) => `docs/${name}`),
].map((path) => {
	const markdown = readFileSync(join(ROOT, path), "utf8");
	return { path, markdown, blocks: blocksOf(markdown) };
});

export const isWalk = ({ language, label }: Block) => language === "sh" && label === "walk";
/** Programs that a page shows under the name of a file. */
export const isProgram = ({ language, label }: Block) => /^(ts|js)$/.test(language) && label !== "";
/** A program that the page shows from the repository. */
export const isExample = (block: Block) => isProgram(block) && block.label.startsWith("docs/examples/");

/** The folder of somebody's project beside the clone, where the package can be installed. */
export function projectBeside(service: Service): string {
	const folder = join(service.folder, "../my-app");
	mkdirSync(folder, { recursive: true });
	return folder;
}

/** What a block is to the shell: a walk is run, and a program is put into the file that the page names. */
function scriptOf(block: Block): string {
	if (isWalk(block)) return block.text;
	if (isProgram(block) && !isExample(block))
		return `cat > '${block.label}' <<'END OF FILE'\n${block.text}END OF FILE\n`;
	return "";
}

/** The environment of whoever reads the pages and types what they say. */
export const surroundings = (service: Service): NodeJS.ProcessEnv => ({
	...process.env,
	...NPM,
	// The command line keeps a sign-in where XDG says: not in the settings of whoever runs the tests.
	XDG_CONFIG_HOME: join(service.folder, "../config"),
});

/** Runs every page. Those for a project go beside the others; the README shows the newest keys, so it goes alone. */
export async function walkAll(service: Service): Promise<Map<string, Walked>> {
	const walked = new Map<string, Walked>();
	const inTurn = async (some: Page[]) => {
		for (const page of some) walked.set(page.path, await walk(page, service));
	};
	const isForProject = ({ path }: Page) => IN_A_PROJECT.includes(path);
	await inTurn(pages.slice(0, 1));
	await Promise.all([
		inTurn(pages.slice(1).filter(isForProject)),
		inTurn(pages.slice(1).filter((page) => !isForProject(page))),
	]);
	return walked;
}

export interface Walked {
	/** What each block has written to stdout, as far as the walk came. */
	outputs: string[];
	/** Why it ended early; null where it did not. */
	failure: string | null;
}

/** Runs a page from top to bottom in one shell. */
async function walk(page: Page, service: Service): Promise<Walked> {
	// What a page starts ends with it, also where a step fails.
	const start = "set -euo pipefail\ntrap 'jobs -p | xargs -r kill' EXIT";
	const script = [start, ...page.blocks.flatMap((block) => [scriptOf(block), `echo '${SEPARATOR}'`])].join("\n");
	const here = script.replaceAll(WRITTEN.service, service.url).replaceAll(WRITTEN.port, String(await freePort()));
	const cwd = IN_A_PROJECT.includes(page.path) ? projectBeside(service) : service.folder;
	const child = spawn("bash", ["-c", here], { cwd, env: surroundings(service), stdio: ["ignore", "pipe", "pipe"] });
	const exit = new Promise<number | null>((resolve) => child.on("close", resolve));
	const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
	// Lines of HTTP end otherwise than those of a page, and a server may write the names of its headers as it likes.
	const http = stdout.replace(/^[\w-]+(?=: .*\r$)/gm, (name) => name.toLowerCase());
	const written = http.replaceAll("\r", "").replaceAll(service.url, WRITTEN.service);
	const outputs = written.split(`${SEPARATOR}\n`);
	return { outputs, failure: code === 0 ? null : `block ${outputs.length} ended with ${code}: ${stderr}` };
}
