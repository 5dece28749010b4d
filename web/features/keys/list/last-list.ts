/** The way back from a key: to the list as it was narrowed when the key was opened. */
import { HOME } from "../../../session/local-path.ts";

let last = HOME;

/** The address of the list that was looked at last, or of the whole one. */
export const lastList = (): string => last;

/** The list is being looked at, with this query string. */
export function lookAtList(search: string): void {
	last = HOME + search;
}
