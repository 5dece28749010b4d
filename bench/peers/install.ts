/** Installs the peers' packages on demand. They aren't dependencies of the service. */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = import.meta.dirname;
const LOCK = join(FOLDER, "package-lock.json");
/** A copy of the lock file of the last install, to notice a change of versions. */
const INSTALLED = join(FOLDER, "node_modules", ".installed-lock.json");
const INSTALL_TIMEOUT_MS = 120_000;

/** Installs the packages if needed. Returns null, or npm's error. */
export function installPeers(): string | null {
	if (existsSync(INSTALLED) && readFileSync(INSTALLED, "utf8") === readFileSync(LOCK, "utf8")) return null;
	// Don't compile: SQLite comes prebuilt for common systems, and elsewhere that peer is left out.
	const options = { cwd: FOLDER, encoding: "utf8", timeout: INSTALL_TIMEOUT_MS } as const;
	const { status, stderr, error } = spawnSync("npm", ["ci", "--ignore-scripts"], options);
	if (status !== 0) return (error?.message ?? stderr).trim();
	copyFileSync(LOCK, INSTALLED);
	return null;
}

/** The installed version of a package. */
export function peerVersion(name: string): string {
	const manifest = JSON.parse(readFileSync(join(FOLDER, "node_modules", name, "package.json"), "utf8"));
	return (manifest as { version: string }).version;
}
