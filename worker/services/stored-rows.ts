/** Rows as the databases store them, for exports: without secrets, and without what is only derived from other columns. */

/** Columns that no export contains, and why. */
export const LEFT_OUT = {
	password_hash: "hash of a password",
	secret_hash: "hash of a secret",
	name_hash: "hash of a name that a caller chose for a retry",
	input_hash: "hash of a request",
	hash: "hash of an imported key",
	token_hash: "hash of a session's token",
	search_text: "derived from the other columns",
	name_sort: "derived from the other columns",
	email_folded: "derived from the other columns",
	text_version: "derived from the other columns",
	search_no: "derived from the other columns",
} as const;

export type StoredRow = Record<string, unknown>;

export const shown = (row: StoredRow): StoredRow =>
	Object.fromEntries(Object.entries(row).filter(([column]) => !(column in LEFT_OUT)));
