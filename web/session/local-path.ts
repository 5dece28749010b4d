/** Where the dashboard begins. */
export const HOME = "/integrations/api-keys";

export const NEW_KEY = `${HOME}/new`;

export const AUDIT_LOG = "/integrations/audit-log";

/** The way in. */
export const SIGN_IN = "/sign-in";

/**
 * The address to go to after signing in: a path of this page, or home. Anything else would let a link send people who
 * have just signed in to a foreign site.
 */
export function localPath(wanted: string | undefined): string {
	if (wanted === undefined || !/^\/(?![/\\])/.test(wanted)) return HOME;
	const base = "https://page.invalid";
	let url: URL;
	try {
		url = new URL(wanted, base);
	} catch {
		return HOME;
	}
	if (url.origin !== base || url.pathname === SIGN_IN) return HOME;
	// `/..//x` is a path of this page until its dots are resolved.
	if (url.pathname.startsWith("//")) return HOME;
	return url.pathname + url.search + url.hash;
}
