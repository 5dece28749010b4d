import { chmodSync, existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { cloudflare } from "@cloudflare/vite-plugin";
import { defineConfig, type Plugin } from "vite";
import solid from "vite-plugin-solid";
import { PORT, STATE_DIR } from "./scripts/local.ts";

/** The build copies the local secrets beside the Worker, for `vite preview`. They stay readable for their owner alone. */
const privateSecrets: Plugin = {
	name: "private-secrets",
	writeBundle({ dir }) {
		const copy = join(dir ?? "", ".dev.vars");
		if (existsSync(copy)) chmodSync(copy, 0o600);
	},
};

/** Redoc as it is published, but with our own picture in place of one from its makers' servers. */
const redoc = () =>
	readFileSync(createRequire(import.meta.url).resolve("redoc/bundles/redoc.standalone.js"), "utf8").replaceAll(
		"https://cdn.redoc.ly/redoc/logo-mini.svg",
		"/icon.svg",
	);

/** What the API reference (public/docs.html) is drawn with. */
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

export default defineConfig({
	root: "web",
	build: { outDir: "../dist", emptyOutDir: true },
	// One address, always the same: if the port is taken, say so instead of moving on.
	server: { host: "localhost", port: PORT, strictPort: true, cors: false },
	preview: { host: "localhost", port: PORT, strictPort: true },
	plugins: [
		solid(),
		apiReference,
		cloudflare({ configPath: "../wrangler.toml", persistState: { path: STATE_DIR } }),
		privateSecrets,
	],
});
