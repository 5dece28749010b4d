/**
 * Builds the package, by `npm run build:client` and after an install: the client, the command line and the client's types.
 *
 * The compiler writes the declarations and this script copies the few that the client refers to. tsdown would bundle them,
 * but its release for TypeScript 7 depends on packages that the npm registry doesn't serve, so `npm ci` fails (November 2026).
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { build } from "vite";

const ROOT = join(import.meta.dirname, "..");
const OUT = join(import.meta.dirname, "dist");
/** Where the compiler writes declarations, by project (tsconfig.json). */
const DECLARATIONS = { client: join(ROOT, ".types/client"), worker: join(ROOT, ".types/worker") };
/** The dependencies of the package. Its types may import nothing else. */
const DEPENDENCIES = /^(@trpc\/(client|server)|commander|string-width)(\/|$)/;
/** `from "…"`, `import "…"` and `import("…")`. */
const IMPORT = /(\bfrom |\bimport )"([^"]+)"|\bimport\("([^"]+)"\)/g;

/** Compiles everything again: the incremental build of TypeScript 7 can miss changed declarations after an update of the tree. */
function compile(): void {
	const { status, stdout } = spawnSync("tsc", ["-b", "--force", "client"], { cwd: ROOT, encoding: "utf8" });
	if (status !== 0) throw new Error(`The client does not compile:\n${stdout}`);
}

/** The declarations of a source file. */
function declarationsOf(source: string): string {
	const path = relative(ROOT, source).replace(/\.ts$/, ".d.ts");
	return readFileSync(join(path.startsWith("client/") ? DECLARATIONS.client : DECLARATIONS.worker, path), "utf8");
}

/** Copies the declarations of a file and of everything that they import. */
function copyTypes(source: string, done: Set<string>): void {
	if (done.has(source)) return;
	done.add(source);
	const text = declarationsOf(source).replaceAll(IMPORT, (whole, _keyword, from: string, inline: string) => {
		const target = from ?? inline;
		if (!target.startsWith(".")) {
			if (!DEPENDENCIES.test(target))
				throw new Error(`${relative(ROOT, source)} imports ${target} into the client's types`);
			return whole;
		}
		copyTypes(resolve(dirname(source), target), done);
		return whole.replace(target, target.replace(/\.ts$/, ".js"));
	});
	const copy = join(OUT, "types", relative(ROOT, source).replace(/\.ts$/, ".d.ts"));
	mkdirSync(dirname(copy), { recursive: true });
	writeFileSync(copy, text);
}

rmSync(OUT, { recursive: true, force: true });
compile();
copyTypes(join(import.meta.dirname, "index.ts"), new Set());
await build({
	configFile: false,
	root: ROOT,
	logLevel: "warn",
	publicDir: false,
	build: {
		outDir: OUT,
		emptyOutDir: false,
		target: "es2022",
		minify: false,
		lib: {
			entry: { index: join(import.meta.dirname, "index.ts"), cli: join(import.meta.dirname, "cli/main.ts") },
			formats: ["es"],
		},
		rolldownOptions: { external: [DEPENDENCIES, /^node:/], output: { chunkFileNames: "[name].js" } },
	},
});
