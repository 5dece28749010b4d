/** The list of API keys: search, filters, sorting, selection and menus. */
import type { Locator, Page, Route } from "@playwright/test";
import { FAILED_REQUEST, failAt } from "./failures.ts";
import { expect, expectAccessible, expectAccessibleInBothThemes, PHONE, test } from "./fixtures.ts";
import { intercept } from "./intercept.ts";
import type { TestTenant } from "./tenant.ts";

const LIST = "/integrations/api-keys";
/** Here, usage reaches the list after a second (USAGE_FLUSH_SECONDS). */
const USAGE_PATIENCE_MS = 25_000;

const rows = (page: Page): Locator => page.locator("tbody tr");
const row = (page: Page, name: string): Locator => rows(page).filter({ hasText: name });
const tab = (page: Page, name: string): Locator =>
	page.getByRole("navigation", { name: "Keys by status" }).getByRole("link", { name });
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

/** One key in each state and a test key. */
async function someKeys(tenant: TestTenant) {
	const crm = await tenant.createKey({ name: "CRM Nightly Sync", expires_in_days: 200 });
	const forms = await tenant.createKey({ name: "Website Forms", scopes: ["leads:write"], rate_limit: 500 });
	const partner = await tenant.createKey({ name: "Partner X", scopes: [], expires_at: inDays(9) });
	const old = await tenant.createKey({ name: "Old importer" });
	await tenant.admin.api.mutate("keys.revoke", { id: old.api_key.id });
	const rehearsal = await tenant.createKey({ name: "Rehearsal", environment: "test" });
	return { crm, forms, partner, old, rehearsal };
}

test.describe("the list", () => {
	test("shows the important facts of each key", async ({ page, tenant, signedIn }) => {
		const { crm } = await someKeys(tenant);
		await signedIn();
		await page.goto("/");

		await expect(page).toHaveURL(LIST);
		await expect(page).toHaveTitle("API keys · SalesOS");
		await expect(rows(page)).toHaveCount(4);
		const hint = `${crm.api_key.key_prefix}…${crm.api_key.last_four}`;
		for (const text of [hint, "default:sync", "1,000", "Never used", "in 7 mo.", "Active"])
			await expect(row(page, "CRM Nightly Sync")).toContainText(text);
		await expect(page.getByRole("rowheader", { name: "CRM Nightly Sync" })).toBeVisible();
		await expect(row(page, "Partner X")).toContainText("Unrestricted");
		await expect(row(page, "Partner X")).toContainText("in 9 days");
		await expect(row(page, "Partner X")).toContainText("Expiring");
		await expect(row(page, "Website Forms")).toContainText("Never");
		await expect(row(page, "Old importer")).toContainText("Revoked");
	});

	test("opens a key from anywhere in its row", async ({ page, tenant, signedIn }) => {
		const { api_key } = await tenant.createKey({ name: "CRM", expires_in_days: 90 });
		await signedIn();
		await page.goto(LIST);
		await row(page, "CRM").click({ position: { x: 700, y: 20 } });
		await expect(page).toHaveURL(`${LIST}/${api_key.id}`);
		for (const part of ["svg[role=img]", "time"]) {
			await page.goBack();
			await row(page, "CRM").locator(part).first().click();
			await expect(page).toHaveURL(`${LIST}/${api_key.id}`);
		}
	});

	test("shows a key's usage per hour and in total", async ({ page, tenant, signedIn, integration }) => {
		const { key } = await tenant.createKey({ name: "Busy" });
		for (let request = 0; request < 7; request++) await integration(key).whoami();
		await signedIn();
		await expect(async () => {
			await page.goto(LIST);
			await expect(row(page, "Busy").getByRole("img")).toHaveAccessibleName("7 requests in the last 36 hours", {
				timeout: 1_000,
			});
		}).toPass({ timeout: USAGE_PATIENCE_MS });
		await expect(row(page, "Busy").locator("td, th").nth(4)).toContainText("7");
		await expect(row(page, "Busy").locator("time").first()).toHaveText(/now|ago/);
	});

	test("is in Portuguese if the browser is", async ({ browser: _, newWindow, tenant, signedIn }) => {
		await someKeys(tenant);
		const page = await newWindow({ locale: "pt-BR" });
		await signedIn(undefined, page);
		await page.goto(LIST);
		await expect(page.getByRole("heading", { name: "Chaves de API" })).toBeVisible();
		await expect(page.locator("html")).toHaveAttribute("lang", "pt-BR");
		const cut = await page
			.locator("tbody :is(td, th):not(:first-child, :last-child), thead th:not(:first-child)")
			.evaluateAll((cells) =>
				cells.filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent),
			);
		expect(cut).toEqual([]);
		for (const text of ["Sem restrição", "em 9 dias", "Expirando", "Nunca usada", "1.000"])
			await expect(row(page, "Partner X")).toContainText(text);
		await expect(row(page, "Old importer")).toContainText("Revogada");
	});
});

test.describe("filtering the list", () => {
	test("by authentication shows signed keys, and stays in the URL and on every tab", async ({
		page,
		tenant,
		signedIn,
	}) => {
		await tenant.createKey({ name: "Payments", authentication: "signed" });
		await tenant.createKey({ name: "Website Forms" });
		await signedIn();
		await page.goto(LIST);
		await expect(row(page, "Payments").getByText("Signed", { exact: true })).toBeVisible();
		await expect(row(page, "Website Forms").getByText("Signed", { exact: true })).toHaveCount(0);

		const filter = page.getByLabel("Authentication");
		await filter.selectOption("Signed");
		await expect(page).toHaveURL(`${LIST}?authentication=signed`);
		await expect(rows(page)).toHaveCount(1);
		await expect(row(page, "Payments")).toBeVisible();
		// The service counts all keys, so a number would be wrong here.
		await expect(tab(page, "Active")).toHaveText("Active");
		await expect(page.getByRole("status").filter({ hasText: "Number of keys: 1. All, Signed" })).toBeAttached();

		await tab(page, "Revoked").click();
		await expect(page).toHaveURL(`${LIST}?status=revoked&authentication=signed`);
		await page.getByRole("button", { name: "Clear filters" }).click();
		await expect(rows(page)).toHaveCount(2);
		await page.goto(`${LIST}?authentication=bearer`);
		await expect(filter).toHaveValue("bearer");
		await expect(rows(page)).toHaveCount(1);
		await expect(row(page, "Website Forms")).toBeVisible();
	});

	test("by origin shows imported keys, those in use first", async ({ page, tenant, signedIn, integration }) => {
		await someKeys(tenant);
		await tenant.importKey({ name: "Unused form" });
		const forms = await tenant.importKey({ name: "Old website form", last_used_at: "2026-01-01T00:00:00Z" });
		await signedIn();
		await page.goto(LIST);
		await tab(page, "Imported").click();
		await expect(page).toHaveURL(`${LIST}?status=imported&sort=-last_used_at`);
		await expect(rows(page)).toHaveText([/Old website form.*Active/s, /Unused form.*Never used/s]);
		await expect(row(page, "Old website form").locator("code")).toHaveText(`${forms.key.slice(0, 16)}…`);
		await expectAccessible(page);

		// The service learns the last characters from the first use.
		await integration(forms.key).whoami();
		await expect(async () => {
			await page.reload();
			const hint = `${forms.key.slice(0, 16)}…${forms.key.slice(-4)}`;
			await expect(row(page, "Old website form").locator("code")).toHaveText(hint, { timeout: 1_000 });
		}).toPass({ timeout: USAGE_PATIENCE_MS });
		await row(page, "Old website form").getByRole("link").click();
		await expect(page.getByText("Imported from another system")).toBeVisible();
	});

	test("finds an imported key that was pasted as a whole, and sends only its start", async ({
		page,
		tenant,
		signedIn,
	}) => {
		const { key } = await tenant.importKey({ name: "Old website form" });
		await signedIn();
		await page.goto(LIST);
		await page.getByRole("searchbox").fill(`Authorization: Bearer ${key}`);
		await expect(page).toHaveURL(`${LIST}?q=${key.slice(0, 12)}`);
		await expect(rows(page)).toHaveText([/Old website form/]);
	});

	test("by tabs shows their counts", async ({ page, tenant, signedIn }) => {
		await someKeys(tenant);
		await signedIn();
		await page.goto(LIST);
		for (const [name, count] of Object.entries({ All: 4, Active: 3, "Expiring soon": 1, Expired: 0, Revoked: 1 }))
			await expect(tab(page, name)).toHaveText(`${name}${count}`);

		await tab(page, "Expiring soon").click();
		await expect(page).toHaveURL(`${LIST}?status=expiring`);
		await expect(rows(page)).toHaveCount(1);
		await expect(rows(page)).toContainText("Partner X");
		await expect(page.getByText("Number of keys: 1. Expiring soon, Live. Newest first.")).toBeAttached();

		const erp = await tenant.createKey({ name: "ERP" });
		await tenant.admin.api.mutate("keys.rotate", { id: erp.api_key.id });
		await tab(page, "In rotation").click();
		await expect(page).toHaveURL(`${LIST}?status=rotating`);
		await expect(rows(page)).toHaveText([/ERP/]);

		await tab(page, "Revoked").click();
		await expect(rows(page)).toHaveCount(1);
		await expect(rows(page)).toContainText("Old importer");

		await page.reload();
		await expect(tab(page, "Revoked")).toHaveAttribute("aria-current", "page");
		await expect(rows(page)).toHaveCount(1);

		await page.goBack();
		await expect(rows(page)).toContainText("ERP");

		// After a mass expiry the service says that its counts lag.
		await expect(page.getByText("are being recounted")).toHaveCount(0);
		await intercept(page, /keys\.list/, async (route) => {
			const response = await route.fetch();
			const results = await response.json();
			for (const { result } of results) if (result.data.counts) result.data.counts_behind = true;
			await route.fulfill({ response, json: results });
		});
		await page.reload();
		await expect(page.getByText("These numbers and some statuses are being recounted")).toBeVisible();
		await expectAccessible(page);
	});

	test("by search finds names and ends of keys, with / to start and Escape to stop", async ({
		page,
		tenant,
		signedIn,
	}) => {
		const { crm } = await someKeys(tenant);
		await signedIn();
		await page.goto(LIST);
		await expect(rows(page)).toHaveCount(4);

		await page.keyboard.press("/");
		await page.keyboard.type("nightly");
		await expect(rows(page)).toHaveCount(1);
		await expect(rows(page)).toContainText("CRM Nightly Sync");
		await expect(page).toHaveURL(`${LIST}?q=nightly`);

		await page.keyboard.press("Escape");
		await expect(rows(page)).toHaveCount(4);
		await page.keyboard.type(crm.api_key.last_four);
		await expect(rows(page)).toHaveCount(1);
		await expect(rows(page)).toContainText("CRM Nightly Sync");
	});

	test("by a pasted text finds its keys in both environments and sends no secret", async ({
		page,
		tenant,
		signedIn,
		expectProblems,
	}) => {
		expectProblems({ status: 404, url: "keys.get" });
		const live = await tenant.createKey({ name: "Live key" });
		const test = await tenant.createKey({ name: "Test key", environment: "test" });
		for (let count = 0; count < 3; count++) await tenant.createKey({ name: `Other ${count}` });
		await signedIn();
		const sent: string[] = [];
		page.on("request", (request) => sent.push(decodeURIComponent(request.url()) + (request.postData() ?? "")));
		await page.goto(LIST);
		await expect(rows(page)).toHaveCount(4);
		const search = page.getByRole("searchbox");

		await search.fill(`${"2026-11-22T10:00:00Z GET /v1/leads ".repeat(5)}Authorization: Bearer ${test.key}`);
		await expect(rows(page)).toHaveCount(1);
		await expect(rows(page)).toContainText("Test key");
		await expect(page.getByText("Found in Test.")).toBeVisible();
		await expect(search).toHaveValue(`sk_test_${test.api_key.id}`);
		await expect(page).toHaveURL(`${LIST}?q=sk_test_${test.api_key.id}`);
		await expectAccessible(page);

		await search.fill(`A="${live.key}"\nB=${test.key}`);
		await expect(rows(page)).toHaveCount(2);
		await search.fill(`sk_live_${"0".repeat(12)}${"1".repeat(36)}`);
		await expect(page.getByText("No key has the id 000000000000.")).toBeVisible();
		expect(sent.filter((text) => text.includes(live.key) || text.includes(test.key))).toEqual([]);

		// As every row shows it, and as "Copy id" copies it.
		const { id, key_prefix, last_four } = test.api_key;
		await search.fill(`${key_prefix}…${last_four}`);
		await expect(rows(page)).toHaveText([/Test key/]);
		await search.fill(id);
		await expect(rows(page)).toHaveText([/Test key/]);
		await expect(page.getByText("Found in Test.")).toBeVisible();
	});

	test("to no result offers to clear the filters or switch the environment", async ({ page, tenant, signedIn }) => {
		await someKeys(tenant);
		await signedIn();
		await page.goto(`${LIST}?q=rehearsal`);
		await expect(page.getByRole("heading", { name: "No key matches" })).toBeVisible();
		await page.getByRole("button", { name: "Look in test keys" }).click();
		await expect(rows(page)).toContainText("Rehearsal");

		await page.goto(`${LIST}?status=expired`);
		await page.getByRole("button", { name: "Clear filters" }).click();
		await expect(rows(page)).toHaveCount(4);
	});

	test("dims and disables the old rows until the new ones have loaded", async ({ page, tenant, signedIn }) => {
		await someKeys(tenant);
		await signedIn();
		await page.goto(LIST);
		await expect(rows(page)).toHaveCount(4);
		const held: Route[] = [];
		const list = /\/trpc\/keys\.list/;
		const hold = (route: Route) => void held.push(route);
		let letGo = await intercept(page, list, hold);
		await tab(page, "Revoked").click();
		const table = page.getByRole("table");
		await expect(table).toHaveAttribute("aria-busy", "true");
		await expect(table.getByRole("checkbox", { name: "Select all loaded keys" })).toBeDisabled();
		await expect(page.locator("tbody")).toHaveAttribute("inert");
		await expect.poll(() => held.length).toBe(1);
		letGo();
		await held[0]?.continue();
		await expect(table).toHaveAttribute("aria-busy", "false");
		await expect(rows(page)).toHaveCount(1);
		// Live keys never stay visible while test keys load.
		letGo = await intercept(page, list, hold);
		await page.getByText("Test", { exact: true }).click();
		await expect.poll(() => held.length).toBe(2);
		await expect(page.getByRole("row")).toHaveCount(0);
		letGo();
		await held[1]?.continue();
		await expect(page.getByRole("heading", { name: "No key matches" })).toBeVisible();
	});

	test("says when it cannot load while offline", async ({ page, context, tenant, signedIn }) => {
		await someKeys(tenant);
		await signedIn();
		await page.goto(LIST);
		await expect(rows(page)).toHaveCount(4);
		await context.setOffline(true);
		await tab(page, "Revoked").click();
		await expect(page.getByRole("alert")).toContainText("The keys could not be loaded");
		await context.setOffline(false);
		await expect(rows(page)).toHaveCount(1);
	});

	test("by environment shows test keys or live keys", async ({ page, tenant, signedIn }) => {
		await someKeys(tenant);
		await signedIn();
		await page.goto(LIST);
		await page.getByText("Test", { exact: true }).click();
		await expect(page).toHaveURL(`${LIST}?env=test`);
		await expect(rows(page)).toHaveCount(1);
		await expect(page.getByRole("link", { name: /Create API key/ })).toHaveAttribute("href", `${LIST}/new?env=test`);
		await page.getByText("Live", { exact: true }).click();
		await expect(rows(page)).toHaveCount(4);
	});

	test("by header sorts in both directions and back", async ({ page, tenant, signedIn }) => {
		for (const [name, expires_in_days] of [
			["Bravo", 30],
			["alfa", 10],
			["Charlie", 20],
		] as const)
			await tenant.createKey({ name, expires_in_days });
		await signedIn();
		await page.goto(LIST);
		const names = () => rows(page).locator("a").allTextContents();
		await expect.poll(names).toEqual(["Charlie", "alfa", "Bravo"]);

		const header = page.getByRole("columnheader", { name: "Name" });
		await header.getByRole("button").click();
		await expect.poll(names).toEqual(["alfa", "Bravo", "Charlie"]);
		await expect(header).toHaveAttribute("aria-sort", "ascending");
		await header.getByRole("button").click();
		await expect.poll(names).toEqual(["Charlie", "Bravo", "alfa"]);
		await expect(header).toHaveAttribute("aria-sort", "descending");
		await header.getByRole("button").click();
		await expect.poll(names).toEqual(["Charlie", "alfa", "Bravo"]);

		await page.getByRole("columnheader", { name: "Expires" }).getByRole("button").click();
		await expect.poll(names).toEqual(["alfa", "Charlie", "Bravo"]);

		await page.getByLabel("Sort by").selectOption({ label: "Oldest first" });
		await expect.poll(names).toEqual(["Bravo", "alfa", "Charlie"]);
	});
});

test.describe("a long list", () => {
	test("draws only visible rows and loads more while scrolling", async ({ page, tenant, signedIn }) => {
		const COUNT = 230;
		for (let made = 0; made < COUNT; made += 23)
			await Promise.all(
				Array.from({ length: 23 }, (_, index) =>
					tenant.createKey({ name: `Key ${String(made + index).padStart(3, "0")}` }),
				),
			);
		await signedIn();
		await page.goto(`${LIST}?sort=name`);
		await expect(page.getByRole("table")).toHaveAttribute("aria-rowcount", String(COUNT + 1));
		await expect(rows(page).first()).toContainText("Key 000");
		expect(await rows(page).count()).toBeLessThan(60);

		await expect(async () => {
			await page.mouse.wheel(0, 20_000);
			await expect(row(page, `Key ${COUNT - 1}`)).toBeInViewport({ timeout: 250 });
		}).toPass();
		expect(await rows(page).count()).toBeLessThan(60);
		// The header stays visible.
		await expect(page.getByRole("columnheader", { name: "Last used" })).toBeInViewport();
	});
});

test.describe("returning to the list", () => {
	test("from a key restores filters and scroll position", { tag: "@proof" }, async ({ page, tenant, signedIn }) => {
		for (let number = 100; number < 140; number++) await tenant.createKey({ name: `Partner ${number}` });
		// A long name: three letters may also be part of a key.
		await tenant.createKey({ name: "CRM Nightly Sync" });
		await signedIn();
		await page.goto(`${LIST}?q=partner`);
		await expect(row(page, "Partner 139")).toBeVisible();
		await page.mouse.move(700, 500);
		await page.mouse.wheel(0, 1_000);
		const place = () => page.evaluate(() => Math.round(window.scrollY));
		await expect.poll(place).toBeGreaterThan(400);
		const before = await place();

		await row(page, "Partner 110").click();
		await expect(page.getByRole("heading", { name: "Partner 110" })).toBeVisible();
		expect(await place()).toBe(0);
		await page.goBack();
		await expect(row(page, "Partner 110")).toBeInViewport();
		expect(await place()).toBe(before);

		await row(page, "Partner 110").click();
		await page.getByRole("main").getByRole("link", { name: "API keys" }).click();
		await expect(page).toHaveURL(`${LIST}?q=partner`);
		await expect(row(page, "Partner 139")).toBeVisible();
		await expect(row(page, "CRM Nightly Sync")).toHaveCount(0);
	});

	test("from another tab shows changes made there", async ({ page, tenant, signedIn }) => {
		await tenant.createKey({ name: "CRM" });
		await signedIn();
		await page.goto(LIST);
		await expect(row(page, "CRM")).toBeVisible();
		await tenant.createKey({ name: "Website Forms" });
		// The event of a tab that becomes visible again.
		await page.evaluate(() => window.dispatchEvent(new Event("visibilitychange")));
		await expect(row(page, "Website Forms")).toBeVisible();
	});
});

test.describe("selecting several keys", () => {
	test("revokes them together", async ({ page, tenant, signedIn, integration }) => {
		const made = await Promise.all(["One", "Two", "Three"].map((name) => tenant.createKey({ name })));
		await signedIn();
		await page.goto(LIST);
		await page.getByRole("checkbox", { name: "Select One" }).check();
		await page.getByRole("checkbox", { name: "Select Three" }).check();
		await expect(page.getByText("2 keys selected")).toBeVisible();
		await page.getByRole("button", { name: "Revoke selected" }).click();
		const dialog = page.getByRole("dialog");
		await expect(dialog).toContainText("One");
		await expect(dialog).toContainText("Three");
		await expectAccessible(page);
		await dialog.getByRole("button", { name: /^Revoke/ }).click();
		await expect(dialog).toBeHidden();

		await expect(row(page, "One")).toContainText("Revoked");
		await expect(row(page, "Three")).toContainText("Revoked");
		await expect(row(page, "Two")).toContainText("Active");
		await expect(page.getByText(/selected$/)).toBeHidden();
		await expect(tab(page, "Revoked")).toHaveText("Revoked2");
		const statuses = await Promise.all(made.map(async ({ key }) => (await integration(key).whoami()).status));
		expect(statuses).toEqual([401, 200, 401]);
	});

	test("selects all loaded keys except revoked ones", async ({ page, tenant, signedIn }) => {
		await someKeys(tenant);
		await signedIn();
		await page.goto(LIST);
		await expect(page.getByRole("checkbox", { name: "Select Old importer" })).toBeDisabled();
		await page.getByRole("checkbox", { name: "Select all loaded keys" }).check();
		await expect(page.getByText("3 keys selected")).toBeVisible();
		await page.getByRole("button", { name: "Clear selection" }).click();
		await expect(page.getByText(/selected$/)).toBeHidden();
	});
});

test.describe("the menu of a row", () => {
	test("works by keyboard and returns the focus", async ({ page, tenant, signedIn }) => {
		await tenant.createKey({ name: "CRM" });
		await signedIn();
		await page.goto(LIST);
		const button = page.getByRole("button", { name: "Actions for CRM" });
		await button.focus();
		await page.keyboard.press("Enter");
		const menu = page.getByRole("menu");
		await expect(menu.getByRole("menuitem")).toHaveText(["Copy id", "Edit", "Rotate", "Revoke", "Delete"]);
		await expectAccessible(page);
		await page.keyboard.press("Escape");
		await expect(menu).toBeHidden();
		await expect(button).toBeFocused();

		await page.keyboard.press("Enter");
		await expect(menu).toBeVisible();
		await page.keyboard.press("ArrowDown");
		await menu.getByRole("menuitem", { name: "Revoke" }).focus();
		await page.keyboard.press("Enter");
		await expect(page.getByRole("dialog")).toBeVisible();
		await page.keyboard.press("Escape");
		await expect(page.getByRole("dialog")).toBeHidden();
		await expect(button).toBeFocused();
	});

	test("copies the id and confirms it", async ({ page, context, tenant, signedIn }) => {
		await context.grantPermissions(["clipboard-read", "clipboard-write"]);
		const { api_key } = await tenant.createKey({ name: "CRM" });
		await signedIn();
		await page.goto(LIST);
		await page.getByRole("button", { name: "Actions for CRM" }).click();
		await page.getByRole("menuitem", { name: "Copy id" }).click();
		await expect(page.getByText("The id was copied.")).toBeVisible();
		expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(api_key.id);
	});
});

test.describe("an empty or failed list", () => {
	test("tells a new company what a key is for", async ({ page, signedIn }) => {
		await signedIn();
		await page.goto(LIST);
		await expect(page.getByRole("heading", { name: "Connect your first integration" })).toBeVisible();
		await expectAccessibleInBothThemes(page);
		await page.getByRole("main").getByRole("link", { name: "Create API key" }).last().click();
		await expect(page).toHaveURL(`${LIST}/new`);
	});

	test("shows the request id and a retry after a failure", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
		expectProblems,
	}) => {
		await tenant.createKey({ name: "CRM" });
		await signedIn();
		expectProblems({ status: 500, url: "keys.list" });
		const mend = await failAt(page, "keys.list");
		await page.goto(LIST);
		const panel = page.getByRole("alert");
		await expect(panel).toContainText("The keys could not be loaded");
		await expect(panel).toContainText(FAILED_REQUEST);
		await expectAccessible(page);
		mend();
		await panel.getByRole("button", { name: "Try again" }).click();
		await expect(row(page, "CRM")).toBeVisible();
	});
});

test.describe("the look of the list", () => {
	test.use({ tenantName: "Acme" });

	test("is accessible in both themes", async ({ page, tenant, signedIn }) => {
		await someKeys(tenant);
		await signedIn();
		await page.goto(LIST);
		await expect(rows(page)).toHaveCount(4);
		await expectAccessibleInBothThemes(page);
	});

	test.describe("on a phone", { tag: "@proof" }, () => {
		test.use(PHONE);

		test("is accessible, and fits", async ({ page, tenant, signedIn }) => {
			await someKeys(tenant);
			await signedIn();
			await page.goto(LIST);
			await expect(rows(page)).toHaveCount(4);
			await expectAccessibleInBothThemes(page);
			const width = await page.evaluate(() => document.documentElement.scrollWidth);
			expect(width).toBe(390);
			await expect(row(page, "Partner X")).toContainText("in 9 days");
			// The column of scopes is hidden, but the warning for unrestricted keys is not.
			await expect(row(page, "Partner X").getByRole("img", { name: "Unrestricted" })).toBeVisible();
			await expect(row(page, "CRM Nightly Sync").getByRole("img", { name: "Unrestricted" })).toHaveCount(0);
		});

		test("fits in Portuguese, with its longer words", async ({ newWindow, tenant, signedIn }) => {
			await someKeys(tenant);
			const page = await newWindow({ locale: "pt-BR" });
			await signedIn(undefined, page);
			await page.goto(LIST);
			await expect(rows(page)).toHaveCount(4);
			const right = (label: string) =>
				page.getByText(label, { exact: true }).evaluate((element) => element.getBoundingClientRect().right);
			expect(await right("Teste")).toBeLessThanOrEqual(374);
			const cut = await row(page, "Partner X")
				.locator("td, th")
				.evaluateAll((cells) =>
					cells.filter((cell) => cell.scrollWidth > cell.clientWidth + 1 && !cell.querySelector("a, button, input")),
				);
			expect(cut).toHaveLength(0);
		});
	});
});
