/** Builds the bench's own Workers from source. */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { build, transformWithOxc } from "vite";

/** Strips the types of one module, which may import only modules of the runtime. */
export async function compiled(file: string): Promise<string> {
	return (await transformWithOxc(readFileSync(file, "utf8"), file)).code;
}

/** Bundles a Worker with its imports into one module. Modules of the runtime stay external. */
export async function bundled(file: string): Promise<string> {
	const output = await build({
		configFile: false,
		logLevel: "error",
		root: dirname(file),
		// Libraries leave out their development checks in production.
		define: { "process.env.NODE_ENV": '"production"' },
		resolve: { conditions: ["workerd", "worker", "module"] },
		ssr: { noExternal: true, target: "webworker" },
		build: {
			ssr: file,
			write: false,
			target: "es2024",
			minify: true,
			rollupOptions: { external: [/^node:/, /^cloudflare:/], output: { codeSplitting: false } },
		},
	});
	if (Array.isArray(output) || !("output" in output)) throw new Error(`${file}: expected one build output`);
	const [chunk, ...others] = output.output;
	if (others.length > 0) throw new Error(`${file}: expected one module`);
	return chunk.code;
}
