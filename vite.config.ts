import { cloudflare } from "@cloudflare/vite-plugin";
import { defineConfig } from "vite";
import solid from "vite-plugin-solid";
import { PORT, STATE_DIR } from "./db/local.ts";

export default defineConfig({
	root: "web",
	build: { outDir: "../dist", emptyOutDir: true },
	// One address, always the same: if the port is taken, say so instead of moving on.
	server: { host: "localhost", port: PORT, strictPort: true, cors: false },
	preview: { host: "localhost", port: PORT, strictPort: true },
	plugins: [solid(), cloudflare({ configPath: "../wrangler.toml", persistState: { path: STATE_DIR } })],
});
