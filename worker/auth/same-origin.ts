/**
 * Protection of cookies against other sites (CSRF). The cookie is SameSite=Strict already; this is the second line,
 * for browsers and subdomains that get around the first: whatever changes something must come from our own pages.
 */
import { AppError } from "../errors.ts";

const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** Throws `FORBIDDEN` if a request that may change something was not sent by a page of this origin. */
export function requireSameOrigin(request: Request): void {
	if (SAFE_METHODS.has(request.method)) return;
	// Browsers send Origin with every POST, so a cookie without it comes from something that only looks like one.
	if (request.headers.get("origin") !== new URL(request.url).origin)
		throw new AppError("FORBIDDEN", "Requests with a session cookie must come from this site's own pages.");
}

/** For sign-in, which needs no cookie: programs send no Origin and may pass, foreign pages may not. */
export function refuseForeignOrigin(request: Request): void {
	if (request.headers.has("origin")) requireSameOrigin(request);
}
