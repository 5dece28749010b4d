/**
 * The audit log as a table for other programs: CSV by RFC 4180, one line per event, times in UTC, fields and actions by
 * the names that the API gives them. Pure.
 */
import type { AuditEvent } from "./event-words.ts";

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

/** Without it, Excel takes UTF-8 for the code page of its country, and accents for something else. */
const BYTE_ORDER_MARK = "\uFEFF";
const LINE_END = "\r\n";

/**
 * What spreadsheets take for the beginning of a formula, some of them after spaces or in full width. Names of keys and
 * user agents are chosen by others. OWASP, "CSV Injection".
 */
const FORMULA = /^[\s\u00a0]*[=+\-@＝＋－＠]|^[\t\r\n]/;

/** A value as one field: defused, and quoted where it has to be. */
function csvField(value: string): string {
	const harmless = FORMULA.test(value) ? `'${value}` : value;
	return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

const csvLine = (values: readonly string[]): string => values.map(csvField).join(",") + LINE_END;

/** What a file begins with: its mark and the names of its columns. */
export const csvHead = (): string => BYTE_ORDER_MARK + csvLine(COLUMNS);

/** Lines for the events, in their order. Changes are one field of JSON. */
export function csvLines(events: readonly AuditEvent[]): string {
	return events
		.map((event) =>
			csvLine(COLUMNS.map((column) => (column === "changes" ? JSON.stringify(event.changes) : (event[column] ?? "")))),
		)
		.join("");
}

/** `audit-log-2026-11-22.csv`, after the day it is where the reader is. */
export function csvName(now: Date): string {
	const two = (value: number) => String(value).padStart(2, "0");
	return `audit-log-${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}.csv`;
}
