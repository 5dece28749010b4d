/** What the Worker loads before it can admit a key: nothing that admission does not need. */
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { readyCopy } from "../harness.ts";

const { folder: ROOT, chunkReport } = readyCopy();
const kilobytes = (bytes: number) => bytes / 1_000;

interface Chunk {
	fileName: string;
	isEntry: boolean;
	imports: string[];
	modules: string[];
	code: string;
}

// The build has written it (see vite.config.ts).
const chunks = JSON.parse(readFileSync(chunkReport, "utf8")) as Chunk[];

/** The chunks that load with the entry: its own, those that it imports, and those that they import. */
function loadedAtStart(): Chunk[] {
	const names = new Set(chunks.filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
	// A Set visits what is added while it is walked.
	for (const name of names)
		for (const imported of chunks.find(({ fileName }) => fileName === name)?.imports ?? []) names.add(imported);
	return chunks.filter(({ fileName }) => names.has(fileName));
}

describe("what is loaded at the start", () => {
	it("contains the modules of admission and no others", () => {
		const modules = loadedAtStart().flatMap((chunk) => chunk.modules.filter((id) => id.startsWith(ROOT)));
		const ours = modules.map((id) => relative(ROOT, id)).filter((path) => !path.startsWith("node_modules/"));
		expect(ours.sort()).toEqual([
			"db/ids.ts",
			"db/places.ts",
			"db/roles.ts",
			"worker/admission/admit-request.ts",
			"worker/admission/admit.ts",
			"worker/admission/final-refusals.ts",
			"worker/admission/key-routes.ts",
			"worker/admission/refusal.ts",
			"worker/admission/retry-once.ts",
			"worker/admission/verdict-columns.ts",
			"worker/admission/verdict-points.ts",
			"worker/admission/whoami.ts",
			"worker/auth/password-hasher.ts",
			"worker/bounded-map.ts",
			"worker/env.ts",
			"worker/errors.ts",
			"worker/fetch.ts",
			"worker/gate/counter.ts",
			"worker/gate/delivery/back-off.ts",
			"worker/gate/delivery/usage-pace.ts",
			"worker/gate/key-gate.ts",
			"worker/gate/key-memory.ts",
			"worker/gate/parts.ts",
			"worker/gate/protocol.ts",
			"worker/gate/records.ts",
			"worker/gate/store.ts",
			"worker/gate/timers.ts",
			"worker/http/credential.ts",
			"worker/http/drain-body.ts",
			"worker/http/rate-limit-headers.ts",
			"worker/http/request-info.ts",
			"worker/http/response.ts",
			"worker/http/security-headers.ts",
			"worker/index.ts",
			"worker/jwt-claims.ts",
			"worker/keys/decide.ts",
			"worker/keys/format.ts",
			"worker/keys/hash.ts",
			"worker/keys/ip-address.ts",
			"worker/keys/ip-allowlist.ts",
			"worker/keys/recent-callers.ts",
			"worker/keys/signature-memory.ts",
			"worker/keys/signature.ts",
			"worker/keys/snapshot.ts",
			"worker/keys/window.ts",
			"worker/log-events.ts",
			"worker/log.ts",
			"worker/namespaces.ts",
			"worker/openid-config.ts",
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

	// Local names are shortened (vite.config.ts), which takes a sixth of the bytes.
	it("is under 103 kB, and the whole Worker under 450 kB compressed, without the list of common passwords", () => {
		const isList = ({ modules }: Chunk) => modules.some((id) => id.includes("/@zxcvbn-ts/language-common/"));
		const size = (some: Iterable<Chunk>) => [...some].reduce((sum, { code }) => sum + code.length, 0);
		const compressedSize = (some: Chunk[]) => kilobytes(some.reduce((sum, { code }) => sum + gzipSync(code).length, 0));
		expect(kilobytes(size(loadedAtStart()))).toBeLessThan(103);
		expect(compressedSize(chunks.filter((chunk) => !isList(chunk)))).toBeLessThan(450);
		// Only the isolate that sets a password loads it.
		expect(compressedSize(chunks.filter(isList))).toBeLessThan(240);
		// If this fails, the sizes above are counted wrongly.
		expect(kilobytes(size(chunks))).toBeGreaterThan(500);
	});
});
