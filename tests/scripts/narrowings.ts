/** Finds what a release can no longer use after a migration. Pure. */
import type { Column, Schema, SchemaObject, Table } from "../../scripts/database/schema.ts";

/**
 * How the schema `after` is narrower than the schema of a release: what that release reads and no longer finds, and what it
 * writes and is now refused. One sentence for each.
 */
export function narrowings(release: Schema, after: Schema): string[] {
	const tables = new Map(after.tables.map((table) => [table.name, table]));
	const objects = new Map(after.objects.map((object) => [object.name, object]));
	const known = new Set(release.tables.map(({ name }) => name));
	const knownObjects = new Set(release.objects.map(({ name }) => name));
	return [
		...release.tables.flatMap((table) => {
			const now = tables.get(table.name);
			return now === undefined ? [`The table ${table.name} is missing.`] : tableNarrowings(table, now);
		}),
		...release.objects.flatMap((object) => objectNarrowings(object, objects.get(object.name))),
		...after.objects
			.filter(({ name, table, sql }) => known.has(table) && !knownObjects.has(name) && isUniqueIndex(sql))
			.map(({ name, table }) => `The new index ${name} refuses rows of ${table} that the release writes.`),
	];
}

const isUniqueIndex = (sql: string) => /^\s*create\s+unique\s+index/i.test(sql);
/** White space and quotes of names don't matter. */
const normal = (sql: string | null) => sql?.replaceAll(/\s+|[`"]/g, "").toLowerCase() ?? null;

function tableNarrowings(table: Table, now: Table): string[] {
	const columns = new Map(now.columns.map((column) => [column.name, column]));
	const known = new Set(table.columns.map(({ name }) => name));
	const problems = table.columns.flatMap((column) => {
		const name = `${table.name}.${column.name}`;
		const changed = columns.get(column.name);
		return changed === undefined ? [`The column ${name} is missing.`] : columnNarrowings(name, column, changed);
	});
	for (const column of now.columns) {
		const mustBeGiven = column.isRequired && column.default === null && !column.isGenerated;
		if (!known.has(column.name) && mustBeGiven)
			problems.push(`The new column ${table.name}.${column.name} is NOT NULL and has no default.`);
	}
	if (table.primaryKey.join() !== now.primaryKey.join()) problems.push(`The primary key of ${table.name} has changed.`);
	const references = new Set(table.references.map((reference) => JSON.stringify(reference)));
	if (now.references.some((reference) => !references.has(JSON.stringify(reference))))
		problems.push(`The table ${table.name} has a new foreign key.`);
	if (normal(table.virtualSql) !== normal(now.virtualSql))
		problems.push(`The table ${table.name} is made differently.`);
	return problems;
}

function columnNarrowings(name: string, column: Column, now: Column): string[] {
	const problems: string[] = [];
	if (column.type !== now.type) problems.push(`The column ${name} has the type ${now.type} instead of ${column.type}.`);
	if (!column.isRequired && now.isRequired) problems.push(`The column ${name} has become NOT NULL.`);
	if (column.default !== null && now.default === null) problems.push(`The column ${name} has lost its default.`);
	if (column.isGenerated !== now.isGenerated) problems.push(`The column ${name} is written differently.`);
	return problems;
}

/** A trigger and a view may change what they do. An index must keep its columns, because `INDEXED BY` names it. */
function objectNarrowings({ type, name, sql }: SchemaObject, now: SchemaObject | undefined): string[] {
	if (now?.type !== type) return [`The ${type} ${name} is missing.`];
	if (type === "index" && normal(sql) !== normal(now.sql)) return [`The index ${name} has other columns.`];
	return [];
}
