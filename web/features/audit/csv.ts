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
 * The start of a formula where a cell may start: at the start of a field, and after what another program may read as a
 * separator or quote. Excel splits at `;` in many languages, even inside the quotes of a comma-separated file. Some
 * spreadsheets ignore spaces before a formula, or read full-width signs.
 */
const FORMULA = /(^|[;,|\t\r\n"])([\s\u00a0]*)(?=[=+\-@＝＋－＠])/g;

/** Programs may drop spaces at the start of a field (OWASP, "CSV Injection"). */
const SPACES_AT_START = /^(?:[\t\r\n]|[\s\u00a0]+')/;

/**
 * A value as one field. Others choose the names of keys and the user agents, so an apostrophe disarms every formula: a
 * spreadsheet shows the rest as text.
 */
function csvField(value: string): string {
	const disarmed = value.replace(FORMULA, "$1$2'").replace(SPACES_AT_START, "'$&");
	return /[",;|\t\r\n]/.test(disarmed) ? `"${disarmed.replaceAll('"', '""')}"` : disarmed;
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
