/** The operator's screens: signing in with the service_role key, companies, suspending, deleting, and leaked keys. */
import type { Page } from "@playwright/test";
import { expect, expectAccessibleInBothThemes, test } from "./fixtures.ts";
import { secret } from "./run-settings.ts";

/** What the page asks first, and what it gets before the operator has signed in. */
const NO_OPERATOR = { status: 401, url: "platform.me" };

async function signIn(page: Page): Promise<void> {
	await page.goto("/platform");
	await page.getByLabel("service_role key").fill(secret("SERVICE_ROLE_KEY"));
	await page.getByRole("button", { name: "Sign in" }).click();
	await expect(page.getByRole("heading", { level: 1, name: "Companies" })).toBeVisible();
}

test("an operator signs in with the key, which the browser doesn't keep, and signs out", async ({
	page,
	expectProblems,
}) => {
	expectProblems(NO_OPERATOR, { status: 401, url: "platform.login" });
	await page.goto("/sign-in");
	await page.getByRole("link", { name: "Operators of the platform" }).click();
	await expect(page.getByRole("heading", { level: 1, name: "Sign in as the platform" })).toBeVisible();
	await expectAccessibleInBothThemes(page);
	await page.getByLabel("service_role key").fill("not the key, but as long as one would be");
	await page.getByRole("button", { name: "Sign in" }).click();
	await expect(page.getByText("This is not the service_role key.")).toBeVisible();
	await page.getByLabel("service_role key").fill(secret("SERVICE_ROLE_KEY"));
	await page.getByRole("button", { name: "Sign in" }).click();
	await expect(page.getByRole("heading", { level: 1, name: "Companies" })).toBeVisible();
	await expectAccessibleInBothThemes(page);
	const stored = await page.evaluate(() =>
		JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
	);
	expect(stored).not.toContain(secret("SERVICE_ROLE_KEY"));
	expect(stored).not.toContain("__Host-platform");
	await page.getByRole("button", { name: "Sign out" }).click();
	await expect(page.getByRole("heading", { level: 1, name: "Sign in as the platform" })).toBeVisible();
});

test("an operator finds, suspends, resumes and deletes a company, whose people see why", async ({
	page,
	tenant,
	signedIn,
	newWindow,
	expectProblems,
}) => {
	expectProblems(NO_OPERATOR);
	await signedIn();
	const { key } = await tenant.createKey({ name: "Integration" });
	const operator = await newWindow();
	await signIn(operator);
	await operator.getByLabel("Search by name, short name or id").fill(tenant.slug);
	await operator.getByLabel("Search by name, short name or id").press("Tab");
	await operator.getByRole("link", { name: tenant.name }).click();
	await expect(operator.getByRole("heading", { level: 1, name: tenant.name })).toBeVisible();
	await expect(operator.getByText("State: Active")).toBeVisible();
	await operator.getByLabel("Limit: API keys").fill("500");
	await operator.getByRole("button", { name: "Save the quotas" }).click();
	await expect(operator.getByText("The quotas were saved.")).toBeVisible();
	await expectAccessibleInBothThemes(operator);

	await operator.getByRole("button", { name: "Suspend…" }).click();
	await operator.getByLabel("Reason, for the audit log").fill("Sends spam");
	await operator.getByRole("button", { name: "Suspend", exact: true }).click();
	await expect(operator.getByText("State: Suspended")).toBeVisible();
	await page.goto("/");
	await expect(page.getByText("SalesOS has suspended your company.")).toBeVisible();
	await expectAccessibleInBothThemes(page);

	await operator.getByRole("button", { name: "Delete…" }).click();
	await operator.getByLabel(`Type ${tenant.slug} to confirm`).fill(tenant.slug);
	await operator.getByRole("button", { name: "Delete after 30 days" }).click();
	await expect(operator.getByText("Will be deleted after")).toBeVisible();
	await operator.getByRole("button", { name: "Cancel the deletion" }).click();
	await operator.getByRole("button", { name: "Resume" }).click();
	await expect(operator.getByText("State: Active")).toBeVisible();

	await operator.getByRole("link", { name: "Leaked keys" }).click();
	await operator.getByLabel("Text that contains keys").fill(`SALESOS_KEY=${key}`);
	await operator.getByRole("button", { name: "Find the companies" }).click();
	await expect(operator.getByText("1 key found")).toBeVisible();
	await expect(operator.getByRole("row").filter({ hasText: tenant.name })).toContainText("Integration");
	await expect(operator.getByText(key)).toHaveCount(0);
	await expectAccessibleInBothThemes(operator);
});

test("an operator creates a company and gets the link for its owner once", async ({ page, expectProblems }) => {
	expectProblems(NO_OPERATOR);
	await signIn(page);
	const name = `Padaria ${crypto.randomUUID().slice(0, 8)}`;
	await page.getByRole("button", { name: "Create a company" }).click();
	const dialog = page.getByRole("dialog");
	await dialog.getByLabel("Name", { exact: true }).fill(name);
	await dialog.getByLabel("Short name").fill(name.toLowerCase().replace(" ", "-"));
	await dialog.getByLabel("Email of the first owner").fill(`${crypto.randomUUID()}@tenant.example`);
	await dialog.getByLabel("Name of the first owner").fill("Rita Souza");
	await dialog.getByRole("button", { name: "Create", exact: true }).click();
	await expect(dialog.getByLabel("Link for the owner")).toHaveValue(/\/invite#[0-9A-Za-z]{32}$/);
	await expectAccessibleInBothThemes(page);
	await dialog.getByRole("button", { name: "Close" }).first().click();
	await expect(page.getByRole("link", { name })).toBeVisible();
});

test("an operator sees the state of the service", async ({ newWindow, expectProblems }) => {
	expectProblems(NO_OPERATOR);
	const operator = await newWindow();
	await signIn(operator);
	await operator.getByRole("link", { name: "Operations" }).click();
	await expect(operator.getByRole("heading", { level: 1, name: "Operations" })).toBeVisible();
	await expect(operator.getByRole("row", { name: /^Database Responds/ })).toBeVisible();
	await expectAccessibleInBothThemes(operator);
	await operator.getByRole("button", { name: "Check again" }).click();
	await expect(operator.getByRole("row", { name: /^Database Responds/ })).toBeVisible();
});

test("an operator sees with the keyboard how far the database is behind a key", async ({
	tenant,
	newWindow,
	expectProblems,
}) => {
	expectProblems(NO_OPERATOR);
	const { api_key } = await tenant.createKey({ name: "Integration" });
	const operator = await newWindow();
	await signIn(operator);
	await operator.getByRole("link", { name: "Operations" }).click();
	const ids = operator.getByLabel("API key ids");
	await ids.focus();
	await operator.keyboard.press("Tab");
	await operator.keyboard.press("Enter");
	await expect(ids).toBeFocused();
	await expect(ids).toHaveAccessibleDescription(/Enter 1 to 50 ids\./);
	await operator.keyboard.type(`${api_key.id}, 000000000000`);
	await operator.keyboard.press("Tab");
	await operator.keyboard.press("Enter");
	await expect(operator.getByRole("status").filter({ hasText: "1 API key found." })).toContainText(
		"Unknown: 000000000000.",
	);
	const row = operator.getByRole("row").filter({ hasText: api_key.id });
	await expect(row).toContainText("Nothing is late");
	await expect(row.getByRole("link", { name: tenant.id })).toBeVisible();
	await expectAccessibleInBothThemes(operator);
});
