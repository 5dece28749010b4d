/** The demo tenant, filled as `npm run demo` fills it: thousands of keys with a past. The pictures are taken here. */
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
	// Where the button was, there is a row now.
	await page.mouse.move(0, 0);
}

test("scrolls to the last of thousands of keys with a few rows drawn at a time", async ({ page, demo }) => {
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

	// And what is far down can be opened, and come back from.
	await lastRow.getByRole("link").click();
	await expect(page.getByRole("heading", { level: 2, name: "This hour" })).toBeVisible();
	await page.goBack();
	await expect(page.locator("tbody tr").first()).toBeVisible();
});

test("says of a search with very many results that there are more than it counts", async ({ page, demo }) => {
	await signIn(page, demo);
	const all = page.getByRole("navigation", { name: "Keys by status" }).getByRole("button", { name: /^All/ });
	await expect(all).toHaveText(/^All\s*[\d,]+$/);
	await page.getByRole("searchbox").fill("sk_live");
	await expect(all).toHaveText(/^All\s*[\d,]+\+$/);
	await page.getByRole("searchbox").fill("no key is called this");
	await expect(all).toHaveText(/^All\s*0$/);
});

test("shows the list and a key with their past, in both themes", async ({ page, demo }) => {
	// Four pictures and four readings of a large page.
	test.slow();
	await signIn(page, demo);
	await inBothThemes(page, async (theme) => {
		await expectAccessible(page);
		await screenshot(page, `keys-${theme}`);
	});

	// Of the newest keys every hour is known; this is the first that was used a hundred thousand times.
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

	test("shows the list in two lines a key", async ({ page, demo }) => {
		await signIn(page, demo);
		await inBothThemes(page, async (theme) => screenshot(page, `keys-phone-${theme}`));
	});
});
