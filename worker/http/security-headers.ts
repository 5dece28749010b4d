/**
 * Security headers of every response that is not a page (OWASP, REST Security Cheat Sheet). Browsers must read these
 * responses as data only, and no cache may keep them: some contain a key. Pages have theirs in `web/public/_headers`.
 */
export const SECURITY_HEADERS = {
	"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Referrer-Policy": "no-referrer",
	"Strict-Transport-Security": "max-age=15552000; includeSubDomains",
	"X-Content-Type-Options": "nosniff",
	"X-Frame-Options": "DENY",
	"Cache-Control": "no-store",
} as const;
