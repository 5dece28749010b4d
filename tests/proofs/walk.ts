/** Runs what the pages of the documentation show, as it is written. */
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import type { Block } from "../docs/markdown.ts";
import { IN_A_PROJECT, isExample, isProgram, isWalk, type Page, pages } from "../docs/pages.ts";
import { freePort, type Service } from "../harness.ts";

const SEPARATOR = "---- next block ----";

/** What the pages say where a test must use something else, because other servers may run on this machine. */
const WRITTEN = { service: "http://localhost:8787", port: /\b3000\b/g };

/** Prefer npm's cache over the network, and skip the client's peer: the compiler is installed already. */
const NPM = { npm_config_prefer_offline: "true", npm_config_legacy_peer_deps: "true" };

const WALKTHROUGH = "docs/walkthrough.md";

/** A project beside the clone, where the package can be installed. */
export function projectBeside(service: Service): string {
	const folder = join(service.folder, "../my-app");
	mkdirSync(folder, { recursive: true });
	return folder;
}

/** A block as shell script: a walk runs, and a program is written to the file that the page names. */
function scriptOf(block: Block): string {
	if (isWalk(block)) return block.text;
	if (isProgram(block) && !isExample(block))
		return `cat > '${block.label}' <<'END OF FILE'\n${block.text}END OF FILE\n`;
	return "";
}

/** The environment of a reader who types what the pages say. */
export const readerEnv = (service: Service): NodeJS.ProcessEnv => ({
	...process.env,
	...NPM,
	// The command line keeps a sign-in under XDG_CONFIG_HOME. Don't write to the real settings of this machine.
	XDG_CONFIG_HOME: join(service.folder, "../config"),
});

/**
 * Runs every page with a walk, the walkthrough first: it shows the newest keys. Each page signs in, so before each the
 * service starts again with fresh rate limits. Readers don't read six pages in a minute.
 */
export async function walkAll(service: Service): Promise<Map<string, Walked>> {
	const walked = new Map<string, Walked>();
	const withWalk = pages.filter(({ blocks }) => blocks.some(isWalk));
	const isFirst = ({ path }: Page) => path === WALKTHROUGH;
	for (const page of withWalk.toSorted((a, b) => Number(isFirst(b)) - Number(isFirst(a)))) {
		await service.restartWithFreshLimits();
		walked.set(page.path, await walk(page, service));
	}
	return walked;
}

export interface Walked {
	/** What each block wrote to stdout, up to the first failure. */
	outputs: string[];
	/** Why the walk failed; null if it didn't. */
	failure: string | null;
}

/** Runs a page from top to bottom in one shell. */
async function walk(page: Page, service: Service): Promise<Walked> {
	// Stop what the page started, also when a step fails.
	const start = "set -euo pipefail\ntrap 'jobs -p | xargs -r kill' EXIT";
	const script = [start, ...page.blocks.flatMap((block) => [scriptOf(block), `echo '${SEPARATOR}'`])].join("\n");
	const here = script.replaceAll(WRITTEN.service, service.url).replaceAll(WRITTEN.port, String(await freePort()));
	const cwd = IN_A_PROJECT.includes(page.path) ? projectBeside(service) : service.folder;
	const child = spawn("bash", ["-c", here], { cwd, env: readerEnv(service), stdio: ["ignore", "pipe", "pipe"] });
	const exit = new Promise<number | null>((resolve) => child.on("close", resolve));
	const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exit]);
	// HTTP lines end in CRLF, and header names may have any case.
	const http = stdout.replace(/^[\w-]+(?=: .*\r$)/gm, (name) => name.toLowerCase());
	const written = http.replaceAll("\r", "").replaceAll(service.url, WRITTEN.service);
	const outputs = written.split(`${SEPARATOR}\n`);
	return { outputs, failure: code === 0 ? null : `block ${outputs.length} exited with ${code}: ${stderr}` };
}
