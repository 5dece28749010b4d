/** Deleting a key: the dialog advises against it and asks for the name, and only the audit trail remains. */
import type { Locator, Page } from "@playwright/test";
import { FAILED_REQUEST, failAt } from "./failures.ts";
import { expect, expectAccessible, expectAccessibleInBothThemes, PHONE, screenshot, test } from "./fixtures.ts";

const LIST = "/integrations/api-keys";

const row = (page: Page, name: string): Locator => page.locator("tbody tr").filter({ hasText: name });
const dialog = (page: Page): Locator => page.getByRole("dialog");
const confirm = (page: Page): Locator => dialog(page).getByRole("button", { name: "Delete key" });

async function start(page: Page, name: string): Promise<void> {
	await page.getByRole("button", { name: `Actions for ${name}` }).click();
	await page.getByRole("menuitem", { name: "Delete" }).click();
	await expect(dialog(page)).toHaveAccessibleName(`Delete ${name}?`);
}

test("deleting a working key needs its name and stops it at once", async ({ page, tenant, signedIn, integration }) => {
	const { key, api_key } = await tenant.createKey({ name: "CRM Nightly Sync" });
	await integration(key).whoami();
	const who = await signedIn();
	await page.goto(LIST);
	await start(page, "CRM Nightly Sync");

	await expect(dialog(page)).toHaveAccessibleDescription(
		/was used \d+ seconds? ago by 1 caller\. It still works\. Deleting stops it at once/,
	);
	await expect(dialog(page)).toContainText("Revoking is usually better");
	await expect(dialog(page)).toContainText("usage history are deleted permanently");
	await expect(dialog(page)).toContainText(`${api_key.key_prefix}…${api_key.last_four}`);
	await expect(dialog(page).locator(":focus")).toHaveCount(1);
	await expect(confirm(page)).toBeDisabled();
	await expectAccessibleInBothThemes(page);
	await screenshot(page, "delete");

	const name = dialog(page).getByLabel("Type “CRM Nightly Sync” to confirm");
	for (const wrong of ["crm nightly sync", "CRM", "CRM Nightly Sync 2"]) {
		await name.fill(wrong);
		await expect(confirm(page)).toBeDisabled();
	}
	await name.fill(" CRM Nightly Sync ");
	await confirm(page).click();
	await expect(
		page.getByText("CRM Nightly Sync is deleted. The audit log still shows what was done to it.", { exact: true }),
	).toBeVisible();
	expect((await integration(key).whoami()).status).toBe(401);
	await expect(dialog(page)).toBeHidden();
	await expect(row(page, "CRM Nightly Sync")).toHaveCount(0);
	const { items } = await tenant.admin.api.query("audit.list", { key_id: api_key.id, action: "api_key.delete" });
	expect(items).toMatchObject([{ actor: who.id }]);
});

test("a name with accents can be typed in either Unicode form", async ({ page, tenant, signedIn }) => {
	await tenant.createKey({ name: "Integração".normalize("NFC") });
	await signedIn();
	await page.goto(LIST);
	await start(page, "Integração");
	await dialog(page).getByRole("textbox").fill("Integração".normalize("NFD"));
	await confirm(page).click();
	await expect(row(page, "Integração")).toHaveCount(0);
});

test("the dialog leads to revoking, which keeps the key and its history", { tag: "@proof" }, async ({
	page,
	tenant,
	signedIn,
	integration,
}) => {
	const { key, api_key } = await tenant.createKey({ name: "CRM Nightly Sync" });
	await signedIn();
	await page.goto(`${LIST}/${api_key.id}`);
	const opener = page.getByRole("button", { name: "Delete", exact: true });
	await opener.click();
	await dialog(page).getByRole("button", { name: "Revoke instead" }).click();
	await expect(dialog(page)).toHaveCount(1);
	await expect(dialog(page)).toHaveAccessibleName("Revoke CRM Nightly Sync?");
	await expect(dialog(page).locator(":focus")).toHaveCount(1);
	await expect(dialog(page).getByRole("button", { name: "Revoke key" })).not.toBeFocused();
	// The revoke dialog can be cancelled, too.
	await page.keyboard.press("Escape");
	await expect(dialog(page)).toBeHidden();
	await expect(opener).toBeFocused();

	await opener.click();
	await dialog(page).getByRole("button", { name: "Revoke instead" }).click();
	await dialog(page).getByRole("button", { name: "Revoke key" }).click();
	await expect(page.getByText("CRM Nightly Sync is revoked.")).toBeVisible();
	expect((await integration(key).whoami()).status).toBe(401);
	// The screen stays after revoking; only deleting leaves it.
	await expect(page).toHaveURL(`${LIST}/${api_key.id}`);
	await expect(page.locator("main header").first()).toContainText("Revoked");
});

test("the dialog for a revoked key does not suggest revoking", { tag: "@proof" }, async ({
	page,
	tenant,
	signedIn,
}) => {
	const { api_key } = await tenant.createKey({ name: "CRM Nightly Sync" });
	await tenant.admin.api.mutate("keys.revoke", { id: api_key.id });
	await signedIn();
	await page.goto(LIST);
	await start(page, "CRM Nightly Sync");
	await expect(dialog(page)).toContainText("usage history are deleted permanently");
	await expect(dialog(page)).not.toContainText("It still works");
	await expect(dialog(page).getByRole("button", { name: "Revoke instead" })).toHaveCount(0);
	await expectAccessible(page);
	await dialog(page).getByRole("textbox").fill("CRM Nightly Sync");
	await confirm(page).click();
	await expect(row(page, "CRM Nightly Sync")).toHaveCount(0);
});

test("deleting from the key's screen leads back to the list", async ({ page, tenant, signedIn }) => {
	const { api_key } = await tenant.createKey({ name: "CRM Nightly Sync" });
	await tenant.createKey({ name: "Website Forms" });
	await signedIn();
	await page.goto(`${LIST}/${api_key.id}`);
	await page.getByRole("button", { name: "Delete", exact: true }).click();
	await dialog(page).getByRole("textbox").fill("CRM Nightly Sync");
	await confirm(page).click();
	await expect(page).toHaveURL(LIST);
	await expect(row(page, "Website Forms")).toBeVisible();
	await expect(row(page, "CRM Nightly Sync")).toHaveCount(0);
});

test("a key that another person has deleted counts as deleted", async ({ page, tenant, signedIn, expectProblems }) => {
	const { api_key } = await tenant.createKey({ name: "CRM Nightly Sync" });
	expectProblems({ status: 404, url: "keys.delete" });
	await signedIn();
	await page.goto(LIST);
	await start(page, "CRM Nightly Sync");
	await dialog(page).getByRole("textbox").fill("CRM Nightly Sync");
	await tenant.admin.api.mutate("keys.delete", { id: api_key.id });
	await confirm(page).click();
	await expect(page.getByText("CRM Nightly Sync was already deleted.")).toBeVisible();
	await expect(dialog(page)).toBeHidden();
	await expect(row(page, "CRM Nightly Sync")).toHaveCount(0);
});

test("the key stays if the service fails", async ({ page, tenant, signedIn, expectProblems }) => {
	await tenant.createKey({ name: "CRM Nightly Sync" });
	expectProblems({ status: 503, url: "keys.delete" });
	await signedIn();
	await page.goto(LIST);
	await start(page, "CRM Nightly Sync");
	const works = await failAt(page, "keys.delete", "UNAVAILABLE");
	await dialog(page).getByRole("textbox").fill("CRM Nightly Sync");
	await confirm(page).click();
	await expect(dialog(page)).toContainText("The service is not available right now.");
	await expect(dialog(page)).toContainText(FAILED_REQUEST);
	await expect(row(page, "CRM Nightly Sync")).toBeVisible();
	works();
	await confirm(page).click();
	await expect(row(page, "CRM Nightly Sync")).toHaveCount(0);
});

test.describe("on a phone, in Portuguese", { tag: "@proof" }, () => {
	test.use({ ...PHONE, locale: "pt-BR" });
	test("the delete dialog fits and is in Portuguese", async ({ page, tenant, signedIn }) => {
		await tenant.createKey({ name: "CRM Nightly Sync" });
		await signedIn();
		await page.goto(LIST);
		await page.getByRole("button", { name: "Ações de CRM Nightly Sync" }).tap();
		await page.getByRole("menuitem", { name: "Excluir" }).tap();
		await expect(dialog(page)).toHaveAccessibleName("Excluir CRM Nightly Sync?");
		await expect(dialog(page)).toContainText("Quase sempre é melhor revogar");
		expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
		await expectAccessible(page);
		await dialog(page).getByLabel("Digite “CRM Nightly Sync” para confirmar").fill("CRM Nightly Sync");
		await dialog(page).getByRole("button", { name: "Excluir chave" }).tap();
		await expect(page.getByText("CRM Nightly Sync foi excluída.")).toBeVisible();
	});
});
