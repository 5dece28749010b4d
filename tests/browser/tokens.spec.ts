/** Settings › Management tokens: create one, see it once, use it, revoke it. */
import type { Page } from "@playwright/test";
import { expect, expectAccessible, expectAccessibleInBothThemes, PHONE, test } from "./fixtures.ts";

const TOKENS = "/settings/tokens";

const row = (page: Page, name: string) => page.getByRole("row").filter({ hasText: name });

test.describe("an admin", () => {
	test("creates a token, sees it once, uses it and revokes it", async ({ page, signedIn, service }) => {
		await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
		await signedIn();
		await page.goto("/");
		await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Tokens" }).click();
		await expect(page.getByRole("heading", { level: 1, name: "Management tokens" })).toBeVisible();
		await expect(page).toHaveTitle("Management tokens · SalesOS");
		await expect(page.getByText("No management tokens yet")).toBeVisible();
		await expectAccessible(page);

		await page.getByRole("button", { name: "Create token" }).click();
		const form = page.getByRole("dialog", { name: "Create management token" });
		await expect(form.getByLabel("Name")).toBeFocused();
		await form.getByRole("button", { name: "Create token" }).click();
		await expect(form.getByText("Give the token a name")).toBeVisible();
		await expect(form.getByText("Choose at least one permission.")).toBeVisible();
		await expectAccessible(page);
		await form.getByLabel("Name").fill("Deploy pipeline");
		await form.getByRole("checkbox", { name: "keys:read" }).check();
		await form.getByLabel("Allowed IP addresses").fill("203.0.113.0/24\nnowhere");
		await form.getByRole("button", { name: "Create token" }).click();
		await expect(form.getByText("“nowhere” in line 2")).toBeVisible();
		await form.getByLabel("Allowed IP addresses").fill("");
		await form.getByRole("button", { name: "Create token" }).click();

		const reveal = page.getByRole("dialog", { name: "Token for Deploy pipeline" });
		await expect(reveal.getByText("This is the only time you will see this token.")).toBeVisible();
		expect(await page.content()).not.toMatch(/smt_[0-9A-Za-z]{36}/);
		await expectAccessibleInBothThemes(page);
		await reveal.getByRole("button", { name: "Done" }).click();
		const leave = page.getByRole("alertdialog", { name: "Leave without the token?" });
		await expectAccessible(page);
		await leave.getByRole("button", { name: "Go back and copy" }).click();
		await reveal.getByRole("button", { name: "Copy token" }).click();
		const token = await page.evaluate(() => navigator.clipboard.readText());
		expect(token).toMatch(/^smt_[0-9A-Za-z]{36}$/);
		await reveal.getByRole("button", { name: "Done" }).click();

		await expect(row(page, "Deploy pipeline")).toContainText(`smt_…${token.slice(-4)}`);
		await expect(row(page, "Deploy pipeline")).toContainText("Never");
		const list = () =>
			service.fetch("/v1/api-keys", {
				headers: { authorization: `Bearer ${token}`, "cf-connecting-ip": "203.0.113.9" },
			});
		expect((await list()).status).toBe(200);
		await page.reload();
		await expect(row(page, "Deploy pipeline")).toContainText("from 203.0.113.9");
		await expectAccessibleInBothThemes(page);

		await page.getByRole("button", { name: "Revoke Deploy pipeline" }).click();
		const confirm = page.getByRole("dialog", { name: "Revoke Deploy pipeline?" });
		await expectAccessible(page);
		await confirm.getByRole("button", { name: "Revoke token" }).click();
		await expect(page.getByText("Deploy pipeline is revoked.")).toBeVisible();
		await expect(row(page, "Deploy pipeline")).toContainText("Revoked");
		await expect(page.getByRole("button", { name: "Revoke Deploy pipeline" })).toHaveCount(0);
		expect((await list()).status).toBe(401);
	});

	test("revokes a token that was never copied", async ({ page, signedIn }) => {
		await signedIn();
		await page.goto(TOKENS);
		await page.getByRole("button", { name: "Create token" }).click();
		await page.getByLabel("Name").fill("Mistake");
		await page.getByRole("checkbox", { name: "keys:verify" }).check();
		await page.getByLabel("Name").press("Enter");
		await page.getByRole("dialog", { name: "Token for Mistake" }).getByRole("button", { name: "Done" }).click();
		await page.getByRole("button", { name: "Leave and revoke it" }).click();
		await expect(row(page, "Mistake")).toContainText("Revoked");
	});
});

test.describe("in Portuguese on a phone", () => {
	test.use({ ...PHONE, locale: "pt-BR" });

	test("the list says who has left, and fits", async ({ page, tenant, signedIn }) => {
		await tenant.admin.api.mutate("tokens.create", {
			name: "Pipeline de deploy",
			permissions: ["keys:read", "keys:write", "keys:verify", "audit:read"],
			expires_in_days: 90,
		});
		await signedIn();
		await page.goto(TOKENS);
		await expect(page.getByRole("heading", { level: 1, name: "Tokens de gestão" })).toBeVisible();
		// The people of these tests have no account.
		await expect(row(page, "Pipeline de deploy")).toContainText("não é mais membro");
		await expectAccessible(page);
		expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(PHONE.viewport.width);
	});
});

test("a member sees which permission is missing", async ({ page, signedIn }) => {
	await signedIn({ role: "member", capabilities: ["admin.integrations"] });
	await page.goto(TOKENS);
	await expect(page.getByRole("heading", { name: "You cannot open this screen yet" })).toBeVisible();
	await expect(page.getByRole("main")).toContainText("tokens:read");
	await expect(page.getByRole("link", { name: "Tokens" })).toHaveCount(0);
	await expectAccessible(page);
});
