/** Where a sign-in may lead to. Pure, and without zod, because the dashboard's first load contains it. */

const BASE = "https://page.invalid";

/**
 * The wanted path if it is one of this site; null for everything else, which would be an open redirect: a link could send
 * people who have just signed in to a foreign site.
 */
export function returnPath(wanted: string | null | undefined): string | null {
	if (!wanted || !/^\/(?![/\\])/.test(wanted) || !URL.canParse(wanted, BASE)) return null;
	const { origin, pathname, search, hash } = new URL(wanted, BASE);
	// `/..//x` looks like a path of this site, but resolves to `//x`, which is another host.
	return origin === BASE && !pathname.startsWith("//") ? pathname + search + hash : null;
}
