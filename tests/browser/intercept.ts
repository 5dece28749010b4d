/** Answers in place of the service, for a while. */
import type { Page, Route } from "@playwright/test";

/**
 * Requests to addresses that match go to `handle`, until what is returned is called; from then on they reach the service
 * as before. Not `page.unroute`: with its last route a page stops intercepting, and the browser then loses a request
 * that is just being made, which is never answered.
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

/** Keeps requests to addresses that match back, until what is returned is called. */
export async function holdBack(page: Page, pattern: RegExp): Promise<() => void> {
	const { promise, resolve } = Promise.withResolvers<void>();
	await page.route(pattern, async (route) => {
		await promise;
		// The page may have given it up meanwhile.
		await route.continue().catch(() => {});
	});
	return resolve;
}
