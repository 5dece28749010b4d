/**
 * Measures a cold start: from starting workerd to the first response of the built Worker, compared with a Worker that does
 * nothing. The request has a forged key. Its response needs all code that admission loads at the start, and none of the
 * code that is loaded on demand.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type Module, modulesOfService, ROOT, secret } from "../scripts/built-service.ts";
import { type Spread, spread } from "./statistics.ts";
import { compatibility } from "./workers.ts";

const STARTS = 12;
const FORGED = { "x-api-key": `sk_live_${"0".repeat(48)}` };
const WORKERD = join(ROOT, "node_modules", "workerd", "bin", "workerd");

export interface StartUp {
	/** Milliseconds to the first response. */
	nothing: Spread;
	service: Spread;
	/** Service to nothing, each pair started one after the other. */
	ratio: Spread;
}

const NOTHING: Module[] = [
	{
		name: "index.js",
		code: "export class KeyGate {}\nexport default { fetch: () => new Response(null, { status: 401 }) };",
	},
];

/** The configuration of workerd (workerd.capnp): the Worker with secrets and object, without a database. */
function configuration(modules: readonly Module[]): string {
	const { compatibilityDate, compatibilityFlags } = compatibility();
	const texts = {
		JWT_SECRET: secret(),
		SERVICE_ROLE_KEY: secret(),
		KEY_PEPPER: secret(),
		SIGNING_KEY: secret(),
		USAGE_FLUSH_SECONDS: "15",
	};
	const settings = {
		...texts,
		JWT_ISSUER: "https://bench.example",
		JWT_AUDIENCE: "bench",
		JWKS_URL: "",
		CORS_ORIGINS: "",
	};
	return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
	services = [(name = "main", worker = .worker)],
	sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const worker :Workerd.Worker = (
	modules = [${modules.map(({ name }) => `(name = "${name}", esModule = embed "${name}")`).join(", ")}],
	compatibilityDate = "${compatibilityDate}",
	compatibilityFlags = ${JSON.stringify(compatibilityFlags)},
	bindings = [
		(name = "KEY_GATE", durableObjectNamespace = "KeyGate"),
		${Object.entries(settings)
			.map(([name, text]) => `(name = "${name}", text = "${text}")`)
			.join(", ")}
	],
	durableObjectNamespaces = [(className = "KeyGate", uniqueKey = "bench", enableSql = true)],
	durableObjectStorage = (inMemory = void),
);
`;
}

/** Milliseconds from the start of the process to the first response. */
async function startOnce(config: string): Promise<number> {
	const begun = performance.now();
	const child = spawn(WORKERD, ["serve", "--control-fd=3", config], { stdio: ["ignore", "ignore", "pipe", "pipe"] });
	const exit = once(child, "exit");
	try {
		const response = await fetch(`http://127.0.0.1:${await portOf(child)}/v1/whoami`, { headers: FORGED });
		await response.arrayBuffer();
		if (response.status !== 401) throw new Error(`Expected 401 for a forged key, got ${response.status}`);
		return performance.now() - begun;
	} finally {
		child.kill("SIGKILL");
		await exit;
	}
}

/** The port that workerd reports once it listens. */
async function portOf({ stdio, stderr }: ChildProcess): Promise<number> {
	const complaint = stderr ? text(stderr) : "";
	// The control pipe, `--control-fd=3`.
	for await (const line of createInterface(stdio[3] as Readable)) {
		const { event, port } = JSON.parse(line) as { event: string; port: number };
		if (event === "listen") return port;
	}
	throw new Error(`workerd did not start: ${await complaint}`);
}

/** Starts both in turn. The service must be built. */
export async function measureStartUp(): Promise<StartUp> {
	const folder = mkdtempSync(join(tmpdir(), "salesos-start-"));
	const place = (name: string, modules: readonly Module[]) => {
		for (const module of modules) {
			const file = join(folder, name, module.name);
			mkdirSync(dirname(file), { recursive: true });
			writeFileSync(file, module.code);
		}
		const config = join(folder, name, "config.capnp");
		writeFileSync(config, configuration(modules));
		return () => startOnce(config);
	};
	try {
		const starts = { nothing: place("nothing", NOTHING), service: place("service", modulesOfService()) };
		const nothing: number[] = [];
		const service: number[] = [];
		for (let round = 0; round <= STARTS; round++) {
			const took = { nothing: await starts.nothing(), service: await starts.service() };
			// The first of each has the files to read from the disk.
			if (round === 0) continue;
			nothing.push(took.nothing);
			service.push(took.service);
		}
		const ratio = service.map((took, index) => took / (nothing[index] ?? Number.NaN));
		return { nothing: spread(nothing), service: spread(service), ratio: spread(ratio) };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}
