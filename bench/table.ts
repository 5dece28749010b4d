/** Formats rows as tables for the terminal and for Markdown. Pure. */

type Rows = readonly (readonly string[])[];

/** Aligns the first column to the left and the others to the right. */
function padded(rows: Rows): string[][] {
	const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
	return rows.map((row) =>
		row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))),
	);
}

export const columns = (rows: Rows): string =>
	padded(rows)
		.map((row) => row.join("  ").trimEnd())
		.join("\n");

/** The first row is the header. */
export function markdownTable(rows: Rows): string {
	const [head = [], ...body] = padded(rows);
	const rule = head.map((cell, column) => (column === 0 ? "-".repeat(cell.length) : `${"-".repeat(cell.length - 1)}:`));
	return [head, rule, ...body].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
