/** The schema that migrations make, read from an SQLite in memory. No database of the service is touched. */
import { DatabaseSync } from "node:sqlite";
import type { Migration } from "../../db/migrate.ts";

export interface Column {
	name: string;
	type: string;
	isRequired: boolean;
	default: string | null;
	/** Computed from other columns, so nothing can be written to it. */
	isGenerated: boolean;
	/** Position in the primary key, from 1; 0 outside of it. */
	keyPosition: number;
}

export interface Table {
	name: string;
	columns: Column[];
	/** Names of the columns of the primary key, in order. */
	primaryKey: string[];
	references: Reference[];
	/** Of a virtual table, such as a search index: the statement that made it. */
	virtualSql: string | null;
}

/** A foreign key: columns of a table that name a row of its parent. */
interface Reference {
	parent: string;
	columns: { own: string; parent: string }[];
}

/** An index, trigger or view, with the statement that made it. */
export interface SchemaObject {
	type: "index" | "trigger" | "view";
	name: string;
	table: string;
	sql: string;
}

export interface Schema {
	/** Parents before their children. Without the tables in which SQLite keeps a virtual table. */
	tables: Table[];
	objects: SchemaObject[];
}

/** The schema after the migrations, which are applied to an empty database. */
export function schemaOf(migrations: readonly Migration[]): Schema {
	const db = new DatabaseSync(":memory:");
	try {
		for (const { queries } of migrations) for (const query of queries) db.exec(query);
		return readSchema(db);
	} finally {
		db.close();
	}
}

function readSchema(db: DatabaseSync): Schema {
	// Each caller names the columns of its statement.
	const all = <T>(sql: string, ...values: string[]) => db.prepare(sql).all(...values) as unknown as T[];
	const listed = all<{ name: string; type: string }>("select name, type from pragma_table_list where schema = 'main'");
	const tables = listed
		.filter(({ name, type }) => (type === "table" || type === "virtual") && !name.startsWith("sqlite_"))
		.map(({ name, type }): Table => {
			const columns = all<ColumnRow>("select * from pragma_table_xinfo(?)", name).map(columnOf);
			const key = columns.filter(({ keyPosition }) => keyPosition > 0);
			key.sort((a, b) => a.keyPosition - b.keyPosition);
			const [made] = all<{ sql: string }>("select sql from sqlite_schema where name = ?", name);
			return {
				name,
				columns,
				primaryKey: key.map((column) => column.name),
				references: referencesOf(all<ReferenceRow>("select * from pragma_foreign_key_list(?)", name)),
				virtualSql: type === "virtual" ? (made?.sql ?? null) : null,
			};
		});
	const objects = all<SchemaObject>(
		`select type, name, tbl_name as "table", sql from sqlite_schema
		where type in ('index', 'trigger', 'view') and sql is not null order by type, name`,
	);
	return { tables: parentsFirst(tables), objects };
}

interface ColumnRow {
	name: string;
	type: string;
	notnull: number;
	dflt_value: string | null;
	pk: number;
	/** 0: ordinary; 1: hidden; 2 and 3: generated. */
	hidden: number;
}

const columnOf = ({ name, type, notnull, dflt_value, pk, hidden }: ColumnRow): Column => ({
	name,
	type: type.toLowerCase(),
	isRequired: notnull === 1,
	default: dflt_value,
	isGenerated: hidden > 0,
	keyPosition: pk,
});

interface ReferenceRow {
	/** The same for all columns of one foreign key. */
	id: number;
	table: string;
	from: string;
	to: string;
}

const referencesOf = (rows: readonly ReferenceRow[]): Reference[] =>
	[...Map.groupBy(rows, ({ id }) => id).values()].flatMap((columns) => {
		const [first] = columns;
		if (first === undefined) return [];
		return [{ parent: first.table, columns: columns.map(({ from, to }) => ({ own: from, parent: to })) }];
	});

/** Orders tables by name, each after the tables that it references. */
function parentsFirst(tables: readonly Table[]): Table[] {
	const byName = new Map(tables.map((table) => [table.name, table]));
	const ordered = new Set<Table>();
	const add = (table: Table, children: readonly Table[]) => {
		if (ordered.has(table) || children.includes(table)) return;
		for (const { parent } of table.references) {
			const found = byName.get(parent);
			if (found) add(found, [...children, table]);
		}
		ordered.add(table);
	};
	for (const table of tables.toSorted((a, b) => (a.name < b.name ? -1 : 1))) add(table, []);
	return [...ordered];
}
