/** A page without the dashboard, for tests of the test support itself. */
import type { Page } from "@playwright/test";

const PATH = "/bare-page";
/** As strict as the dashboard's policy. */
const POLICY = "default-src 'none'; connect-src 'self'; script-src 'self'; style-src 'self'; img-src data:";

const HEAD = `<title>Bare</title>
<meta name="viewport" content="width=device-width">
<link rel="icon" href="data:,">`;

/** Opens it at the dashboard's origin, so with its cookies and storage. `body` is HTML. */
export async function openBarePage(page: Page, body = "<h1>Bare</h1>", policy = POLICY): Promise<void> {
	await page.route(`**${PATH}`, (route) =>
		route.fulfill({
			contentType: "text/html",
			headers: { "content-security-policy": policy },
			body: `<!doctype html><html lang="en">${HEAD}<main>${body}</main>`,
		}),
	);
	await page.goto(PATH);
}
