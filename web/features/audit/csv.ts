/**
 * The audit log as CSV (RFC 4180): one line per event, times in UTC, fields and actions named as in the API. Pure.
 */
import type { AuditEvent } from "../../api/types.ts";

const COLUMNS = [
	"at",
	"actor",
	"actor_email",
	"action",
	"key_id",
	"key_name",
	"ip",
	"user_agent",
	"changes",
] as const satisfies readonly (keyof AuditEvent)[];

/** Without it, Excel reads UTF-8 as the local code page and breaks accents. */
const BYTE_ORDER_MARK = "\uFEFF";
const LINE_END = "\r\n";

/**
 * What spreadsheets read as the start of a formula, some of them after spaces or in full width. Others choose the names
 * of keys and the user agents, so this stops an injected formula (OWASP, "CSV Injection").
 */
const FORMULA = /^[\s\u00a0]*[=+\-@＝＋－＠]|^[\t\r\n]/;

/** A value as one field: with formulas disarmed, and quoted where needed. */
function csvField(value: string): string {
	const safe = FORMULA.test(value) ? `'${value}` : value;
	return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const csvLine = (values: readonly string[]): string => values.map(csvField).join(",") + LINE_END;

/** The start of a file: the byte order mark and the column names. */
export const csvHead = (): string => BYTE_ORDER_MARK + csvLine(COLUMNS);

/** One line per event, in their order. Changes are one field of JSON. */
export function csvLines(events: readonly AuditEvent[]): string {
	return events
		.map((event) =>
			csvLine(COLUMNS.map((column) => (column === "changes" ? JSON.stringify(event.changes) : (event[column] ?? "")))),
		)
		.join("");
}

/** `audit-log-2026-11-22.csv`, by the reader's date. */
export function csvName(now: Date): string {
	const two = (value: number) => String(value).padStart(2, "0");
	return `audit-log-${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}.csv`;
}
