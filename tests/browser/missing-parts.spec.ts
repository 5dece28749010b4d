/** Modules that cannot be loaded: the rest of the page keeps working and says what to do. */
import type { Page } from "@playwright/test";
import { expect, expectAccessible, test } from "./fixtures.ts";
import { holdBack, intercept } from "./intercept.ts";

const LIST = "/integrations/api-keys";
/** The browser's message for a module that failed to load. */
const NO_MODULE = /dynamically imported module|Failed to load resource/;

/** Blocks a module of the page until the returned function is called. */
const lose = (page: Page, part: string): Promise<() => void> =>
	intercept(page, new RegExp(`/assets/${part}-[\\w-]+\\.js`), (route) => route.abort());

test("a screen that cannot be loaded says so, and the other screens work", async ({
	page,
	tenant,
	signedIn,
	expectProblems,
}) => {
	expectProblems({ unanswered: "/assets/account-" }, { console: NO_MODULE });
	await tenant.createKey({ name: "CRM" });
	await signedIn();
	const mend = await lose(page, "account");
	await page.goto(LIST);
	await expect(page.getByRole("link", { name: "CRM" })).toBeVisible();
	await page.getByRole("link", { name: "Account" }).click();
	const panel = page.getByRole("alert");
	await expect(panel).toContainText("This screen could not be shown");
	await expectAccessible(page);
	await page.getByRole("link", { name: "Audit log" }).click();
	await expect(page.getByRole("heading", { level: 1, name: "Audit log" })).toBeVisible();
	await page.getByRole("link", { name: "Account" }).click();
	mend();
	await panel.getByRole("button", { name: "Reload" }).click();
	await expect(page.getByRole("heading", { level: 1, name: "Account" })).toBeVisible();
});

for (const [what, part, item] of [
	["menu", "open-menu", null],
	["dialog", "delete-dialog", "Delete"],
] as const)
	test(`a ${what} that cannot be loaded shows a toast and opens after a reload`, async ({
		page,
		tenant,
		signedIn,
		expectProblems,
	}) => {
		expectProblems({ unanswered: `/assets/${part}-` });
		await tenant.createKey({ name: "CRM" });
		await signedIn();
		const mend = await lose(page, part);
		await page.goto(LIST);
		const open = async () => {
			await page.getByRole("button", { name: "Actions for CRM" }).click();
			if (item) await page.getByRole("menuitem", { name: item }).click();
		};
		await open();
		await expect(page.getByText("Part of the page could not be loaded.")).toBeVisible();
		await expect(page.getByRole("link", { name: "CRM" })).toBeVisible();
		mend();
		await page.reload();
		await open();
		await expect(page.getByRole(item ? "dialog" : "menu")).toBeVisible();
	});

test("the language does not change if its texts cannot be loaded", async ({ page, signedIn, expectProblems }) => {
	expectProblems({ unanswered: "/assets/pt-BR-" });
	await signedIn();
	const mend = await lose(page, "pt-BR");
	await page.goto("/account");
	await page.getByText("Português").click();
	await expect(page.getByText("Part of the page could not be loaded.")).toBeVisible();
	await expect(page.getByRole("radio", { name: "English" })).toBeChecked();
	mend();
	await page.reload();
	await expect(page.getByRole("radio", { name: "English" })).toBeChecked();
	await page.getByText("Português").click();
	await expect(page.getByRole("heading", { level: 1, name: "Conta" })).toBeVisible();
});

test("without texts the page shows its error in both languages", async ({ page, signedIn, expectProblems }) => {
	expectProblems({ unanswered: "/assets/en-" });
	await signedIn();
	const mend = await lose(page, "en");
	const load = await holdBack(page, /\/assets\/index-.*\.js/);
	await page.goto(LIST, { waitUntil: "commit" });
	// On a slow connection the page is not blank meanwhile.
	await expect(page.getByText("SalesOS", { exact: true })).toBeVisible();
	load();
	await expect(page.getByText("Não foi possível carregar a página.")).toBeVisible();
	mend();
	await page.getByRole("button", { name: "Reload" }).click();
	await expect(page.getByRole("heading", { level: 1, name: "API keys" })).toBeVisible();
});

test("a chart that cannot be loaded is shown as a table", async ({ page, tenant, signedIn, expectProblems }) => {
	expectProblems({ unanswered: "/assets/usage-chart-" });
	const { api_key } = await tenant.createKey({ name: "CRM" });
	await signedIn();
	await lose(page, "usage-chart");
	await page.goto(`${LIST}/${api_key.id}`);
	await expect(page.getByRole("table", { name: /Requests per hour/ })).toBeVisible();
});
