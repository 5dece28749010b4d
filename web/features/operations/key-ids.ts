/** What the service accepts in one call. */
const IDS_MAX = 50;
const ID_LENGTH_MAX = 64;

/** The ids in a text, each once, separated by spaces, commas or lines. Null: none, too many, or one that is too long. */
export function keyIdsIn(text: string): string[] | null {
	const ids = [...new Set(text.split(/[\s,;]+/).filter((id) => id !== ""))];
	return ids.length === 0 || ids.length > IDS_MAX || ids.some(({ length }) => length > ID_LENGTH_MAX) ? null : ids;
}
