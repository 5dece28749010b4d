/** The sign-in form: helpful errors, and then the screen that the person wanted. */
import type { Page } from "@playwright/test";
import { expect, expectAccessible, expectAccessibleInBothThemes, SIGNED_OUT, test } from "./fixtures.ts";
import { intercept } from "./intercept.ts";

const LIST = "/integrations/api-keys";
const NOBODY = "nobody@acme.example";

async function enter(page: Page, email: string, password: string): Promise<void> {
	await page.getByLabel("Email").fill(email);
	await page.getByLabel("Password").fill(password);
	await page.getByRole("button", { name: "Sign in" }).click();
}

test("signing in leads to the wanted screen", async ({ page, demo, expectProblems }) => {
	expectProblems(SIGNED_OUT);
	await page.goto("/integrations/audit-log?action=api_key.create");
	await expect(page).toHaveURL(/\/sign-in\?to=/);
	await expect(page.getByLabel("Email")).toBeFocused();
	await enter(page, demo.email, demo.password);
	await expect(page).toHaveURL("/integrations/audit-log?action=api_key.create");
	await expect(page.getByRole("heading", { name: "Audit log" })).toBeVisible();
});

test("signing in from the root path by keyboard leads to the keys", async ({ page, demo, expectProblems }) => {
	expectProblems(SIGNED_OUT);
	await page.goto("/");
	await expect(page).toHaveURL("/sign-in");
	await expect(page.getByLabel("Email")).toBeFocused();
	await page.keyboard.type(demo.email);
	await page.keyboard.press("Tab");
	await page.keyboard.type(demo.password);
	await page.keyboard.press("Enter");
	await expect(page).toHaveURL(LIST);
});

test("signing in never leads to another site", { tag: "@proof" }, async ({ page, demo }) => {
	for (const foreign of ["//evil.example", "https://evil.example/", "javascript:alert(1)", "/\\evil.example"])
		await test.step(foreign, async () => {
			await page.goto(`/sign-in?to=${encodeURIComponent(foreign)}`);
			await enter(page, `admin@${demo.email.split("@")[1]}`, demo.password);
			await expect(page).toHaveURL(LIST);
		});
});

test("the form reports missing fields without a call", async ({ page }) => {
	await page.goto("/sign-in");
	await page.getByRole("button", { name: "Sign in" }).click();
	await expect(page.getByText("Enter your email")).toBeVisible();
	await expect(page.getByLabel("Email")).toBeFocused();
	await enter(page, NOBODY, "");
	await expect(page.getByText("Enter your password.")).toBeVisible();
	await expect(page.getByLabel("Password")).toBeFocused();
	await expectAccessibleInBothThemes(page);
});

test("the form reports a wrong password and keeps the email", async ({ page, expectProblems }) => {
	expectProblems({ status: 401, url: "session.login" });
	await page.goto("/sign-in");
	await enter(page, NOBODY, "wrong");
	await expect(page.getByText("Email and password do not match.")).toBeVisible();
	await expect(page.getByLabel("Email")).toHaveValue(NOBODY);
	await expect(page.getByLabel("Password")).toBeFocused();
	await expectAccessibleInBothThemes(page);
});

test("the form explains the throttle and how long to wait", { tag: "@proof" }, async ({
	page,
	service,
	address,
	expectProblems,
}) => {
	expectProblems({ status: 401, url: "session.login" }, { status: 429, url: "session.login" });
	const email = `${test.info().testId}@acme.example`;
	await page.goto("/sign-in");
	await enter(page, email, "wrong");
	await expect(page.getByText("Email and password do not match.")).toBeVisible();
	// The other attempts come from the same IP address, without the browser.
	const attempt = () =>
		service.fetch("/trpc/session.login", {
			method: "POST",
			headers: { "content-type": "application/json", "cf-connecting-ip": address },
			body: JSON.stringify({ email, password: "wrong" }),
		});
	await expect(async () => {
		while ((await attempt()).status !== 429);
		const answer = page.waitForResponse(/session\.login/);
		await enter(page, email, "wrong");
		expect((await answer).status()).toBe(429);
	}).toPass();
	await expect(page.getByText(/Too many attempts.*signing in is paused for 1 minute/)).toBeVisible();
	await expectAccessible(page);
});

test("the form reports an unreachable service and works after that", { tag: "@proof" }, async ({
	page,
	demo,
	expectProblems,
}) => {
	expectProblems({ unanswered: "session.login" });
	await page.goto("/sign-in");
	const reachable = await intercept(page, /session\.login/, (route) => route.abort());
	await enter(page, `member@${demo.email.split("@")[1]}`, demo.password);
	await expect(page.getByText("The service could not be reached.")).toBeVisible();
	reachable();
	await page.getByRole("button", { name: "Sign in" }).click();
	await expect(page.getByRole("heading", { name: "You cannot manage API keys yet" })).toBeVisible();
});

test.describe("on a small screen, in Portuguese", { tag: "@proof" }, () => {
	test.use({ viewport: { width: 320, height: 568 }, locale: "pt-BR" });

	test("errors fit and are accessible", async ({ page, expectProblems }) => {
		expectProblems({ status: 401, url: "session.login" });
		await page.goto("/sign-in");
		await page.getByLabel("E-mail").fill("uma.pessoa.com.um.nome.comprido@empresa.example");
		await page.getByLabel("Senha").fill("errada");
		await page.getByRole("button", { name: "Entrar" }).click();
		await expect(page.getByText("E-mail e senha não conferem.")).toBeVisible();
		await expectAccessibleInBothThemes(page);
		expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
	});

	test("a member sees which permission is missing", async ({ page, signedIn }) => {
		await signedIn({ role: "member" });
		await page.goto(LIST);
		await expect(page.getByRole("heading", { name: "Você ainda não pode gerenciar chaves de API" })).toBeVisible();
		await expect(page.getByText("Peça essa permissão a um proprietário ou administrador")).toBeVisible();
		await expectAccessible(page);
		expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
	});
});

test.describe("a member", () => {
	test("sees which permission is missing and whom to ask", async ({ page, signedIn }) => {
		await signedIn({ role: "member" });
		for (const address of [LIST, `${LIST}/new`, "/integrations/audit-log"]) {
			await page.goto(address);
			await expect(page.getByRole("heading", { level: 1, name: "You cannot manage API keys yet" })).toBeVisible();
			await expect(page.getByRole("main")).toContainText("admin.integrations");
			await expect(page.getByRole("main")).toContainText("Ask an owner or admin");
		}
		await expectAccessibleInBothThemes(page);
	});

	test("with the capability sees the keys", async ({ page, signedIn }) => {
		await signedIn({ role: "member", capabilities: ["admin.integrations"] });
		await page.goto("/");
		await expect(page.getByRole("heading", { name: "Connect your first integration" })).toBeVisible();
	});
});
