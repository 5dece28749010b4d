/** Installs the peers' packages on demand. They aren't dependencies of the service. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { installLocked } from "../../scripts/install-locked.ts";

const FOLDER = import.meta.dirname;

/**
 * Installs the packages if needed. Returns null, or npm's error. Nothing is compiled: SQLite comes prebuilt for common
 * systems, and elsewhere that peer is left out.
 */
export const installPeers = (): string | null => installLocked(FOLDER);

/** The installed version of a package. */
export function peerVersion(name: string): string {
	const manifest = JSON.parse(readFileSync(join(FOLDER, "node_modules", name, "package.json"), "utf8"));
	return (manifest as { version: string }).version;
}
