/** Text as CSV (RFC 4180) that spreadsheets cannot run. Pure. */

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

/** One line of a file. */
export const csvLine = (values: readonly string[]): string => values.map(csvField).join(",") + LINE_END;

/** The start of a file: the byte order mark and the column names. */
export const csvHead = (columns: readonly string[]): string => BYTE_ORDER_MARK + csvLine(columns);

/** `audit-log-2026-11-22.csv`, by the reader's date. */
export function csvName(subject: string, now: Date): string {
	const two = (value: number) => String(value).padStart(2, "0");
	return `${subject}-${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}.csv`;
}
