/** What a backup consists of: manifest.json, and one compressed file of JSON lines for each table. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface TableEntry {
	name: string;
	/** What the values of a row are, in order. */
	columns: string[];
	rows: number;
	/** Of the uncompressed lines, each with its newline. */
	sha256: string;
}

export interface DatabaseEntry {
	binding: string;
	/** The newest migration that the database had. */
	migration: string;
	/** The point of Time Travel at the start of the backup; null for a local database. */
	bookmark: string | null;
	/** Parents before their children. */
	tables: TableEntry[];
}

export interface Manifest {
	format: 1;
	startedAt: string;
	finishedAt: string;
	/** `local`, or an environment of wrangler.toml. */
	source: string;
	/** Where the data had to stay; null: anywhere. */
	jurisdiction: string | null;
	databases: DatabaseEntry[];
}

const FILE = "manifest.json";
const hashOf = (manifest: Manifest) => createHash("sha256").update(JSON.stringify(manifest)).digest("hex");

/** The file with the rows of a table, in a backup's folder. */
export const tableFile = (folder: string, binding: string, table: string): string =>
	join(folder, binding, `${table}.jsonl.gz`);

/** Writes the manifest, readable for its owner alone. Returns its checksum, which identifies the backup. */
export function writeManifest(folder: string, manifest: Manifest): string {
	const sha256 = hashOf(manifest);
	writeFileSync(join(folder, FILE), `${JSON.stringify({ ...manifest, sha256 }, null, "\t")}\n`, { mode: 0o600 });
	return sha256;
}

/** The manifest of a backup, with its checksum. Throws if there is none or if it was changed. */
export function readManifest(folder: string): { manifest: Manifest; sha256: string } {
	let text: string;
	try {
		text = readFileSync(join(folder, FILE), "utf8");
	} catch {
		throw new Error(`${folder} has no ${FILE}, so it is not a complete backup.`);
	}
	// The checksum proves that this program has written it.
	const { sha256, ...manifest } = JSON.parse(text) as Manifest & { sha256: string };
	if (manifest.format !== 1)
		throw new Error(`${folder} has the format ${manifest.format}. Restore it with the release that has written it.`);
	if (hashOf(manifest) !== sha256)
		throw new Error(`${join(folder, FILE)} was changed: its checksum differs. Take another copy of the backup.`);
	return { manifest, sha256 };
}
