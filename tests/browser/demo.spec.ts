/** The demo tenant, filled by `npm run demo`: thousands of keys with history. Takes most screenshots. */
import type { Page } from "@playwright/test";
import { expect, expectAccessible, inBothThemes, PHONE, screenshot, test } from "./fixtures.ts";

const LIST = "/integrations/api-keys";
/** Signs in as the owner of the demo tenant. */
async function signIn(page: Page, { email, password }: { email: string; password: string }): Promise<void> {
	await page.goto("/sign-in");
	await page.getByLabel("Email").fill(email);
	await page.getByLabel("Password").fill(password);
	await page.getByRole("button", { name: "Sign in" }).click();
	await expect(page.locator("tbody tr").first()).toBeVisible();
	// The pointer must not hover a row in the screenshots.
	await page.mouse.move(0, 0);
}

test("the list scrolls to the last of thousands of keys and draws only a few rows", { tag: "@proof" }, async ({
	page,
	demo,
}) => {
	test.setTimeout(90_000);
	await signIn(page, demo);
	await page.goto(`${LIST}?sort=created_at`);
	const total = Number(await page.getByRole("table").getAttribute("aria-rowcount"));
	expect(total, "filled by npm run demo").toBeGreaterThan(1_000);
	const lastRow = page.locator(`tbody tr[aria-rowindex="${total}"]`);
	await expect(async () => {
		await page.mouse.wheel(0, 100_000);
		await expect(lastRow).toBeInViewport({ timeout: 200 });
	}).toPass({ timeout: 60_000 });
	expect(await page.locator("tbody tr").count()).toBeLessThan(60);

	// A key far down can be opened, and the way back leads to its row.
	await lastRow.getByRole("link").click();
	await expect(page.getByRole("heading", { level: 2, name: "This hour" })).toBeVisible();
	await page.goBack();
	await expect(page.locator("tbody tr").first()).toBeVisible();
});

test("a search with very many results shows a minimum count", { tag: "@proof" }, async ({ page, demo }) => {
	await signIn(page, demo);
	const all = page.getByRole("navigation", { name: "Keys by status" }).getByRole("link", { name: /^All/ });
	await expect(all).toHaveText(/^All\s*[\d,]+$/);
	await page.getByRole("searchbox").fill("sk_live");
	await expect(all).toHaveText(/^All\s*[\d,]+\+$/);
	await page.getByRole("searchbox").fill("no key is called this");
	await expect(all).toHaveText(/^All\s*0$/);
});

test("the list and a key with history are accessible in both themes", { tag: "@proof" }, async ({ page, demo }) => {
	// Screenshots and accessibility checks of a large page.
	test.slow();
	await signIn(page, demo);
	await inBothThemes(page, async (theme) => {
		await expectAccessible(page);
		await screenshot(page, `keys-${theme}`);
	});

	// The newest keys have usage for every hour. Take the first one with a hundred thousand requests.
	await page.goto(`${LIST}?status=active`);
	const busy = page.locator("tbody tr").filter({ has: page.locator("td:nth-child(5)", { hasText: /\d{3},\d{3}/ }) });
	await busy.first().getByRole("link").click();
	await page.getByText("7 days", { exact: true }).click();
	await expect(page.locator("canvas")).toBeVisible();
	await inBothThemes(page, async (theme) => {
		await expectAccessible(page);
		await screenshot(page, `key-${theme}`);
	});
});

test.describe("on a phone", () => {
	test.use(PHONE);

	test("the list has two lines per key", { tag: "@proof" }, async ({ page, demo }) => {
		await signIn(page, demo);
		await inBothThemes(page, async (theme) => screenshot(page, `keys-phone-${theme}`));
	});
});
