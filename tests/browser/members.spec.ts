/** Members: inviting, accepting in another browser, changing, deactivating and removing; and passwords. */
import type { Page } from "@playwright/test";
import { expect, expectAccessible, expectAccessibleInBothThemes, PHONE, SIGNED_OUT, test } from "./fixtures.ts";

const MEMBERS = "/settings/members";
const GOOD = "sete cavalos azuis dormem";
const BETTER = "oito girafas verdes nadam";

const row = (page: Page, email: string) => page.getByRole("row").filter({ hasText: email });
const newEmail = () => `ivo-${crypto.randomUUID().slice(0, 12)}@tenant.example`;

/** Invites a person and returns the link that the dialog shows. */
async function invite(page: Page, email: string, role = "Member"): Promise<string> {
	await page.getByRole("button", { name: "Invite a member" }).click();
	const dialog = page.getByRole("dialog");
	await dialog.getByLabel("Email").fill(email);
	await dialog.getByLabel("Name").fill("Ivo Lima");
	await dialog.getByRole("radio", { name: role }).check();
	if (role === "Member") await dialog.getByLabel("May manage API keys").check();
	await dialog.getByRole("button", { name: "Make the link" }).click();
	await expect(page.getByRole("dialog", { name: "Invitation for Ivo Lima" })).toBeVisible();
	const link = await page.getByLabel("One-time link").inputValue();
	await page.getByRole("button", { name: "Done" }).click();
	return link;
}

async function choose(page: Page, email: string, item: string): Promise<void> {
	await row(page, email)
		.getByRole("button", { name: /Actions for/ })
		.click();
	await page.getByRole("menuitem", { name: item }).click();
}

test("a person is invited, accepts in another browser, and is put out", async ({
	page,
	signedIn,
	newWindow,
	expectProblems,
}) => {
	expectProblems(SIGNED_OUT);
	await signedIn({ role: "owner" });
	await page.goto(MEMBERS);
	await expect(page.getByRole("heading", { level: 1, name: "Members" })).toBeVisible();
	const email = newEmail();
	const link = await invite(page, email);
	expect(link).toMatch(/\/invite#[0-9A-Za-z]{32}$/);
	await expect(row(page, email)).toContainText("Invited");
	await expect(row(page, email)).toContainText("Manages API keys");

	const theirs = await newWindow();
	await theirs.goto(link);
	await expect(theirs.getByRole("heading", { name: "Join Northwind Sales on SalesOS" })).toBeVisible();
	// The secret is in the address bar for no longer than the page takes to start.
	expect(new URL(theirs.url()).hash).toBe("");
	await expectAccessibleInBothThemes(theirs);
	await theirs.getByLabel("New password").fill(GOOD);
	await theirs.getByRole("button", { name: "Join" }).click();
	await expect(theirs.getByRole("heading", { name: "Connect your first integration" })).toBeVisible();

	await theirs.evaluate(() =>
		fetch("/trpc/keys.create", {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ name: "Made by Ivo" }),
		}),
	);

	await page.reload();
	await expect(row(page, email)).toContainText("Active");
	await row(page, email).getByRole("link", { name: "Keys that Ivo Lima created" }).click();
	await expect(page.getByText("Only keys that one member has created.")).toBeVisible();
	await expect(page.getByRole("link", { name: "Made by Ivo" })).toBeVisible();
	await page.goBack();
	await choose(page, email, "Deactivate…");
	await expect(page.getByText("1 live API key that they made stays in use.")).toBeVisible();
	await expect(page.getByRole("link", { name: "Show these keys" })).toBeVisible();
	await expectAccessible(page);
	await page.getByRole("dialog").getByRole("button", { name: "Deactivate" }).click();
	await expect(row(page, email)).toContainText("Deactivated");
	await theirs.reload();
	await expect(theirs).toHaveURL(/\/sign-in/);

	await choose(page, email, "Remove…");
	const dialog = page.getByRole("dialog");
	await expect(dialog.getByRole("button", { name: "Remove" })).toBeDisabled();
	await dialog.getByLabel(`Type ${email} to remove them`).fill(email);
	await dialog.getByRole("button", { name: "Remove" }).click();
	await expect(row(page, email)).toHaveCount(0);
});

test("a used link says what to do, and a reset link ends the person's sessions", { tag: "@proof" }, async ({
	page,
	signedIn,
	newWindow,
	expectProblems,
}) => {
	expectProblems(SIGNED_OUT, { status: 404, url: "passwords.readLink" });
	await signedIn({ role: "admin" });
	await page.goto(MEMBERS);
	const email = newEmail();
	const link = await invite(page, email, "Admin");
	const theirs = await newWindow();
	await theirs.goto(link);
	await theirs.getByLabel("New password").fill(GOOD);
	await theirs.keyboard.press("Enter");
	await expect(theirs.getByRole("heading", { name: "Connect your first integration" })).toBeVisible();

	const again = await newWindow();
	await again.goto(link);
	await expect(again.getByRole("heading", { name: "This link does not work" })).toBeVisible();
	await expectAccessible(again);

	await page.reload();
	await choose(page, email, "Password link…");
	await page.getByRole("dialog").getByRole("button", { name: "Make the link" }).click();
	const reset = await page.getByLabel("One-time link").inputValue();
	await again.goto(reset);
	await expect(again.getByRole("heading", { name: "Set a new password" })).toBeVisible();
	await again.getByLabel("New password").fill("password1234");
	expectProblems({ status: 400, url: "passwords.set" });
	await again.getByRole("button", { name: "Set the password" }).click();
	await expect(again.getByText("This password is one of the most common ones.")).toBeVisible();
	await again.getByRole("button", { name: "Show the password" }).click();
	await expect(again.getByLabel("New password")).toHaveAttribute("type", "text");
	await again.getByLabel("New password").fill(BETTER);
	await again.getByRole("button", { name: "Set the password" }).click();
	await expect(again.getByRole("heading", { name: "Connect your first integration" })).toBeVisible();
	await theirs.reload();
	await expect(theirs).toHaveURL(/\/sign-in/);
});

test("a person changes their password with the old one", async ({ page, signedIn, newWindow, expectProblems }) => {
	expectProblems({ status: 400, url: "passwords.change" });
	await signedIn({ role: "owner" });
	await page.goto(MEMBERS);
	const link = await invite(page, newEmail());
	const theirs = await newWindow();
	await theirs.goto(link);
	await theirs.getByLabel("New password").fill(GOOD);
	await theirs.getByRole("button", { name: "Join" }).click();
	await theirs.getByRole("link", { name: /Account/ }).click();
	await theirs.getByRole("button", { name: "Change the password" }).click();
	const dialog = theirs.getByRole("dialog");
	await dialog.getByLabel("Current password").fill("not the password");
	await dialog.getByLabel("New password").fill(BETTER);
	await dialog.getByRole("button", { name: "Change the password" }).click();
	await expect(dialog.getByText("This is not your current password.")).toBeVisible();
	await expect(dialog.getByLabel("Current password")).toBeFocused();
	await expectAccessible(theirs);
	await dialog.getByLabel("Current password").fill(GOOD);
	await dialog.getByRole("button", { name: "Change the password" }).click();
	await expect(theirs.getByText("Your password is changed.")).toBeVisible();
});

test("a change of role is made by keyboard, and the last owner stays", async ({ page, signedIn, expectProblems }) => {
	await signedIn({ role: "owner" });
	await page.goto(MEMBERS);
	const email = newEmail();
	await invite(page, email);
	await row(page, email)
		.getByRole("button", { name: /Actions for/ })
		.focus();
	await page.keyboard.press("Enter");
	await page.getByRole("menuitem", { name: "Change…" }).press("Enter");
	const dialog = page.getByRole("dialog", { name: "Change Ivo Lima" });
	await dialog.getByRole("radio", { name: "Member" }).focus();
	await page.keyboard.press("ArrowUp");
	await expect(dialog.getByRole("radio", { name: "Admin" })).toBeChecked();
	await dialog.getByRole("button", { name: "Save" }).press("Enter");
	await expect(row(page, email)).toContainText("Admin");
	await expect(row(page, email).getByRole("button", { name: /Actions for/ })).toBeFocused();
	expectProblems();
});

test("an email of another account is explained", async ({ page, signedIn, demo, expectProblems }) => {
	expectProblems({ status: 409, url: "members.invite" });
	await signedIn({ role: "owner" });
	await page.goto(MEMBERS);
	await page.getByRole("button", { name: "Invite a member" }).click();
	const dialog = page.getByRole("dialog");
	await expect(dialog.getByLabel("Email")).toBeFocused();
	await dialog.getByRole("button", { name: "Make the link" }).click();
	await expect(dialog.getByText("Enter an email")).toBeVisible();
	await dialog.getByLabel("Email").fill(demo.email);
	await dialog.getByLabel("Name").fill("Ivo");
	await dialog.getByRole("button", { name: "Make the link" }).click();
	await expect(dialog.getByText("This email cannot be invited: it belongs to another account.")).toBeVisible();
	await expectAccessibleInBothThemes(page);
});

test("a member without the permission sees no members", async ({ page, signedIn }) => {
	await signedIn({ role: "member", capabilities: ["admin.integrations"] });
	await page.goto(MEMBERS);
	await expect(page.getByRole("navigation").getByRole("link", { name: "Members" })).toHaveCount(0);
	await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
	await expect(page.getByRole("table")).toHaveCount(0);
});

test("a forgotten password says whom to ask where no mail is sent", async ({ page }) => {
	await page.goto("/sign-in");
	await page.getByRole("link", { name: "Forgot your password?" }).click();
	await expect(page.getByRole("heading", { name: "Forgot your password?" })).toBeVisible();
	await page.getByLabel("Email").fill("nobody@acme.example");
	await page.getByRole("button", { name: "Send the link" }).click();
	await expect(page.getByText("This service sends no mail.")).toBeVisible();
	await expectAccessible(page);
});

test.describe("on a phone, in Portuguese", () => {
	test.use({ ...PHONE, locale: "pt-BR" });

	test("the screens fit and are accessible", async ({ page, signedIn, newWindow }) => {
		await signedIn({ role: "owner" });
		await page.goto(MEMBERS);
		await page.getByRole("button", { name: "Convidar um membro" }).click();
		const dialog = page.getByRole("dialog");
		await dialog.getByLabel("E-mail").fill(newEmail());
		await dialog.getByLabel("Nome").fill("Ivo Lima");
		await dialog.getByRole("button", { name: "Criar o link" }).click();
		await expect(page.getByRole("dialog", { name: "Convite para Ivo Lima" })).toBeVisible();
		await expectAccessible(page);
		const link = await page.getByLabel("Link de uso único").inputValue();
		await page.getByRole("button", { name: "Concluir" }).click();
		await expect(page.getByText("Convidado")).toBeVisible();
		await expectAccessibleInBothThemes(page);
		const theirs = await newWindow();
		await theirs.goto(link);
		await expect(theirs.getByRole("heading", { name: "Participe de Northwind Sales no SalesOS" })).toBeVisible();
		for (const one of [page, theirs])
			expect(await one.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
	});
});
