/** What the Worker loads before it can admit a key: nothing that admission does not need. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { createBuilder, type Plugin } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");
const WORKER = "salesos_api_keys";
const kilobytes = (bytes: number) => bytes / 1_000;

interface Chunk {
	isEntry: boolean;
	imports: string[];
	modules: string[];
	code: string;
}
const chunks = new Map<string, Chunk>();

/** Reads the Worker's chunks as they are about to be written. */
const reader: Plugin = {
	name: "reader",
	generateBundle(_options, bundle) {
		if (this.environment.name !== WORKER) return;
		for (const [name, chunk] of Object.entries(bundle)) {
			if (chunk.type !== "chunk") continue;
			const { isEntry, imports, code } = chunk;
			chunks.set(name, { isEntry, imports, code, modules: Object.keys(chunk.modules) });
		}
	},
};

/** What is loaded with the entry: its chunk, those that it imports, those that they import. */
function loadedAtStart(): Chunk[] {
	const names = new Set([...chunks].filter(([, { isEntry }]) => isEntry).map(([name]) => name));
	for (const name of names) for (const imported of chunks.get(name)?.imports ?? []) names.add(imported);
	return [...names].flatMap((name) => chunks.get(name) ?? []);
}

const target = mkdtempSync(join(tmpdir(), "salesos-build-"));
afterAll(() => rmSync(target, { recursive: true }));
beforeAll(async () => {
	const builder = await createBuilder({
		configFile: join(ROOT, "vite.config.ts"),
		root: join(ROOT, "web"),
		logLevel: "error",
		build: { outDir: target },
		plugins: [reader],
	});
	await builder.buildApp();
});

describe("what is loaded at the start", () => {
	it("is the way of a key from its header to its gate, and nothing else", () => {
		const modules = loadedAtStart().flatMap((chunk) => chunk.modules.filter((id) => id.startsWith(ROOT)));
		const ours = modules.map((id) => relative(ROOT, id)).filter((path) => !path.startsWith("node_modules/"));
		expect(ours.sort()).toEqual([
			"db/audit.ts",
			"db/ids.ts",
			"worker/admission/admit-request.ts",
			"worker/admission/admit.ts",
			"worker/admission/final-refusals.ts",
			"worker/admission/key-routes.ts",
			"worker/admission/refusal.ts",
			"worker/admission/retry-once.ts",
			"worker/admission/whoami.ts",
			"worker/bounded-map.ts",
			"worker/env.ts",
			"worker/errors.ts",
			"worker/fetch.ts",
			"worker/gate/callers.ts",
			"worker/gate/counter.ts",
			"worker/gate/delivery.ts",
			"worker/gate/key-gate.ts",
			"worker/gate/key-memory.ts",
			"worker/gate/protocol.ts",
			"worker/gate/rotation.ts",
			"worker/gate/store.ts",
			"worker/gate/timers.ts",
			"worker/http/credential.ts",
			"worker/http/rate-limit-headers.ts",
			"worker/http/request-info.ts",
			"worker/http/response.ts",
			"worker/http/security-headers.ts",
			"worker/index.ts",
			"worker/keys/decide.ts",
			"worker/keys/format.ts",
			"worker/keys/hash.ts",
			"worker/keys/ip-address.ts",
			"worker/keys/ip-allowlist.ts",
			"worker/keys/snapshot.ts",
			"worker/keys/transitions.ts",
			"worker/keys/window.ts",
			"worker/log.ts",
			"worker/schemas/key-pattern.ts",
			"worker/schemas/time.ts",
			"worker/verifier.ts",
		]);
	});

	it("brings three packages: no router, no schemas, no Drizzle, no OpenAPI", () => {
		const modules = loadedAtStart().flatMap((chunk) => chunk.modules);
		const packages = modules.flatMap((id) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(id)?.[1] ?? []);
		expect([...new Set(packages)].sort()).toEqual(["@noble/hashes", "ipaddr.js", "nanoid"]);
	});

	it("is under 110 kB, and the whole Worker under 450 kB compressed", () => {
		const size = (some: Iterable<Chunk>) => [...some].reduce((sum, { code }) => sum + code.length, 0);
		const compressed = [...chunks.values()].reduce((sum, { code }) => sum + gzipSync(code).length, 0);
		expect(kilobytes(size(loadedAtStart()))).toBeLessThan(110);
		expect(kilobytes(compressed)).toBeLessThan(450);
		// A build that put everything into one file would pass as small by a miscount only.
		expect(kilobytes(size(chunks.values()))).toBeGreaterThan(500);
	});
});
