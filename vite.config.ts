import { chmodSync, existsSync } from "node:fs";
import { join } from "node:path";
import { cloudflare } from "@cloudflare/vite-plugin";
import { defineConfig, type Plugin } from "vite";
import solid from "vite-plugin-solid";
import { PORT, STATE_DIR } from "./db/local.ts";

/** The build copies the local secrets beside the Worker, for `vite preview`. They stay readable for their owner alone. */
const privateSecrets: Plugin = {
	name: "private-secrets",
	writeBundle({ dir }) {
		const copy = join(dir ?? "", ".dev.vars");
		if (existsSync(copy)) chmodSync(copy, 0o600);
	},
};

export default defineConfig({
	root: "web",
	build: { outDir: "../dist", emptyOutDir: true },
	// One address, always the same: if the port is taken, say so instead of moving on.
	server: { host: "localhost", port: PORT, strictPort: true, cors: false },
	preview: { host: "localhost", port: PORT, strictPort: true },
	plugins: [solid(), cloudflare({ configPath: "../wrangler.toml", persistState: { path: STATE_DIR } }), privateSecrets],
});
