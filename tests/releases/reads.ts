/** What a release reads of the database: later migrations must neither drop nor rename it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileOf, type Release } from "./release.ts";

export interface Reads {
	/** The newest migration of the release, without `.sql`. */
	schema: string;
	/** Columns by table or view. */
	tables: Record<string, string[]>;
	/** The indexes that statements name. Without them, the statements fail. */
	indexes: string[];
	/** The triggers that keep counts, search and rules. */
	triggers: string[];
}

/** Names of tables that SQLite makes for a virtual table. */
const SHADOW = /_(config|content|data|docsize|idx)$/;

const DEFINITION = /\b(index|uniqueIndex)\(`\w+`\)/g;
/** The beginning of a name that is completed when the statement runs. */
const PREFIX = /`(\w+_by_)\$\{/g;

/** `migrations` is the folder of the release's migrations. */
export function readsOf({ modules }: Release, migrations: string): Reads {
	const db = new DatabaseSync(":memory:");
	const files = readdirSync(migrations)
		.filter((name) => name.endsWith(".sql"))
		.sort();
	for (const file of files)
		db.exec(readFileSync(join(migrations, file), "utf8").replaceAll("--> statement-breakpoint", ";"));
	const namesOf = (type: string) =>
		db
			.prepare("SELECT name FROM sqlite_master WHERE type = ? AND name NOT GLOB 'sqlite_*' ORDER BY name")
			.all(type)
			.map(({ name }) => String(name));
	const relations = [...namesOf("table"), ...namesOf("view")].filter((name) => !SHADOW.test(name));
	const columnsOf = (table: string) =>
		db
			.prepare("SELECT name FROM pragma_table_info(?)")
			.all(table)
			.map(({ name }) => String(name));
	// Without the definitions of the schema, which name every index.
	const code = modules.map((module) => module.code.replace(DEFINITION, "")).join("\n");
	const prefixes = [...code.matchAll(PREFIX)].flatMap(([, prefix]) => (prefix === undefined ? [] : [prefix]));
	const isNamed = (name: string) =>
		new RegExp(`\\b${name}\\b`).test(code) || prefixes.some((prefix) => name.startsWith(prefix));
	return {
		schema: (files.at(-1) ?? "").replace(".sql", ""),
		tables: Object.fromEntries(relations.map((name) => [name, columnsOf(name)])),
		indexes: namesOf("index").filter(isNamed),
		triggers: namesOf("trigger"),
	};
}

/** What a release that is kept reads. */
export const keptReads = (version: string): Reads =>
	JSON.parse(readFileSync(fileOf(version, "reads.json"), "utf8")) as Reads;
