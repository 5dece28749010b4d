/** Installs the packages of a folder with its own lock file: tools that are not dependencies of the service. */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const TIMEOUT_MS = 240_000;

/** Installs what the folder's lock file names, unless it is installed already. Returns null, or npm's error. */
export function installLocked(folder: string): string | null {
	const lock = join(folder, "package-lock.json");
	// A copy of the lock file of the last install shows whether the versions have changed since.
	const installed = join(folder, "node_modules", ".installed-lock.json");
	if (existsSync(installed) && readFileSync(installed, "utf8") === readFileSync(lock, "utf8")) return null;
	const options = { cwd: folder, encoding: "utf8", timeout: TIMEOUT_MS } as const;
	const { status, stderr, error } = spawnSync("npm", ["ci", "--ignore-scripts", "--prefer-offline"], options);
	if (status !== 0) return (error?.message ?? stderr).trim();
	copyFileSync(lock, installed);
	return null;
}
