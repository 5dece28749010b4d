/**
 * Runs the service in a fresh copy of the repository, as it is deployed or with `npm run dev` or `npm run preview`. Tests
 * send it HTTP requests, kill it and start it again. One folder holds all that it writes and one process group all that it
 * runs, so nothing stays behind.
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

/** A start takes a second as deployed and ten from the sources, and several times as long on a busy machine. */
const START_PATIENCE_MS = 90_000;
/** The health check itself gives up after three seconds. */
const HEALTH_PATIENCE_MS = 5_000;
/** Max time for processes to end on a signal. After that they are killed. */
const STOP_PATIENCE_MS = 10_000;
const POLL_EVERY_MS = 50;

/** Polls until the result is neither `undefined` nor `false`, and returns it. Fails with `what` when that takes too long. */
export async function eventually<T>(
	what: string,
	patienceMs: number,
	poll: () => T | Promise<T>,
): Promise<Exclude<T, undefined | false>> {
	const deadline = Date.now() + patienceMs;
	for (;;) {
		const result = await poll();
		// The condition excludes the two types, which TypeScript can't see for a generic T.
		if (result !== undefined && result !== false) return result as Exclude<T, undefined | false>;
		if (Date.now() > deadline) throw new Error(`Not within ${patienceMs} ms: ${what}`);
		await pause(POLL_EVERY_MS);
	}
}

/** Copies what git would publish, without the other files of a developer's machine. */
function copyRepository(target: string): void {
	const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: ROOT, encoding: "utf8" });
	for (const path of listed.split("\0")) {
		// git also lists a deleted file until the deletion is committed.
		if (path !== "" && existsSync(join(ROOT, path))) cpSync(join(ROOT, path), join(target, path));
	}
}

/**
 * Links the installed packages one by one. A link to the whole folder would share the Vite cache in it, and two servers
 * with different roots would keep rewriting it.
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
 * The environment of a developer who has just cloned the repository: without the variables of the test runner and npm,
 * and with a home and a temporary folder that are removed with the copy.
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
 * Prepares a copy of the repository: built, with secrets, and with the demo tenant in its database. Every service that
 * runs as deployed starts from it. Call this once before the tests of a run. Returns a function that removes the copy.
 */
export async function makeReadyCopy(): Promise<() => void> {
	// `npm test` prepares one copy for all its suites.
	if (process.env[READY_COPY] !== undefined) return () => {};
	const home = mkdtempSync(join(tmpdir(), "salesos-ready-"));
	const remove = () => rmSync(home, { recursive: true, force: true });
	process.on("exit", remove);
	const folder = join(home, "salesos");
	freshCopy(folder);
	const options = { cwd: folder, env: { ...freshEnvironment(home), CHUNK_REPORT: join(home, CHUNK_REPORT) } };
	await Promise.all(["build", "build:client", "predev"].map((script) => execute("npm", ["run", script], options)));
	// What every start of the copy needs: see scripts/built-service.ts.
	await execute(
		join(folder, DEPLOYED[0]),
		["-e", 'import("./scripts/built-service.ts").then((built) => built.serviceWorker())'],
		options,
	);
	// The build copies .dev.vars for `npm run preview` if the file is there already, which is a matter of timing.
	rmSync(join(folder, "dist", "salesos_api_keys", ".dev.vars"), { force: true });
	process.env[READY_COPY] = folder;
	return remove;
}

/** Where the copy is that `makeReadyCopy` has made, and the report about the Worker's chunks. Throws if there is none. */
export function readyCopy(): { folder: string; chunkReport: string } {
	const folder = process.env[READY_COPY];
	if (folder === undefined) throw new Error(`${READY_COPY} is not set: call makeReadyCopy before the tests`);
	return { folder, chunkReport: join(folder, "..", CHUNK_REPORT) };
}

/** What a test sends with a request. */
export interface Sent {
	/** The bearer token; null: none. */
	as?: string | null;
	/** A string is sent as it is, anything else as JSON. */
	body?: unknown;
	headers?: Record<string, string>;
}

/** Converts it to the options of `fetch`. */
export const requestInit = ({ as = null, body, headers = {} }: Sent): RequestInit => ({
	headers: {
		...(as === null ? {} : { authorization: `Bearer ${as}` }),
		...(body === undefined ? {} : { "content-type": "application/json" }),
		...headers,
	},
	...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
});

/** A free port of `localhost`, the name that the server will listen on. */
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
 * Runs a command beside a shell that reads from this process. The read ends when this process ends, however that happens,
 * and then the shell kills the process group. Otherwise the group would outlive the tests.
 */
const WATCHED = `exec 3<&0
{ cat <&3; kill -KILL 0; } >/dev/null 2>&1 &
exec "$0" "$@" </dev/null 3<&-`;

/** A process and everything that it starts. */
class ProcessGroup {
	readonly #child: ChildProcess;
	#output = "";
	/** Whether every process of the group has closed the output. */
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

	/** Whether the first process has ended. Others may still run. */
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
		// `sh` and `cat` are the watching shell.
		const others = () =>
			execFileSync("ps", ["-A", "-o", "pgid=,comm="], { encoding: "utf8" })
				.split("\n")
				.map((line) => line.trim().split(/\s+/))
				.filter(([group, name]) => Number(group) === pid && name !== "sh" && name !== "cat");
		await eventually("everything that it started has ended", STOP_PATIENCE_MS, () => others().length === 0);
	}

	/** Signals the group and waits until it has ended. Kills it if that takes too long. */
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

	/** Returns false if the group has ended. Its id may be reused, so it is not signalled again. */
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

/** How the service is started: as it is deployed (see serve-build.ts), or with a script of package.json. */
type Way = "deployed" | "dev" | "preview";

const DEPLOYED = ["node_modules/.bin/node", "tests/serve-build.ts"] as const;

interface ServiceOptions {
	/** "deployed" by default. "dev" and "preview" start from a bare clone. */
	way?: Way;
	/** Settings that replace those of wrangler.toml. */
	settings?: Record<string, string>;
	/** How many keys `npm run demo` puts into the demo tenant before the first start. */
	demoKeys?: number;
}

/** A copy of the repository, and the service in it while that runs. */
export class Service {
	readonly folder: string;
	readonly url: string;
	readonly #home: string;
	readonly #port: number;
	readonly #way: Way;
	#processes: ProcessGroup | undefined;
	/** Cleans up when the process exits without `dispose`, for example on an interrupt during the start. */
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

	/** Starts the service in a copy of the repository. The caller must `dispose` it. */
	static async start({ way = "deployed", settings = {}, demoKeys }: ServiceOptions = {}): Promise<Service> {
		const service = new Service(await freePort(), way);
		try {
			if (way === "deployed") cpSync(readyCopy().folder, service.folder, { recursive: true, verbatimSymlinks: true });
			else freshCopy(service.folder);
			// A variable of .dev.vars wins over one of wrangler.toml.
			const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
			if (lines.length > 0) appendFileSync(service.secretsFile, lines.join(""));
			if (demoKeys !== undefined) await service.run("demo", String(demoKeys));
			await service.restart();
			return service;
		} catch (error) {
			await service.dispose();
			throw error;
		}
	}

	/** The output since the latest start. */
	output(): string {
		return this.#processes?.output ?? "";
	}

	/** The variables of the copy's .dev.vars. */
	get vars(): Record<string, string> {
		return parseEnv(readFileSync(this.secretsFile, "utf8")) as Record<string, string>;
	}

	get secretsFile(): string {
		return join(this.folder, ".dev.vars");
	}

	/** Kills all processes, as a power cut would. The signal is sent before this returns; the promise waits for the end. */
	kill(): Promise<void> {
		return this.#processes?.end("SIGKILL") ?? Promise.resolve();
	}

	/** Sends SIGTERM to all processes, as the shutdown of a machine does, and waits for the end. */
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

	/** Starts the service again in the same folder and waits until it is healthy. */
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

	/** Starts the service again, without the attempts that its rate limits have counted: they are stored on disk. */
	async restartWithFreshLimits(): Promise<void> {
		await this.stop();
		rmSync(join(this.folder, ".wrangler/state/v3/ratelimit"), { recursive: true, force: true });
		await this.restart();
	}

	/** Status of the health check; null while the service does not respond. */
	async #health(): Promise<number | null> {
		try {
			const response = await this.fetch("/healthz", { signal: AbortSignal.timeout(HEALTH_PATIENCE_MS) });
			await response.arrayBuffer();
			return response.status;
		} catch {
			return null;
		}
	}

	/** Kills the service and removes the copy. */
	async dispose(): Promise<void> {
		try {
			await this.kill();
		} finally {
			this.#removeCopy();
			process.off("exit", this.#onExit);
		}
	}

	/** Runs a script of package.json in the copy, with arguments. Returns its output. Rejects if it fails. */
	async run(script: string, ...args: string[]): Promise<string> {
		const options = { cwd: this.folder, env: freshEnvironment(this.#home) };
		const { stdout } = await execute("npm", ["run", "--silent", script, "--", ...args], options);
		return stdout;
	}

	#removeCopy(): void {
		// A process that was just killed may still write a file.
		rmSync(this.#home, { recursive: true, force: true, maxRetries: 5 });
	}

	/** Sends a request to the service. */
	fetch(path: string, init: RequestInit = {}): Promise<Response> {
		return fetch(this.url + path, init);
	}

	/** Signs in a person of the demo tenant, by default the owner. All have the same password. */
	async signIn(email: string = this.vars.DEMO_OWNER_EMAIL ?? ""): Promise<Session> {
		const password = this.vars.DEMO_OWNER_PASSWORD ?? "";
		const { token } = await new Session(this, null).mutate("session.login", { email, password });
		return new Session(this, token);
	}
}
