/** Where to go after signing in. Pure. */
import { paths } from "../paths.ts";

/**
 * The wanted path if it's one of this page, else the list of keys. Anything else would be an open redirect: a link could
 * send people who have just signed in to a foreign site.
 */
export function pathAfterSignIn(wanted: string | undefined): string {
	if (wanted === undefined || !/^\/(?![/\\])/.test(wanted)) return paths.keys;
	const base = "https://page.invalid";
	let url: URL;
	try {
		url = new URL(wanted, base);
	} catch {
		return paths.keys;
	}
	if (url.origin !== base || url.pathname === paths.signIn) return paths.keys;
	// `/..//x` looks like a path of this page, but resolves to `//x`, which is another host.
	if (url.pathname.startsWith("//")) return paths.keys;
	return url.pathname + url.search + url.hash;
}
