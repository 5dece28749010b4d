/** Where to go after signing in. Pure. */
import { returnPath } from "../../worker/schemas/return-path.ts";
import { paths } from "../paths.ts";

/** The wanted path if it's a screen of this page, else the list of keys. */
export function pathAfterSignIn(wanted: string | undefined): string {
	const path = returnPath(wanted);
	return path === null || path.split(/[?#]/)[0] === paths.signIn ? paths.keys : path;
}
