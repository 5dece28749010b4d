/** The machine and the versions of a run. */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { ROOT } from "../scripts/built-service.ts";
import { peerVersion } from "./peers/install.ts";

export interface Conditions {
	/** Day of the run, in UTC. */
	date: string;
	machine: { cpu: string; cores: number; system: string };
	/** Package name → version. */
	versions: Record<string, string>;
}

const versionOf = (name: string): string => {
	const manifest = JSON.parse(readFileSync(join(ROOT, "node_modules", name, "package.json"), "utf8"));
	return (manifest as { version: string }).version;
};

export function conditions(now: number, peers: boolean): Conditions {
	const processors = cpus();
	const own = ["workerd", "autocannon"].map((name) => [name, versionOf(name)] as const);
	const others = peers
		? ["better-auth", "@better-auth/api-key", "kysely", "better-sqlite3"].map(
				(name) => [name, peerVersion(name)] as const,
			)
		: [];
	return {
		date: new Date(now).toISOString().slice(0, 10),
		machine: {
			cpu: processors[0]?.model.trim() ?? "unknown",
			cores: processors.length,
			system: `${process.platform} ${process.arch}`,
		},
		versions: Object.fromEntries([["node", process.versions.node], ...own, ...others]),
	};
}
