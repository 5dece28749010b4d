/**
 * Protection of cookies against other sites (CSRF). The cookie is SameSite=Strict. This is the second line of defence,
 * for browsers and subdomains that get around the first: a request that changes something must come from our own pages.
 */
import { AppError } from "../errors.ts";
import { hasHeaderCredential } from "../http/credential.ts";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Throws `FORBIDDEN` if a request that may change something was not sent by a page of this origin. */
function requireSameOrigin(request: Request): void {
	if (SAFE_METHODS.has(request.method)) return;
	// Browsers send Origin with every POST, so a cookie without it wasn't sent by a browser.
	if (request.headers.get("origin") !== new URL(request.url).origin)
		throw new AppError("FORBIDDEN", "Requests with a session cookie must come from this site's own pages.");
}

/** Throws `FORBIDDEN` if a cookie authenticates the request and another site may have made the browser send it. */
export function requireOwnCookie(request: Request): void {
	if (request.headers.has("cookie") && !hasHeaderCredential(request)) requireSameOrigin(request);
}

/** For sign-in and sign-out, which need no cookie: programs send no Origin and pass; pages of other origins don't. */
export function refuseForeignOrigin(request: Request): void {
	if (request.headers.has("origin")) requireSameOrigin(request);
}
