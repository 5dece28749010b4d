/** The account screen: the person, the theme and the language. */
import type { Page } from "@playwright/test";
import { expect, expectAccessible, expectAccessibleInBothThemes, PHONE, screenshot, test } from "./fixtures.ts";

const ACCOUNT = "/account";
/** The value of a label. */
const fact = (page: Page, name: string) => page.locator("dl > div").filter({ hasText: name }).locator("dd");

test.describe("the account screen", () => {
	test.use({ tenantName: "Northwind Sales" });

	for (const [role, name] of [
		["owner", "Owner"],
		["admin", "Admin"],
		["member", "Member"],
	] as const)
		test(`shows the person: ${name}`, async ({ page, signedIn }) => {
			const who = await signedIn({ role, name: "Bruno Costa" });
			await page.goto(ACCOUNT);
			await expect(page).toHaveTitle("Account · SalesOS");
			await expect(fact(page, "Name")).toHaveText("Bruno Costa");
			await expect(fact(page, "Email")).toHaveText(who.email);
			await expect(fact(page, "Company")).toHaveText("Northwind Sales");
			await expect(fact(page, "Role")).toHaveText(name);
			await expect(page.getByRole("navigation").getByRole("link", { name: /Account/ })).toContainText("Bruno Costa");
		});

	test("is accessible in both themes, chosen against the system's", async ({ page, signedIn }) => {
		await signedIn();
		await page.goto(ACCOUNT);
		for (const theme of ["Dark", "Light"]) {
			await page.getByText(theme, { exact: true }).click();
			await expect(page.locator("html")).toHaveAttribute("data-theme", theme.toLowerCase());
			await expectAccessibleInBothThemes(page);
		}
	});

	test("shows the quotas of the company to people who manage keys", async ({ page, tenant, signedIn }) => {
		await tenant.createKey({ name: "CRM" });
		await signedIn();
		await page.goto("/account");
		const quotas = page.getByRole("region", { name: "Quotas of your company" });
		await expect(quotas.getByRole("listitem").filter({ hasText: "API keys" })).toContainText(/1 of [\d,]+/);
		await expect(quotas.getByRole("listitem").filter({ hasText: "Stored data" })).toContainText(
			/[\d.]+ MB of [\d,.]+ [MG]B/,
		);
		await expectAccessible(page);
	});

	test("changes theme and language by keyboard", async ({ page, signedIn }) => {
		await signedIn();
		await page.goto(ACCOUNT);
		await page.getByRole("radio", { name: "System" }).focus();
		await page.keyboard.press("ArrowRight");
		await page.keyboard.press("ArrowRight");
		await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
		await page.keyboard.press("Tab");
		await expect(page.getByRole("radio", { name: "English" })).toBeFocused();
		await page.keyboard.press("ArrowRight");
		await expect(page.getByRole("heading", { level: 1, name: "Conta" })).toBeVisible();
		// The texts have changed, and the focus is where it was.
		await expect(page.getByRole("radio", { name: "Português" })).toBeFocused();
		await expect(page).toHaveTitle("Conta · SalesOS");
	});
});

test.describe("on a phone", { tag: "@proof" }, () => {
	test.use(PHONE);

	test("every control is large enough for a finger", async ({ page, signedIn }) => {
		await signedIn();
		await page.goto(ACCOUNT);
		await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
		const targets = page
			.getByRole("button")
			.or(page.getByRole("group"))
			.or(page.getByRole("navigation").getByRole("link"));
		expect(await targets.count()).toBeGreaterThanOrEqual(7);
		for (const target of await targets.all()) {
			const { height = 0 } = (await target.boundingBox()) ?? {};
			expect(height, (await target.textContent()) ?? "").toBeGreaterThanOrEqual(44);
		}
		await expectAccessible(page);
		await screenshot(page, "account-phone");
	});
});

test("the chosen theme and language apply before the first paint", async ({ page, signedIn }) => {
	await signedIn();
	await page.goto(ACCOUNT);
	await page.getByText("Dark", { exact: true }).click();
	await page.getByText("Português", { exact: true }).click();
	await expect(page.getByRole("heading", { level: 1, name: "Conta" })).toBeVisible();

	// The page's own code has not loaded yet.
	let release = () => {};
	const held = new Promise<void>((resolve) => {
		release = resolve;
	});
	await page.route(/\/assets\/.*\.js$/, async (route) => {
		await held;
		await route.continue();
	});
	await page.reload({ waitUntil: "commit" });
	await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
	await expect(page.getByRole("heading")).toHaveCount(0);
	// No heading is shown in another language, not even for a moment.
	await page.evaluate(() => {
		const seen: string[] = [];
		new MutationObserver(() => {
			const text = document.querySelector("h1")?.textContent;
			if (text && seen.at(-1) !== text) seen.push(text);
		}).observe(document, { childList: true, subtree: true, characterData: true });
		Object.assign(window, { seenHeadings: seen });
	});
	release();
	await expect(page.getByRole("heading", { level: 1, name: "Conta" })).toBeVisible();
	expect(await page.evaluate(() => (window as unknown as { seenHeadings: string[] }).seenHeadings)).toEqual(["Conta"]);
	await expect(page.locator("html")).toHaveAttribute("lang", "pt-BR");
});
