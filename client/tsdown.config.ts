/** Builds the package, by `npm run build:client` and after an install: the client with its types, and the command line. */
import { defineConfig } from "tsdown";

export default defineConfig({
	entry: { index: "index.ts", cli: "cli/main.ts" },
	platform: "node",
	target: "es2022",
	// The package is of type "module", so plain .js and .d.ts are ES modules.
	fixedExtension: false,
	outputOptions: { chunkFileNames: "[name].js" },
	// The command line has no types to publish.
	dts: { entry: "index.ts", tsconfig: "tsconfig.build.json" },
	// tRPC's types use a library of TypeScript that the settings of a consumer may leave out.
	banner: { dts: '/// <reference lib="esnext.disposable" preserve="true" />' },
	logLevel: "error",
});
