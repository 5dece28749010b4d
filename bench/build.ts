/** The bench's own Workers, from their sources. */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { build, transformWithOxc } from "vite";

/** One module in TypeScript, without its types. It may import only what the runtime has. */
export async function compiled(file: string): Promise<string> {
	return (await transformWithOxc(readFileSync(file, "utf8"), file)).code;
}

/** A Worker with all that it imports, as one module. What the runtime brings along stays outside. */
export async function bundled(file: string): Promise<string> {
	const output = await build({
		configFile: false,
		logLevel: "error",
		root: dirname(file),
		// Libraries look at this to leave out their checks and warnings for developers.
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
	if (Array.isArray(output) || !("output" in output)) throw new Error(`${file} was not built at once`);
	const [chunk, ...others] = output.output;
	if (others.length > 0) throw new Error(`${file} is not one module`);
	return chunk.code;
}
