/**
 * The service as its users get it: a fresh copy of the repository, started as it is deployed or with `npm run dev` or
 * `npm run preview`, killed and started again, and spoken to over HTTP. Nothing stays behind: one folder holds all it
 * writes, one process group all it runs.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
	appendFileSync,
	cpSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	symlinkSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join, sep } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseEnv, promisify } from "node:util";
import { Session } from "./session.ts";

const ROOT = join(import.meta.dirname, "..");
const execute = promisify(execFile);

/** Seen: a second as deployed, ten from the sources. A machine that is busy with other tests takes several times as long. */
const START_PATIENCE_MS = 90_000;
/** The check itself gives up after three seconds. */
const HEALTH_PATIENCE_MS = 5_000;
/** How long processes may take to go when asked; after that they are killed. */
const STOP_PATIENCE_MS = 10_000;
const POLL_EVERY_MS = 50;

/** Asks again and again until the answer is neither `undefined` nor `false`; fails with `what` when that takes too long. */
export async function eventually<T>(
	what: string,
	patienceMs: number,
	ask: () => T | Promise<T>,
): Promise<Exclude<T, undefined | false>> {
	const deadline = Date.now() + patienceMs;
	for (;;) {
		const answer = await ask();
		// The two that were excluded are what the next line tests for.
		if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
		if (Date.now() > deadline) throw new Error(`Not within ${patienceMs} ms: ${what}`);
		await pause(POLL_EVERY_MS);
	}
}

/** What git would publish, and nothing that a developer's machine has beside it. */
function copyRepository(target: string): void {
	const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: ROOT, encoding: "utf8" });
	for (const path of listed.split("\0")) {
		// A file that was deleted and not yet committed is listed still.
		if (path !== "" && existsSync(join(ROOT, path))) cpSync(join(ROOT, path), join(target, path));
	}
}

/**
 * The installed packages, each as a link. Linking the folder as a whole would share Vite's cache inside it, which two
 * servers with different roots keep rewriting under each other's feet.
 */
function linkPackages(target: string): void {
	const modules = join(target, "node_modules");
	mkdirSync(modules);
	for (const name of readdirSync(join(ROOT, "node_modules"))) {
		const isCache = name.startsWith(".") && name !== ".bin";
		if (!isCache) symlinkSync(join(ROOT, "node_modules", name), join(modules, name));
	}
}

function freshCopy(target: string): void {
	copyRepository(target);
	linkPackages(target);
}

/**
 * The environment of somebody who has just cloned the repository: nothing that the test runner or npm has set, and a
 * home and a folder for temporary files that vanish with the copy.
 */
function freshEnvironment(home: string): Record<string, string> {
	const temporary = join(home, "tmp");
	mkdirSync(temporary, { recursive: true });
	const path = (process.env.PATH ?? "").split(delimiter).filter((entry) => !entry.includes(`${sep}node_modules${sep}`));
	return { PATH: path.join(delimiter), HOME: home, TMPDIR: temporary };
}

/** The variable that tells the processes of all test files where the copy is. */
const READY_COPY = "SALESOS_READY_COPY";
/** Beside the copy: which modules each chunk of the Worker holds (see vite.config.ts). */
const CHUNK_REPORT = "chunks.json";

/**
 * Makes the copy that every service which is started as it is deployed begins with: built, with secrets, and with the
 * demo tenant in its database. To be called once before the tests of a run; returns how to remove it after them.
 */
export async function makeReadyCopy(): Promise<() => void> {
	// `npm test` has made one for all its suites.
	if (process.env[READY_COPY] !== undefined) return () => {};
	const home = mkdtempSync(join(tmpdir(), "salesos-ready-"));
	const remove = () => rmSync(home, { recursive: true, force: true });
	process.on("exit", remove);
	const folder = join(home, "salesos");
	freshCopy(folder);
	const options = { cwd: folder, env: { ...freshEnvironment(home), CHUNK_REPORT: join(home, CHUNK_REPORT) } };
	await Promise.all(["build", "build:client", "predev"].map((script) => execute("npm", ["run", script], options)));
	// The build takes along what secrets it finds, for `npm run preview`: whether there were any then is chance.
	rmSync(join(folder, "dist", "salesos_api_keys", ".dev.vars"), { force: true });
	process.env[READY_COPY] = folder;
	return remove;
}

/** Where the copy is that `makeReadyCopy` has made, and the report about the Worker's chunks. Throws if there is none. */
export function readyCopy(): { folder: string; chunkReport: string } {
	const folder = process.env[READY_COPY];
	if (folder === undefined) throw new Error("No copy was made ready: call makeReadyCopy before the tests");
	return { folder, chunkReport: join(folder, "..", CHUNK_REPORT) };
}

/** What a request of a test brings along. */
export interface Sent {
	/** Credential that is sent as a bearer token; null: none. */
	as?: string | null;
	/** Text goes as it is, anything else as JSON. */
	body?: unknown;
	headers?: Record<string, string>;
}

/** The same as `fetch` takes it. */
export const requestInit = ({ as = null, body, headers = {} }: Sent): RequestInit => ({
	headers: {
		...(as === null ? {} : { authorization: `Bearer ${as}` }),
		...(body === undefined ? {} : { "content-type": "application/json" }),
		...headers,
	},
	...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
});

/** A port that nobody listens on, by the name that the server will listen under. */
export async function freePort(): Promise<number> {
	const server = createServer().listen(0, "localhost");
	await once(server, "listening");
	const address = server.address();
	server.close();
	await once(server, "close");
	if (address === null || typeof address === "string") throw new Error("A TCP server has no port");
	return address.port;
}

/**
 * Runs a command with a watchman beside it, who reads from this process and gets to hear nothing until it is gone, be
 * it by an interrupt or worse. Then he ends the group, which would live on otherwise.
 */
const WATCHED = `exec 3<&0
{ cat <&3; kill -KILL 0; } >/dev/null 2>&1 &
exec "$0" "$@" </dev/null 3<&-`;

/** A process together with everything it starts. */
class ProcessGroup {
	readonly #child: ChildProcess;
	#output = "";
	/** No process holds the other end of the output any more. */
	#closed = false;
	#gone = false;

	constructor(command: string, args: string[], options: { cwd: string; env: Record<string, string> }) {
		// `detached` makes it the leader of a group of its own, so that one signal reaches npm, Vite and workerd.
		this.#child = spawn("sh", ["-c", WATCHED, command, ...args], { ...options, detached: true });
		const collect = (chunk: string) => {
			this.#output += chunk;
		};
		this.#child.stdout?.setEncoding("utf8").on("data", collect);
		this.#child.stderr?.setEncoding("utf8").on("data", collect);
		this.#child.on("error", (error) => collect(String(error)));
		this.#child.on("close", () => {
			this.#closed = true;
		});
	}

	/** Standard output and standard error, in order of arrival. */
	get output(): string {
		return this.#output;
	}

	/** Whether the first process has ended, however the others fare. */
	get ended(): boolean {
		return this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
	}

	/** How the first process ended. */
	get how(): string {
		const { exitCode, signalCode } = this.#child;
		return signalCode === null ? `with exit code ${exitCode}` : `by ${signalCode}`;
	}

	/** Sends SIGTERM to the first process alone, and waits until the others have ended as well. */
	async terminateFirst(): Promise<void> {
		const { pid = 0 } = this.#child;
		process.kill(pid, "SIGTERM");
		// The watchman is a shell with a `cat`.
		const others = () =>
			execFileSync("ps", ["-A", "-o", "pgid=,comm="], { encoding: "utf8" })
				.split("\n")
				.map((line) => line.trim().split(/\s+/))
				.filter(([group, name]) => Number(group) === pid && name !== "sh" && name !== "cat");
		await eventually("everything that it started has ended", STOP_PATIENCE_MS, () => others().length === 0);
	}

	/** Signals the group and waits until it is gone, if need be by killing it. */
	async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
		const gone = () => !this.#signal(0) && this.#closed;
		this.#signal(signal);
		try {
			await eventually("all processes have ended", STOP_PATIENCE_MS, gone);
		} catch {
			this.#signal("SIGKILL");
			await eventually("all processes were killed", STOP_PATIENCE_MS, gone);
		}
		this.#gone = true;
	}

	/** False: there is nobody left in the group. Its number may be somebody else's then, so it is not used again. */
	#signal(signal: NodeJS.Signals | 0): boolean {
		const { pid } = this.#child;
		if (pid === undefined || this.#gone) return false;
		try {
			return process.kill(-pid, signal);
		} catch {
			return false;
		}
	}
}

/** How it is started: as it is deployed (see serve-build.ts), or with a script of package.json. */
type Way = "deployed" | "dev" | "preview";

const DEPLOYED = ["node_modules/.bin/node", "tests/serve-build.ts"] as const;

interface ServiceOptions {
	/** "deployed" by default. Only "dev" and "preview" begin with nothing but a clone. */
	way?: Way;
	/** Settings that are to differ from wrangler.toml, such as how late usage may reach lists and charts. */
	settings?: Record<string, string>;
	/** How many keys `npm run demo` puts into the demo tenant before the first start. */
	demoKeys?: number;
}

/** One copy of the repository, and the service that runs in it, or not. */
export class Service {
	readonly folder: string;
	readonly url: string;
	readonly #home: string;
	readonly #port: number;
	readonly #way: Way;
	#processes: ProcessGroup | undefined;
	/** Where there is no time to wait, as after an interrupt while the service is still starting. */
	readonly #onExit = () => {
		void this.kill();
		this.#removeCopy();
	};

	private constructor(port: number, way: Way) {
		this.#port = port;
		this.#way = way;
		this.url = `http://localhost:${port}`;
		this.#home = mkdtempSync(join(tmpdir(), "salesos-e2e-"));
		this.folder = join(this.#home, "salesos");
		process.on("exit", this.#onExit);
	}

	/** Copies the repository, or what was made ready, and starts the service in it. Whoever calls must `dispose` of it. */
	static async start({ way = "deployed", settings = {}, demoKeys }: ServiceOptions = {}): Promise<Service> {
		const service = new Service(await freePort(), way);
		try {
			if (way === "deployed") cpSync(readyCopy().folder, service.folder, { recursive: true, verbatimSymlinks: true });
			else freshCopy(service.folder);
			// Of two settings of one name, the secrets' file has the last word.
			const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
			if (lines.length > 0) appendFileSync(service.secretsFile, lines.join(""));
			if (demoKeys !== undefined) service.#run("demo", "--", String(demoKeys));
			await service.restart();
			return service;
		} catch (error) {
			await service.dispose();
			throw error;
		}
	}

	/** What the present or latest start has printed. */
	output(): string {
		return this.#processes?.output ?? "";
	}

	/** The secrets of the copy. */
	get vars(): Record<string, string> {
		return parseEnv(readFileSync(this.secretsFile, "utf8")) as Record<string, string>;
	}

	get secretsFile(): string {
		return join(this.folder, ".dev.vars");
	}

	/** Ends everything at once, as a power cut would. The signal is sent before this returns; then it waits for the end. */
	kill(): Promise<void> {
		return this.#processes?.end("SIGKILL") ?? Promise.resolve();
	}

	/** Asks everything to end, as the shutdown of a machine would. */
	stop(): Promise<void> {
		return this.#processes?.end("SIGTERM") ?? Promise.resolve();
	}

	/** Sends SIGTERM to npm alone, as a supervisor does, and waits until everything that npm started has ended. */
	terminateNpm(): Promise<void> {
		return this.#processes?.terminateFirst() ?? Promise.resolve();
	}

	/** Prepares the copy for a start, as `npm run dev` does before the server. Returns the exit code and the output. */
	async prepare(port: number = this.#port): Promise<{ code: number; output: string }> {
		const options = { cwd: this.folder, env: { ...freshEnvironment(this.#home), PORT: String(port) } };
		try {
			const { stdout } = await execute(join(this.folder, DEPLOYED[0]), ["scripts/local.ts"], options);
			return { code: 0, output: stdout };
		} catch (error) {
			// What execFile rejects with.
			const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
			return { code, output: stdout + stderr };
		}
	}

	/** Starts the service in the same folder, in another way if need be, and waits until it is healthy. */
	async restart(way: Way = this.#way): Promise<void> {
		await this.stop();
		const env = { ...freshEnvironment(this.#home), PORT: String(this.#port) };
		const [command, ...args] = way === "deployed" ? DEPLOYED : (["npm", "run", way] as const);
		const processes = new ProcessGroup(command, args, { cwd: this.folder, env });
		this.#processes = processes;
		try {
			await eventually("GET /healthz answers 200", START_PATIENCE_MS, async () => {
				if (processes.ended) throw new Error(`${command} ${args.join(" ")} ended ${processes.how}`);
				return (await this.#health()) === 200;
			});
		} catch (error) {
			await processes.end("SIGKILL");
			throw new Error(`The service did not start. It printed:\n${processes.output}`, { cause: error });
		}
	}

	/** Status of the health check, or null where there is no answer yet. */
	async #health(): Promise<number | null> {
		try {
			const response = await this.fetch("/healthz", { signal: AbortSignal.timeout(HEALTH_PATIENCE_MS) });
			await response.arrayBuffer();
			return response.status;
		} catch {
			return null;
		}
	}

	/** Ends everything and removes the copy. */
	async dispose(): Promise<void> {
		try {
			await this.kill();
		} finally {
			this.#removeCopy();
			process.off("exit", this.#onExit);
		}
	}

	#run(...script: string[]): void {
		execFileSync("npm", ["run", ...script], { cwd: this.folder, env: freshEnvironment(this.#home), stdio: "pipe" });
	}

	#removeCopy(): void {
		// A process that was killed this moment may still have a file to write.
		rmSync(this.#home, { recursive: true, force: true, maxRetries: 5 });
	}

	/** A request to the service, as from outside. */
	fetch(path: string, init: RequestInit = {}): Promise<Response> {
		return fetch(this.url + path, init);
	}

	/** Signs in; without an address as the owner. The demo people share one password. */
	async signIn(email: string = this.vars.DEMO_OWNER_EMAIL ?? ""): Promise<Session> {
		const password = this.vars.DEMO_OWNER_PASSWORD ?? "";
		const { token } = await new Session(this, null).mutate("session.login", { email, password });
		return new Session(this, token);
	}
}
