/** The frame of every screen: navigation, shortcuts, themes, languages and offline state. */
import type { Page } from "@playwright/test";
import { FAILED_REQUEST, failAt } from "./failures.ts";
import { expect, expectAccessible, expectAccessibleInBothThemes, LAPTOP, PHONE, test } from "./fixtures.ts";

const LIST = "/integrations/api-keys";
const SCREENS = [
	LIST,
	`${LIST}/new`,
	"/integrations/audit-log",
	"/account",
	"/settings/members",
	"/settings/sessions",
	"/settings/tokens",
	"/nowhere",
];

test.describe("the navigation", () => {
	test("leads to every screen and moves the focus to its start", async ({ page, signedIn }) => {
		await signedIn();
		await page.goto(LIST);
		const main = page.getByRole("navigation", { name: "Main" });
		await main.getByRole("link", { name: "Audit log" }).click();
		await expect(page.getByRole("heading", { level: 1, name: "Audit log" })).toBeVisible();
		await expect(page.getByRole("main")).toBeFocused();
		await expect(main.getByRole("link", { name: "Audit log" })).toHaveAttribute("aria-current", "page");
		await main.getByRole("link", { name: /Account/ }).click();
		await expect(page).toHaveTitle("Account · SalesOS");
		await main.getByRole("link", { name: "API keys" }).click();
		await expect(page).toHaveURL(LIST);
	});

	test("can be skipped by keyboard", async ({ page, signedIn }) => {
		await signedIn();
		await page.goto(LIST);
		await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
		await page.keyboard.press("Tab");
		await expect(page.getByRole("link", { name: "Skip to content" })).toBeFocused();
		await page.keyboard.press("Enter");
		await expect(page.getByRole("main")).toBeFocused();
	});

	test("shows an unknown path as not found, with a link back", async ({ page, signedIn }) => {
		await signedIn();
		await page.goto("/integrations/nowhere");
		await expect(page.getByRole("heading", { level: 1, name: "Page not found" })).toBeVisible();
		await page.getByRole("link", { name: "Go to API keys" }).click();
		await expect(page).toHaveURL(LIST);
	});

	test("is at the side, and at the bottom of a narrow window", async ({ page, signedIn }) => {
		await signedIn();
		await page.goto(LIST);
		// Not the bar of the skeleton, which disappears once the session is known.
		await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
		const box = () => page.getByRole("banner").boundingBox();
		await page.setViewportSize({ width: 720, height: 800 });
		await expect.poll(box).toMatchObject({ x: 0, y: 0, width: 224 });
		await page.setViewportSize({ width: 719, height: 800 });
		await expect.poll(box).toMatchObject({ x: 0, width: 719 });
		await expect.poll(async () => (await box())?.y).toBeGreaterThan(700);
	});
});

test.describe("keyboard shortcuts", () => {
	test("are listed and open the form for a key", async ({ page, signedIn }) => {
		await signedIn();
		await page.goto("/account");
		await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
		await page.keyboard.press("?");
		const dialog = page.getByRole("dialog", { name: "Keyboard shortcuts" });
		await expect(dialog).toContainText("Create an API key");
		await expectAccessibleInBothThemes(page);
		// A dialog keeps the keyboard.
		await page.keyboard.press("c");
		await page.keyboard.press("Escape");
		await expect(dialog).toBeHidden();
		await expect(page).toHaveURL("/account");
		await page.keyboard.press("c");
		await expect(page).toHaveURL(`${LIST}/new`);
	});

	test("open the form for a test key from the list of test keys", async ({ page, signedIn }) => {
		await signedIn();
		await page.goto("/integrations/api-keys?env=test");
		await expect(page.getByRole("heading", { name: "No test keys yet" })).toBeVisible();
		await page.keyboard.press("c");
		await expect(page).toHaveURL("/integrations/api-keys/new?env=test");
		await expect(page.getByRole("radio", { name: "Test" })).toBeChecked();
		await page.getByRole("radio", { name: "Live" }).check();
		await page.keyboard.press("c");
		await expect(page).toHaveURL("/integrations/api-keys/new?env=test");
		await expect(page.getByRole("radio", { name: "Live" })).toBeChecked();
	});

	test("work with AltGr, but with no other modifier", async ({ page, signedIn }) => {
		await signedIn();
		await page.goto("/integrations/api-keys");
		const search = page.getByRole("searchbox");
		await expect(search).toBeVisible();
		const press = (held: { altKey: boolean; modifierAltGraph: boolean }) =>
			page.evaluate((keys) => {
				document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true, ctrlKey: true, ...keys }));
			}, held);
		await press({ altKey: false, modifierAltGraph: false });
		await press({ altKey: true, modifierAltGraph: false });
		await expect(search).not.toBeFocused();
		await press({ altKey: true, modifierAltGraph: true });
		await expect(search).toBeFocused();
	});

	test("do nothing in text fields", async ({ page, signedIn }) => {
		await signedIn();
		await page.goto(LIST);
		await page.getByRole("searchbox").fill("");
		await page.keyboard.type("c/?");
		await expect(page.getByRole("searchbox")).toHaveValue("c/?");
		await expect(page.getByRole("dialog")).toBeHidden();
	});

	test("can be turned off permanently", async ({ page, signedIn }) => {
		await signedIn();
		await page.goto("/account");
		await page.getByRole("button", { name: "Keyboard shortcuts" }).click();
		await page.getByLabel("Use keyboard shortcuts").uncheck();
		await page.keyboard.press("Escape");
		await expect(page.getByRole("button", { name: "Keyboard shortcuts" })).toBeFocused();
		await page.reload();
		await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
		await page.keyboard.press("?");
		await page.keyboard.press("c");
		await expect(page.getByRole("dialog")).toBeHidden();
		await expect(page).toHaveURL("/account");
	});
});

test.describe("a choice of the person", () => {
	test("keeps the theme, independent of the system's", async ({ page, signedIn }) => {
		await signedIn();
		await page.goto("/account");
		const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
		const light = await ground();
		await page.getByText("Dark", { exact: true }).click();
		await expect.poll(ground).not.toBe(light);
		const dark = await ground();
		await page.reload();
		expect(await ground()).toBe(dark);
		await page.getByText("System", { exact: true }).click();
		await expect.poll(ground).toBe(light);
		await page.emulateMedia({ colorScheme: "dark" });
		await expect.poll(ground).toBe(dark);
	});

	test("keeps the language, which is set on the document", async ({ page, signedIn }) => {
		await signedIn();
		await page.goto("/account");
		await page.getByText("Português", { exact: true }).click();
		await expect(page.getByRole("heading", { level: 1, name: "Conta" })).toBeVisible();
		await expect(page.locator("html")).toHaveAttribute("lang", "pt-BR");
		await page.reload();
		await expect(page.getByRole("heading", { level: 1, name: "Conta" })).toBeVisible();
		await page.goto("/lugar-nenhum");
		await expect(page.getByRole("heading", { level: 1, name: "Página não encontrada" })).toBeVisible();
	});
});

test.describe("without connection or service", () => {
	test("the page says that it is offline until it is online again", async ({ page, context, signedIn }) => {
		await signedIn();
		await page.goto(LIST);
		await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
		await context.setOffline(true);
		await expect(page.getByText("You are offline.")).toBeVisible();
		await expectAccessible(page);
		await context.setOffline(false);
		await expect(page.getByText("You are offline.")).toBeHidden();
	});

	test("a toast shows the request id of a server error", async ({ page, tenant, signedIn, expectProblems }) => {
		expectProblems({ status: 500, url: "session.logout" });
		await signedIn(await tenant.person());
		await page.goto("/account");
		await failAt(page, "session.logout");
		await page.getByRole("button", { name: "Sign out" }).click();
		const toasts = page.getByRole("region", { name: /Notifications/ });
		await expect(toasts).toContainText(FAILED_REQUEST);
		await expect(toasts).toContainText("Something went wrong on our side.");
		await expectAccessibleInBothThemes(page);
		await toasts.getByRole("button", { name: "Close" }).click();
		await expect(toasts).not.toContainText(FAILED_REQUEST);
	});
});

test.describe("every screen", () => {
	test("is accessible in both themes, and fits 320 pixels", async ({ page, tenant, signedIn }) => {
		test.slow();
		await tenant.createKey({ name: "CRM Nightly Sync with a name that is longer than most, and then some" });
		await tenant.admin.api.mutate("tokens.create", {
			name: "ADeployPipelineWithANameThatIsLongerThanMostAndWithoutASpaceInIt",
			permissions: ["keys:read", "keys:write", "keys:verify", "audit:read", "members:read", "tokens:read"],
			expires_in_days: 366,
		});
		await signedIn();
		for (const screen of SCREENS)
			await test.step(screen, async () => {
				await page.setViewportSize(LAPTOP.viewport);
				await page.goto(screen);
				await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
				await expectAccessibleInBothThemes(page);
				// WCAG 2.1, 1.4.10: 1,280 pixels at 400 %.
				await page.setViewportSize({ width: 320, height: 640 });
				await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth)).toBe(320);
			});
	});

	test("loses no text with a larger font or larger text spacing", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
	}) => {
		const { api_key } = await tenant.createKey({ name: "CRM Nightly Sync", expires_in_days: 9 });
		await signedIn();
		for (const screen of [...SCREENS, `${LIST}/${api_key.id}`, `${LIST}/${api_key.id}/rotate`])
			await test.step(screen, async () => {
				await page.goto(screen);
				await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
				for (const width of [1_440, 390]) {
					await page.setViewportSize({ width, height: 844 });
					// A browser's font size of 20 pixels instead of 16.
					await page.evaluate(() => document.documentElement.style.setProperty("font-size", "20px"));
					await expect(page.locator("body")).toHaveCSS("font-size", "17.5px");
					expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
					expect(await cutOff(page)).toEqual([]);
					await page.evaluate(() => document.documentElement.style.removeProperty("font-size"));
					await setApart(page);
					expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
					expect(await cutOff(page)).toEqual([]);
				}
			});
	});

	test.describe("on a phone, in Portuguese", { tag: "@proof" }, () => {
		test.use({ ...PHONE, locale: "pt-BR" });
		test("is accessible, and fits", async ({ page, tenant, signedIn }) => {
			await tenant.createKey({ name: "Sincronização noturna do CRM" });
			await signedIn();
			for (const screen of SCREENS)
				await test.step(screen, async () => {
					await page.goto(screen);
					await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
					await expectAccessible(page);
					expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
				});
		});
	});
});

/** The spacing of WCAG 2.1, 1.4.12. The page's policy allows only this way to add styles. */
async function setApart(page: Page): Promise<void> {
	await page.evaluate(() => {
		const sheet = new CSSStyleSheet();
		sheet.replaceSync(`
			* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
			p { margin-block-end: 2em !important; }
		`);
		document.adoptedStyleSheets = [sheet];
	});
}

/** Texts whose upper or lower part is cut off. */
function cutOff(page: Page): Promise<string[]> {
	return page.evaluate(() =>
		[...document.querySelectorAll<HTMLElement>("body *")]
			.filter((element) => {
				const { overflowY, clipPath } = getComputedStyle(element);
				const hides = overflowY === "hidden" || overflowY === "clip";
				// Texts for screen readers are cut off on purpose.
				return hides && clipPath === "none" && element.scrollHeight > element.clientHeight + 1;
			})
			.map((element) => `${element.tagName} ${element.className}: ${element.textContent}`),
	);
}
