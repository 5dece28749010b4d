/** The peers' packages, installed when they are needed and not yet there. The service's own install knows nothing of them. */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = import.meta.dirname;
const LOCK = join(FOLDER, "package-lock.json");
/** A copy of the lock file that was installed from: with it, a change of versions is noticed. */
const INSTALLED = join(FOLDER, "node_modules", ".installed-lock.json");
const PATIENCE_MS = 120_000;

/** Null: they are there. Otherwise why they are not, in npm's words. */
export function installPeers(): string | null {
	if (existsSync(INSTALLED) && readFileSync(INSTALLED, "utf8") === readFileSync(LOCK, "utf8")) return null;
	// Nothing is compiled: SQLite comes built for the common systems, and elsewhere that peer is left out.
	const options = { cwd: FOLDER, encoding: "utf8", timeout: PATIENCE_MS } as const;
	const { status, stderr, error } = spawnSync("npm", ["ci", "--ignore-scripts"], options);
	if (status !== 0) return (error?.message ?? stderr).trim();
	copyFileSync(LOCK, INSTALLED);
	return null;
}

/** Version of a package that was installed. */
export function peerVersion(name: string): string {
	const manifest = JSON.parse(readFileSync(join(FOLDER, "node_modules", name, "package.json"), "utf8"));
	return (manifest as { version: string }).version;
}
