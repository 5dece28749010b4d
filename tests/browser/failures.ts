/** Failures that a service under test cannot produce on demand. The browser responds in its place. */
import type { Page } from "@playwright/test";
import { intercept } from "./intercept.ts";

/** Request id of such responses. */
export const FAILED_REQUEST = "req-of-the-failure";

/** A failed call in tRPC's format. */
export const failure = (code: "SERVER_ERROR" | "UNAVAILABLE", procedure: string) => ({
	error: {
		message: "Something went wrong.",
		code: -32_603,
		data: { code, httpStatus: code === "SERVER_ERROR" ? 500 : 503, request_id: FAILED_REQUEST, path: procedure },
	},
});

/**
 * Every call of the procedure fails until the returned function is called. Announce it with
 * `expectProblems({ status, url: procedure })`; the status is 500, or 503 for UNAVAILABLE.
 */
export function failAt(
	page: Page,
	procedure: string,
	code: "SERVER_ERROR" | "UNAVAILABLE" = "SERVER_ERROR",
): Promise<() => void> {
	const failed = failure(code, procedure);
	return intercept(page, new RegExp(`/trpc/${procedure.replace(".", "\\.")}`), (route) =>
		route.fulfill({ status: failed.error.data.httpStatus, json: [failed] }),
	);
}

/** Replaces the `Date` header of responses, or removes it. */
export async function tellTime(page: Page, time: string | null): Promise<void> {
	await page.route(/\/trpc\//, async (route) => {
		const response = await route.fetch();
		const { date: _, ...headers } = response.headers();
		await route.fulfill({
			response,
			headers: time === null ? headers : { ...headers, date: new Date(time).toUTCString() },
		});
	});
}
