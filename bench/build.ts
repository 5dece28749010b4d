/** The Workers as they run: ours as `npm run build` makes it, the bench's own from their sources. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { transformWithOxc } from "vite";

export const ROOT = join(import.meta.dirname, "..");
/** What a deploy uploads. */
export const SERVICE_CONFIG = join(ROOT, "dist", "salesos_api_keys", "wrangler.json");

/** Builds the service exactly as for a deploy. Throws with the build's own words. */
export function buildService(): void {
	const { status, stdout, stderr } = spawnSync("npm", ["run", "build"], { cwd: ROOT, encoding: "utf8" });
	if (status !== 0) throw new Error(`npm run build failed:\n${stdout}\n${stderr}`);
}

/** One module in TypeScript, without its types. It may import only what the runtime has. */
export async function compiled(file: string): Promise<string> {
	return (await transformWithOxc(readFileSync(file, "utf8"), file)).code;
}
