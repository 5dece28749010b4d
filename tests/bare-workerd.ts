/**
 * The service as it is deployed, in a bare workerd of its own: no dev server and no proxy before it, real D1 and Durable
 * Objects on disk. Killed at any moment, it is there again in a fraction of a second, with what the disk has kept.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignJWT } from "jose";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { buildService, SERVICE_CONFIG } from "../bench/build.ts";
import { migrate, SERVICE, secret, serviceWorker } from "../bench/service.ts";
import { eventually, freePort } from "./harness.ts";

const START_PATIENCE_MS = 60_000;
const WEEK_S = 7 * 86_400;

export class BareWorkerd {
	readonly url: string;
	/** A token of an admin of a tenant that nobody else uses. */
	token = "";
	readonly #folder: string;
	readonly #miniflare: Miniflare;
	readonly #stopWatching: () => void;
	/** Known ahead: to look it up takes so long that everything under way would be answered before the kill. */
	#pid = 0;
	/** Settled while requests can be sent. */
	#up: Promise<void> = Promise.resolve();

	private constructor(port: number, vars: Record<string, string>) {
		this.url = `http://127.0.0.1:${port}`;
		this.#folder = mkdtempSync(join(tmpdir(), "salesos-workerd-"));
		this.#miniflare = new Miniflare(
			convertV4MiniflareOptions({
				// Secrets of the test take the place of those that nobody would know.
				workers: [serviceWorker({ vars, port })],
				resourcePersistencePath: this.#folder,
				telemetry: { enabled: false },
				// It tells of every crash and of every request that one cut off: that is what is being tested.
				handleStructuredLogs: () => undefined,
			}),
		);
		const onExit = () => rmSync(this.#folder, { recursive: true, force: true });
		process.on("exit", onExit);
		this.#stopWatching = () => process.off("exit", onExit);
	}

	/** Builds the service if need be, and starts it with an empty database. Whoever calls must `dispose` of it. */
	static async start(bindings: Record<string, string> = {}): Promise<BareWorkerd> {
		// Always anew: what lies in dist may be of another day.
		buildService();
		const secrets = { JWT_SECRET: secret(), SERVICE_ROLE_KEY: secret(), KEY_PEPPER: secret() };
		const service = new BareWorkerd(await freePort(), { ...secrets, ...bindings });
		try {
			await service.#miniflare.ready;
			await migrate(await service.#miniflare.getD1Database("DB", SERVICE));
			await service.#awaitHealth();
			service.#pid = service.#pidNow();
			await service.#addTenant(secrets);
			return service;
		} catch (error) {
			await service.dispose();
			throw error;
		}
	}

	/** A request, as soon as there is somebody to take it. */
	async fetch(path: string, init: RequestInit = {}): Promise<Response> {
		await this.#up;
		return fetch(this.url + path, init);
	}

	/** Ends the process at once, as a power cut would, and waits until it is there again. */
	async kill(): Promise<void> {
		const pid = this.#pid;
		const { promise, resolve } = Promise.withResolvers<void>();
		this.#up = promise;
		process.kill(pid, "SIGKILL");
		await eventually("another process has taken over", START_PATIENCE_MS, () => {
			const now = this.#pidOrNull();
			return now !== null && now !== pid;
		});
		await this.#awaitHealth();
		this.#pid = this.#pidNow();
		resolve();
	}

	async dispose(): Promise<void> {
		await this.#miniflare.dispose();
		rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 });
		this.#stopWatching();
	}

	#pidNow(): number {
		const pid = this.#pidOrNull();
		if (pid === null) throw new Error("There is no workerd");
		return pid;
	}

	/** workerd is the only one among the children of this process: every test file has a process of its own. */
	#pidOrNull(): number | null {
		const lines = execFileSync("ps", ["-A", "-o", "pid=,ppid=,comm="], { encoding: "utf8" }).split("\n");
		for (const line of lines) {
			const [pid, parent, name] = line.trim().split(/\s+/);
			if (Number(parent) === process.pid && name?.endsWith("workerd")) return Number(pid);
		}
		return null;
	}

	async #awaitHealth(): Promise<void> {
		await eventually("GET /healthz answers 200", START_PATIENCE_MS, async () => {
			try {
				const response = await fetch(`${this.url}/healthz`, { signal: AbortSignal.timeout(5_000) });
				await response.arrayBuffer();
				return response.ok;
			} catch {
				return false;
			}
		});
	}

	async #addTenant({ JWT_SECRET, SERVICE_ROLE_KEY }: { JWT_SECRET: string; SERVICE_ROLE_KEY: string }): Promise<void> {
		const response = await this.fetch("/v1/tenants", {
			method: "POST",
			headers: { authorization: `Bearer ${SERVICE_ROLE_KEY}`, "content-type": "application/json" },
			body: JSON.stringify({ name: "Tenant", slug: "tenant" }),
		});
		if (!response.ok) throw new Error(`POST /v1/tenants: ${response.status} ${await response.text()}`);
		const { data } = (await response.json()) as { data: { id: string } };
		const { JWT_ISSUER, JWT_AUDIENCE } = readVars();
		this.token = await new SignJWT({ tenant_id: data.id, role: "admin" })
			.setProtectedHeader({ alg: "HS256" })
			.setSubject("usr_test")
			.setIssuer(JWT_ISSUER)
			.setAudience(JWT_AUDIENCE)
			.setExpirationTime(Math.floor(Date.now() / 1_000) + WEEK_S)
			.sign(new TextEncoder().encode(JWT_SECRET));
	}
}

/** The vars of wrangler.toml, as the build has copied them. */
function readVars(): { JWT_ISSUER: string; JWT_AUDIENCE: string } {
	const { vars } = JSON.parse(readFileSync(SERVICE_CONFIG, "utf8")) as { vars: Record<string, string> };
	return { JWT_ISSUER: vars.JWT_ISSUER ?? "", JWT_AUDIENCE: vars.JWT_AUDIENCE ?? "" };
}
