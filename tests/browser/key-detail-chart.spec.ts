/** The chart of a key's requests, and the table of the same numbers. */
import type { Page } from "@playwright/test";
import { FAILED_REQUEST, failure } from "./failures.ts";
import { expect, expectAccessibleInBothThemes, test } from "./fixtures.ts";
import type { Integration } from "./integration.ts";
import { intercept } from "./intercept.ts";
import type { TestTenant } from "./tenant.ts";

const LIST = "/integrations/api-keys";

const chart = (page: Page) => page.getByRole("slider");
const legend = (page: Page, name: RegExp) =>
	page.getByRole("group", { name: "Show in the chart" }).getByRole("button", { name });
const rows = (page: Page) => page.getByRole("region", { name: /^Requests per/ }).locator("tbody tr");
const tip = (page: Page) => chart(page).locator("p").first().locator("..");

/** The pixels of the chart, for comparison. */
const picture = (page: Page) =>
	// The page has only one canvas.
	page.locator("canvas").evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());

/** A key whose current hour has three admitted requests, two over the limit and one denied for its scope. */
async function usedKey(tenant: TestTenant, integration: (key: string) => Integration): Promise<string> {
	const { key, api_key } = await tenant.createKey({ name: "CRM", rate_limit: 3, scopes: ["default:sync"] });
	for (let request = 0; request < 5; request++) await integration(key).whoami();
	await integration(key).get("/v1/leads");
	return `${LIST}/${api_key.id}`;
}

test("the chart shows the outcomes of each bar and in the legend", async ({ page, tenant, signedIn, integration }) => {
	const address = await usedKey(tenant, integration);
	await signedIn();
	await page.goto(address);
	await expect(legend(page, /^Admitted/)).toHaveText("Admitted3");
	await expect(legend(page, /^Rate-limited/)).toHaveText("Rate-limited2");
	await expect(legend(page, /^Denied/)).toHaveText("Denied1");

	// With the mouse over the last bar and over an empty one.
	const box = await chart(page).boundingBox();
	if (!box) throw new Error("The chart is not there.");
	await page.mouse.move(box.x + box.width - 30, box.y + 100);
	await expect(tip(page)).toContainText("so far");
	await expect(tip(page)).toContainText("Admitted3");
	await expect(tip(page)).toContainText("Rate-limited2");
	await expect(tip(page)).toContainText("Denied1");
	await page.mouse.move(box.x + 200, box.y + 100);
	await expect(tip(page)).toContainText("Admitted0");
	await expect(tip(page)).not.toContainText("so far");
	// A click does not keep the tooltip.
	await page.mouse.click(box.x + 200, box.y + 100);
	await page.mouse.move(box.x + 200, box.y - 40);
	await expect(tip(page)).toBeHidden();
});

test("the keyboard moves from bar to bar, and each is announced", async ({ page, tenant, signedIn, integration }) => {
	const address = await usedKey(tenant, integration);
	await signedIn();
	await page.goto(address);
	await expect(chart(page)).toBeVisible();
	await page.getByRole("button", { name: "Show as table" }).focus();
	await page.keyboard.press("Tab");
	await expect(chart(page)).toBeFocused();
	await expect(chart(page)).toHaveAccessibleName("Requests per hour");
	await expect(chart(page)).toHaveAttribute("aria-valuenow", "23");
	await expect(chart(page)).toHaveAttribute("aria-valuetext", /so far: 3 admitted, 2 rate-limited, 1 denied$/);
	await expect(tip(page)).toContainText("Admitted3");
	await expectAccessibleInBothThemes(page);

	await page.keyboard.press("ArrowLeft");
	await expect(chart(page)).toHaveAttribute("aria-valuenow", "22");
	await expect(chart(page)).toHaveAttribute("aria-valuetext", /\d\d:00: 0 admitted, 0 rate-limited, 0 denied$/);
	await page.keyboard.press("PageDown");
	await expect(chart(page)).toHaveAttribute("aria-valuenow", "16");
	await page.keyboard.press("Home");
	await page.keyboard.press("ArrowLeft");
	await expect(chart(page)).toHaveAttribute("aria-valuenow", "0");
	await page.keyboard.press("End");
	await page.keyboard.press("ArrowRight");
	await expect(chart(page)).toHaveAttribute("aria-valuenow", "23");
	await page.keyboard.press("Escape");
	await expect(tip(page)).toBeHidden();
});

test("one key press switches between chart and table", async ({ page, tenant, signedIn, integration }) => {
	const address = await usedKey(tenant, integration);
	await signedIn();
	await page.goto(address);
	await chart(page).focus();
	await page.keyboard.press("t");
	await expect(rows(page)).toHaveCount(24);
	await expect(page.getByRole("region", { name: "Requests per hour" })).toBeFocused();
	await expect(rows(page).first().locator("th")).toContainText("so far");
	await expect(rows(page).first().locator("td")).toHaveText(["3", "2", "1"]);
	await expect(rows(page).nth(1).locator("td")).toHaveText(["0", "0", "0"]);
	await expectAccessibleInBothThemes(page);
	await page.keyboard.press("t");
	await expect(chart(page)).toBeFocused();

	await page.getByRole("button", { name: "Show as table" }).click();
	await expect(rows(page)).toHaveCount(24);
	await page.getByRole("button", { name: "Show as chart" }).click();
	await expect(chart(page)).toBeVisible();
});

test("the legend shows and hides outcomes", async ({ page, tenant, signedIn, integration }) => {
	const address = await usedKey(tenant, integration);
	await signedIn();
	await page.goto(address);
	await expect(chart(page)).toBeVisible();
	const whole = await picture(page);
	for (const name of [/^Admitted/, /^Rate-limited/, /^Denied/, /^Limit 3 per hour/]) {
		await expect(legend(page, name)).toHaveAttribute("aria-pressed", "true");
		await legend(page, name).click();
		await expect(legend(page, name)).toHaveAttribute("aria-pressed", "false");
		await expect.poll(() => picture(page)).not.toBe(whole);
		await legend(page, name).click();
		await expect.poll(() => picture(page)).toBe(whole);
	}
});

test("the limit is hidden if it would flatten the bars, and can be shown", async ({
	page,
	tenant,
	signedIn,
	integration,
}) => {
	const { key, api_key } = await tenant.createKey({ name: "CRM", rate_limit: 1_000 });
	await integration(key).whoami();
	await signedIn();
	await page.goto(`${LIST}/${api_key.id}`);
	const limit = legend(page, /^Limit 1,000 per hour/);
	await expect(limit).toHaveAttribute("aria-pressed", "false");
	const without = await picture(page);
	await limit.click();
	await expect(limit).toHaveAttribute("aria-pressed", "true");
	await expect.poll(() => picture(page)).not.toBe(without);
});

test("the chart has the colours of the theme", async ({ page, tenant, signedIn, integration }) => {
	const address = await usedKey(tenant, integration);
	await signedIn();
	await page.goto(address);
	await expect(chart(page)).toBeVisible();
	// It is complete once it stays the same.
	let light = "";
	const isComplete = async () => {
		const before = light;
		light = await picture(page);
		return light === before;
	};
	await expect.poll(isComplete, { intervals: [500] }).toBe(true);
	await page.emulateMedia({ colorScheme: "dark" });
	await expect.poll(() => picture(page)).not.toBe(light);
	await page.emulateMedia({ colorScheme: "light" });
	await expect.poll(() => picture(page)).toBe(light);
});

test("the chart covers a day, a week or a month, as the URL says", async ({ page, tenant, signedIn, integration }) => {
	const address = await usedKey(tenant, integration);
	await signedIn();
	await page.goto(address);
	await expect(chart(page)).toHaveAttribute("aria-valuemax", "23");

	await page.getByText("7 days", { exact: true }).click();
	await expect(page).toHaveURL(`${address}?range=7d`);
	await expect(chart(page)).toHaveAttribute("aria-valuemax", "167");
	await expect(chart(page)).toHaveAccessibleName("Requests per hour");
	await chart(page).focus();
	await page.keyboard.press("PageDown");
	await expect(chart(page)).toHaveAttribute("aria-valuenow", "143");

	await page.getByText("30 days", { exact: true }).click();
	await expect(chart(page)).toHaveAttribute("aria-valuemax", "29");
	await expect(chart(page)).toHaveAccessibleName("Requests per day");
	await expect(chart(page)).toHaveAttribute("aria-valuetext", /20\d\d, so far: 3 admitted, 2 rate-limited, 1 denied$/);
	await expect(page.getByText("Days in UTC")).toBeVisible();
	// The limit is per hour, so it has no meaning for days.
	await expect(legend(page, /^Limit/)).toBeHidden();

	await page.reload();
	await expect(page.getByRole("radio", { name: "30 days" })).toBeChecked();
	await expect(chart(page)).toHaveAttribute("aria-valuemax", "29");
	await page.getByText("24 hours", { exact: true }).click();
	await expect(page).toHaveURL(address);
});

test("the chart follows the current hour", async ({ page, tenant, signedIn, integration }) => {
	const { key, api_key } = await tenant.createKey({ name: "CRM" });
	await signedIn();
	await page.clock.install();
	await page.goto(`${LIST}/${api_key.id}`);
	await expect(legend(page, /^Admitted/)).toHaveText("Admitted0");
	await expect(page.getByText("No requests in this time")).toBeVisible();
	await integration(key).whoami();
	await page.clock.runFor(31_000);
	await expect(legend(page, /^Admitted/)).toHaveText("Admitted1");
	await expect(page.getByText("No requests in this time")).toBeHidden();
});

test("a chart that cannot be loaded shows the request id and a retry in its place", { tag: "@proof" }, async ({
	page,
	tenant,
	signedIn,
}) => {
	const { api_key } = await tenant.createKey({ name: "CRM" });
	await signedIn();
	await page.goto(`${LIST}/${api_key.id}`);
	await expect(chart(page)).toBeVisible();
	const works = await intercept(page, /\/trpc\/.*keys\.usage/, (route) =>
		route.fulfill({
			status: 207,
			json: new URL(route.request().url()).pathname.split(",").map(() => failure("UNAVAILABLE", "keys.usage")),
		}),
	);
	const callers = page.getByRole("heading", { name: "Recent callers" });
	const { y } = (await callers.boundingBox()) ?? {};
	await page.getByText("7 days", { exact: true }).click();
	const panel = page.getByRole("alert");
	await expect(panel).toContainText("The requests could not be loaded");
	await expect(panel).toContainText(FAILED_REQUEST);
	expect((await callers.boundingBox())?.y).toBe(y);
	works();
	await panel.getByRole("button", { name: "Try again" }).click();
	await expect(chart(page)).toHaveAttribute("aria-valuemax", "167");
});
