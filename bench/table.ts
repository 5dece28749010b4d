/** Results as text, in columns. Pure. */
import type { SubjectResult } from "./results.ts";
import type { Spread } from "./statistics.ts";

const ratio = ({ median, min, max }: Spread) => `${median.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`;
const milliseconds = ({ median }: Spread) => `${median.toFixed(1)} ms`;

const HEAD = ["", "requests/s", "p50", "p99", "CPU/request", "floor", "× floor", "p99 × floor", "generator"];

function cells({ title, requestsPerSecond, p50, p99, serverMicroseconds, generatorBusy, floor }: SubjectResult) {
	return [
		title,
		String(Math.round(requestsPerSecond.median)),
		milliseconds(p50),
		milliseconds(p99),
		serverMicroseconds ? `${Math.round(serverMicroseconds.median)} µs` : "–",
		floor?.name ?? "",
		floor ? ratio(floor.requestsPerSecond) : "",
		floor ? ratio(floor.p99) : "",
		`${Math.round(generatorBusy.median * 100)} %`,
	];
}

/** Rows in columns of equal width, the first to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
	const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
	const line = (row: readonly string[]) =>
		row
			.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
			.join("  ");
	return rows.map(line).join("\n");
}

export const timesTable = (results: readonly SubjectResult[]) => columns([HEAD, ...results.map(cells)]);
