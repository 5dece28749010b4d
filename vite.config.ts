import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { cloudflare } from "@cloudflare/vite-plugin";
import { defineConfig, type Plugin } from "vite";
import solid from "vite-plugin-solid";
import { PORT, STATE_DIR } from "./scripts/local-files.ts";
import { printMailedLinks, withLocalMail } from "./scripts/local-mail.ts";
import { hardenedServer } from "./scripts/local-server.ts";

/** The build copies .dev.vars beside the Worker, for `vite preview`. Keep the copy readable for its owner alone. */
const privateSecrets: Plugin = {
	name: "private-secrets",
	writeBundle({ dir }) {
		const copy = join(dir ?? "", ".dev.vars");
		if (existsSync(copy)) chmodSync(copy, 0o600);
	},
};

/** Redoc as it is published, except that the logo is ours: theirs would come from their servers. */
const redoc = () =>
	readFileSync(createRequire(import.meta.url).resolve("redoc/bundles/redoc.standalone.js"), "utf8").replaceAll(
		"https://cdn.redoc.ly/redoc/logo-mini.svg",
		"/icon.svg",
	);

/** Serves the script that draws the API reference (public/docs.html). */
const apiReference: Plugin = {
	name: "api-reference",
	configureServer(server) {
		server.middlewares.use("/docs/redoc.js", (_request, response) => {
			response.setHeader("Content-Type", "text/javascript").end(redoc());
		});
	},
	generateBundle() {
		if (this.environment.name !== "client") return;
		this.emitFile({ type: "asset", fileName: "docs/redoc.js", source: redoc() });
	},
};

/** Writes what the Worker's chunks are made of to the file that CHUNK_REPORT names, for tests/e2e/start-up.test.ts. */
const chunkReport: Plugin = {
	name: "chunk-report",
	generateBundle(_options, bundle) {
		const file = process.env.CHUNK_REPORT;
		if (!file || this.environment.name === "client") return;
		const chunks = Object.values(bundle).flatMap((output) => {
			if (output.type !== "chunk") return [];
			const { fileName, isEntry, imports, code, modules } = output;
			return [{ fileName, isEntry, imports, code, modules: Object.keys(modules) }];
		});
		writeFileSync(file, JSON.stringify(chunks));
	},
};

/**
 * What every visit loads first, with all that it imports. In one file it takes 5 kB less than in ten, since the parts are
 * compressed together.
 */
const SHARED =
	/\/web\/([\w-]+|api\/(action|client|problem|problem-view|query-client)|i18n\/(format|index)|ui\/(button|copy-button|field|icon|menu|states|toast))\.tsx?$/;

export default defineConfig(({ command, isPreview }) => ({
	root: "web",
	build: { outDir: "../dist", emptyOutDir: true },
	environments: {
		client: {
			build: { rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", test: SHARED }] } } } },
		},
		// A runtime parses comments, whitespace and names at each cold start. The names of functions and classes stay, so that the
		// log's stacks are readable.
		salesos_api_keys: {
			build: {
				rolldownOptions: {
					output: {
						minify: {
							compress: false,
							mangle: { toplevel: false, keepNames: { function: true, class: true } },
							codegen: { removeWhitespace: true },
						},
					},
				},
			},
		},
	},
	// Always the same URL: fail if the port is taken instead of choosing another.
	server: { host: "localhost", port: PORT, strictPort: true, cors: false },
	preview: { host: "localhost", port: PORT, strictPort: true },
	plugins: [
		hardenedServer,
		solid(),
		apiReference,
		printMailedLinks,
		cloudflare({
			configPath: "../wrangler.toml",
			persistState: { path: STATE_DIR },
			// A build must have the bindings of the deploy, and a preview serves the build.
			...(command === "serve" && !isPreview ? { config: withLocalMail(`http://localhost:${PORT}`) } : {}),
			// The folder of the build doesn't depend on the Worker's name, which a deployment chooses.
			viteEnvironment: { name: "salesos_api_keys" },
		}),
		privateSecrets,
		chunkReport,
	],
}));
