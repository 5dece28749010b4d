/** Responds in place of the service for a while. */
import type { Page, Route } from "@playwright/test";

/**
 * Matching requests go to `handle` until the returned function is called, and to the service after that. Not
 * `page.unroute`: without routes a page stops intercepting, and the browser loses a request that is under way.
 */
export async function intercept(
	page: Page,
	pattern: RegExp,
	handle: (route: Route) => Promise<void> | void,
): Promise<() => void> {
	let ended = false;
	await page.route(pattern, (route) => (ended ? route.fallback() : handle(route)));
	return () => {
		ended = true;
	};
}

/** Holds matching requests back until the returned function is called. */
export async function holdBack(page: Page, pattern: RegExp): Promise<() => void> {
	const { promise, resolve } = Promise.withResolvers<void>();
	await page.route(pattern, async (route) => {
		await promise;
		// The page may have cancelled it meanwhile.
		await route.continue().catch(() => {});
	});
	return resolve;
}
