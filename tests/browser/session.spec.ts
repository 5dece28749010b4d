/** The end of a session, by signing out or in the middle of work, without losing typed text. */
import { expect, expectAccessible, expectAccessibleInBothThemes, SIGNED_OUT, test } from "./fixtures.ts";

const LIST = "/integrations/api-keys";

test("signing out ends the session here and on the server", async ({ page, context, demo, expectProblems }) => {
	await page.goto("/sign-in");
	await page.getByLabel("Email").fill(demo.email);
	await page.getByLabel("Password").fill(demo.password);
	await page.getByRole("button", { name: "Sign in" }).click();
	await expect(page).toHaveURL(LIST);
	const before = await context.cookies();

	await page.getByRole("link", { name: /Account/ }).click();
	await page.getByRole("button", { name: "Sign out" }).click();
	await expect(page).toHaveURL("/sign-in");
	// The cookie of the device stays: it lets its owner past the limit on attempts of others, and signs no one in.
	expect((await context.cookies()).map(({ name }) => name)).toEqual(["__Host-device"]);

	// A copy of the cookie is no longer valid.
	expectProblems(SIGNED_OUT);
	await context.addCookies(before.map((cookie) => ({ ...cookie, domain: "localhost" })));
	await page.goto(LIST);
	await expect(page).toHaveURL(/\/sign-in/);
});

test.describe("a session that ends over a form", () => {
	test("is continued by signing in over the form, which stays as it was", { tag: "@proof" }, async ({
		page,
		context,
		demo,
		expectProblems,
	}) => {
		expectProblems({ status: 401, url: "keys.create" });
		await page.goto("/sign-in");
		await page.getByLabel("Email").fill(demo.email);
		await page.getByLabel("Password").fill(demo.password);
		await page.getByRole("button", { name: "Sign in" }).click();
		await expect(page.getByRole("heading", { level: 1, name: "API keys" })).toBeVisible();
		await page.keyboard.press("c");
		await expect(page).toHaveURL(`${LIST}/new`);
		await page.getByLabel("Name").fill("Typed before the end");
		await page.getByLabel("Limit per hour").fill("250");

		await context.clearCookies();
		await page.getByRole("button", { name: "Create key" }).click();
		const dialog = page.getByRole("dialog", { name: "Sign in to continue" });
		await expect(dialog).toBeVisible();
		await expect(dialog.getByLabel("Email")).toHaveValue(demo.email);
		await expectAccessible(page);
		// The dialog cannot be closed without signing in.
		await page.keyboard.press("Escape");
		await expect(dialog).toBeVisible();

		await dialog.getByLabel("Password").fill(demo.password);
		await dialog.getByRole("button", { name: "Sign in" }).click();
		await expect(dialog).toBeHidden();
		await expect(page.getByLabel("Name")).toHaveValue("Typed before the end");
		await expect(page.getByLabel("Limit per hour")).toHaveValue("250");
		await page.getByRole("button", { name: "Create key" }).click();
		await expect(page.getByRole("dialog", { name: /Typed before the end/ })).toBeVisible();
	});

	test("is continued with the focus where it was, even after a wrong password", { tag: "@proof" }, async ({
		page,
		context,
		demo,
		service,
		expectProblems,
	}) => {
		const email = `admin@${demo.email.split("@")[1]}`;
		await page.goto("/sign-in");
		await page.getByLabel("Email").fill(email);
		await page.getByLabel("Password").fill(demo.password);
		await page.getByRole("button", { name: "Sign in" }).click();
		await expect(page.getByRole("heading", { level: 1, name: "API keys" })).toBeVisible();
		await page.goto("/integrations/audit-log");
		const who = page.getByRole("combobox", { name: "Who" });
		await expect(page.getByRole("row").nth(1)).toBeVisible();

		// End the same session without the browser.
		const [cookie] = await context.cookies();
		const headers = { authorization: `Bearer ${cookie?.value}` };
		const ended = await service.fetch("/trpc/session.logout", { method: "POST", headers });
		expect(await ended.json()).toMatchObject({ result: { data: { ended: true } } });

		expectProblems({ status: 401, url: "audit.list" }, { status: 401, url: "session.login" });
		// A suggestion, so it applies at once.
		await who.fill(email);
		const dialog = page.getByRole("dialog", { name: "Sign in to continue" });
		await expect(dialog.getByLabel("Password")).toBeFocused();
		await expectAccessibleInBothThemes(page);
		// Shortcuts are just letters here.
		await page.keyboard.type("c?/");
		await page.keyboard.press("Enter");
		await expect(dialog.getByText("Email and password do not match.")).toBeVisible();
		await expect(dialog.getByLabel("Email")).toHaveValue(email);
		await expect(dialog.getByLabel("Password")).toBeFocused();
		await page.keyboard.type(demo.password);
		await page.keyboard.press("Enter");
		await expect(dialog).toBeHidden();
		await expect(who).toBeFocused();
		await expect(who).toHaveValue(email);
		await expect(page.getByRole("row").nth(1)).toContainText(email);
	});

	test("reloads the page for another person", async ({ page, context, tenant, signedIn, demo, expectProblems }) => {
		expectProblems({ status: 401 });
		await tenant.createKey({ name: "Only this tenant's" });
		await signedIn();
		await page.goto(LIST);
		await expect(page.getByRole("link", { name: "Only this tenant's" })).toBeVisible();
		await context.clearCookies();
		await page.getByRole("link", { name: /^Expired/ }).click();
		const dialog = page.getByRole("dialog", { name: "Sign in to continue" });
		await dialog.getByLabel("Email").fill(`member@${demo.email.split("@")[1]}`);
		await dialog.getByLabel("Password").fill(demo.password);
		await dialog.getByRole("button", { name: "Sign in" }).click();
		await expect(page.getByRole("heading", { name: "You cannot manage API keys yet" })).toBeVisible();
		await expect(page.getByRole("link", { name: "Only this tenant's" })).toBeHidden();
	});

	test("switches to another person who signs in with another tab", async ({
		page,
		context,
		tenant,
		signedIn,
		demo,
	}) => {
		await tenant.createKey({ name: "Only this tenant's" });
		await signedIn();
		await page.goto(LIST);
		await expect(page.getByRole("link", { name: "Only this tenant's" })).toBeVisible();
		const other = await context.newPage();
		await other.goto("/sign-in");
		await other.getByLabel("Email").fill(`member@${demo.email.split("@")[1]}`);
		await other.getByLabel("Password").fill(demo.password);
		await other.getByRole("button", { name: "Sign in" }).click();
		await expect(other.getByRole("heading", { name: "You cannot manage API keys yet" })).toBeVisible();
		await expect(page.getByRole("heading", { name: "You cannot manage API keys yet" })).toBeVisible();
		await expect(page.getByRole("link", { name: "Only this tenant's" })).toBeHidden();
	});

	test("is continued after signing in with another tab", { tag: "@proof" }, async ({
		page,
		context,
		demo,
		expectProblems,
	}) => {
		expectProblems({ status: 401 });
		const signIn = async (window: typeof page) => {
			await window.getByLabel("Email").fill(`admin@${demo.email.split("@")[1]}`);
			await window.getByLabel("Password").fill(demo.password);
			await window.getByRole("button", { name: "Sign in" }).click();
		};
		await page.goto("/sign-in");
		await signIn(page);
		await expect(page.getByRole("heading", { level: 1, name: "API keys" })).toBeVisible();
		await context.clearCookies();
		await page.getByRole("link", { name: /^Expired/ }).click();
		await expect(page.getByRole("dialog", { name: "Sign in to continue" })).toBeVisible();
		const other = await context.newPage();
		await other.goto("/sign-in");
		await signIn(other);
		await expect(other.getByRole("heading", { level: 1, name: "API keys" })).toBeVisible();
		await expect(page.getByRole("dialog", { name: "Sign in to continue" })).toBeHidden();
	});
});
