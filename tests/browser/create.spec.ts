/** The form that creates an API key. reveal.spec.ts tests what follows it. */
import type { Locator, Page, Route } from "@playwright/test";
import { FAILED_REQUEST, failAt, tellTime } from "./failures.ts";
import {
	expect,
	expectAccessible,
	expectAccessibleInBothThemes,
	inBothThemes,
	PHONE,
	screenshot,
	test,
} from "./fixtures.ts";
import { intercept } from "./intercept.ts";
import type { TestTenant } from "./tenant.ts";

const NEW = "/integrations/api-keys/new";
const CREATE = "**/trpc/keys.create*";

const submit = (page: Page) => page.getByRole("button", { name: "Create key" });
const reveal = (page: Page) => page.getByRole("dialog", { name: /^Key for/ });
const environment = (page: Page, name: "Live" | "Test") => page.getByRole("radio", { name, exact: true });

/** Opens the form and fills in the name, so that only the tested field can have an error. */
async function openForm(page: Page, name = "CRM Nightly Sync"): Promise<void> {
	await page.goto(NEW);
	await page.getByLabel("Name").fill(name);
}

/** The only key of the tenant. */
async function madeKey(tenant: TestTenant) {
	const { items } = await tenant.admin.api.query("keys.list");
	expect(items).toHaveLength(1);
	return tenant.admin.api.query("keys.get", { id: items[0]?.id ?? "" });
}

const keyCount = async (tenant: TestTenant) => (await tenant.admin.api.query("keys.list")).items.length;

/** Expects an error message at a control. */
async function expectError(control: Locator, text: string | RegExp): Promise<void> {
	await expect(control).toHaveAttribute("aria-invalid", "true");
	await expect(control).toHaveAccessibleDescription(text);
}

test("a name is enough for a key with one scope, a limit and an expiry", async ({ page, tenant, signedIn }) => {
	await signedIn();
	await page.goto(NEW);
	await expect(page).toHaveTitle("Create API key · SalesOS");
	await expect(page.getByLabel("Name")).toBeFocused();
	await page.keyboard.type("CRM Nightly Sync");
	await page.keyboard.press("Enter");
	await expect(reveal(page)).toBeVisible();

	const key = await madeKey(tenant);
	expect(key).toMatchObject({
		name: "CRM Nightly Sync",
		environment: "live",
		scopes: ["default:sync"],
		rate_limit: 1_000,
		ip_allowlist: [],
	});
	expect(Date.parse(key.expires_at ?? "") - Date.parse(key.created_at)).toBe(90 * 86_400_000);
});

test("the key gets every chosen setting", async ({ page, tenant, signedIn }) => {
	await signedIn();
	await openForm(page);
	await environment(page, "Test").check();
	await page.getByLabel("leads:read").check();
	await page.getByLabel("default:sync").uncheck();
	await page.getByLabel("Limit per hour").fill("2,500");
	await page.getByRole("radio", { name: "30 days" }).check();
	await page.getByText("Advanced").click();
	await page.getByLabel("Allowed IP addresses").fill("203.0.113.7, 198.51.100.0/24\n\n2001:db8::/32\n");
	await submit(page).click();
	await expect(reveal(page)).toBeVisible();

	const key = await madeKey(tenant);
	expect(key).toMatchObject({
		environment: "test",
		scopes: ["leads:read"],
		rate_limit: 2_500,
		ip_allowlist: ["203.0.113.7", "198.51.100.0/24", "2001:db8::/32"],
	});
	expect(key.key_prefix).toMatch(/^sk_test_/);
	expect(Date.parse(key.expires_at ?? "") - Date.parse(key.created_at)).toBe(30 * 86_400_000);
});

test("scopes say what they grant, lifetimes say when they end, and one is suggested", async ({ page, signedIn }) => {
	await signedIn();
	await page.clock.setFixedTime("2031-05-06T10:00:00Z");
	await tellTime(page, "2031-05-06T10:00:00Z");
	await page.goto(NEW);
	await expect(page.getByLabel("default:sync")).toHaveAccessibleDescription("Send collaborators and activities");
	await expect(page.getByLabel("leads:read")).toHaveAccessibleDescription("Read leads");
	await expect(page.getByLabel("leads:write")).toHaveAccessibleDescription("Create, update and delete leads");
	await expect(page.getByRole("radio", { name: "30 days" })).toHaveAccessibleDescription("until Jun 5, 2031");
	await expect(page.getByRole("radio", { name: "90 days Suggested" })).toBeChecked();
	await expect(page.getByRole("radio", { name: "365 days" })).toHaveAccessibleDescription("until May 5, 2032");
	// The badge takes no extra line, so the dates are side by side.
	const dates = ["until Jun 5, 2031", "until Aug 4, 2031", "until Nov 2, 2031"].map((text) => page.getByText(text));
	const heights = await Promise.all(dates.map(async (date) => (await date.boundingBox())?.y));
	expect(new Set(heights).size).toBe(1);
});

test("the list of test keys leads to the form for a test key", async ({ page, signedIn }) => {
	await signedIn();
	await page.goto(`${NEW}?env=test`);
	await expect(environment(page, "Test")).toBeChecked();
	await page.getByRole("link", { name: "Cancel" }).click();
	await expect(page).toHaveURL("/integrations/api-keys?env=test");
});

test.describe("an error is shown", () => {
	test("after the field was left, until it is corrected", async ({ page, signedIn }) => {
		await signedIn();
		await page.goto(NEW);
		const name = page.getByLabel("Name");
		await name.fill("x".repeat(101));
		await expect(name).toHaveAttribute("aria-invalid", "false");
		await name.press("Tab");
		await expectError(name, /Shorten the name to 100 characters/);
		await name.fill("x".repeat(100));
		await expect(name).toHaveAttribute("aria-invalid", "false");
		await name.fill(`sk_live_${"a".repeat(48)}`);
		await expectError(name, /contains an API key/);
		await name.fill("");
		await expectError(name, /Give the key a name/);
	});

	test("at every field after submitting, with the focus on the first one", async ({ page, tenant, signedIn }) => {
		await signedIn();
		await page.goto(NEW);
		await page.getByLabel("default:sync").uncheck();
		await page.getByLabel("Limit per hour").fill("1.5");
		await page.getByText("On a date").click();
		await submit(page).click();

		await expect(page.getByLabel("Name")).toBeFocused();
		await expectError(page.getByLabel("Name"), /Give the key a name/);
		await expect(page.getByRole("group", { name: "Scopes" })).toHaveAccessibleDescription("Choose at least one scope.");
		await expectError(page.getByLabel("Limit per hour"), /Enter a whole number, such as 1,000/);
		await expectError(page.getByLabel("Last day"), /Choose the last day/);

		await page.getByLabel("Name").fill("CRM");
		await submit(page).click();
		await expect(page.getByLabel("default:sync")).toBeFocused();
		await page.getByLabel("leads:read").check();
		await submit(page).click();
		await expect(page.getByLabel("Limit per hour")).toBeFocused();
		expect(await keyCount(tenant)).toBe(0);
	});

	test("for every wrong line of IP addresses, even if the field was folded", async ({ page, tenant, signedIn }) => {
		await signedIn();
		await openForm(page);
		const advanced = page.getByText("Advanced");
		await advanced.click();
		const addresses = page.getByLabel("Allowed IP addresses");
		await addresses.fill("203.0.113.7\n10.0.0.256\n::1\nexample.com");
		await advanced.click();
		await expect(addresses).toBeHidden();
		await submit(page).click();
		await expect(addresses).toBeFocused();
		await expectError(addresses, /“10.0.0.256” in line 2 and “example.com” in line 4 are not IP addresses/);
		await addresses.fill("203.0.113.7\n10.0.0.255\n::1\nexample.com");
		await expectError(addresses, /“example.com” in line 4 is not an IP address/);
		expect(await keyCount(tenant)).toBe(0);
	});

	test("without moving the button under the pointer", async ({ page, signedIn }) => {
		await signedIn();
		await openForm(page);
		const limit = page.getByLabel("Limit per hour");
		await limit.fill("none");
		const box = await submit(page).boundingBox();
		if (!box) throw new Error("The button is not on the page");
		await page.mouse.move(box.x + box.width / 2, box.y + 2);
		await page.mouse.down();
		await expect(limit).not.toBeFocused();
		await expect(limit).toHaveAttribute("aria-invalid", "false");
		await page.mouse.up();
		await expectError(limit, /Enter a whole number/);
		await expect(limit).toBeFocused();
	});

	test("at the field that the service names", async ({ page, tenant, signedIn, expectProblems }) => {
		expectProblems({ status: 400, url: "keys.create" });
		await signedIn();
		// A browser whose clock is years behind takes a past day for a future one.
		await page.clock.setFixedTime("2020-01-01T12:00:00Z");
		await tellTime(page, null);
		await openForm(page);
		await page.getByText("On a date").click();
		await page.getByLabel("Last day").fill("2020-02-01");
		await submit(page).click();
		await expectError(page.getByLabel("Last day"), /This day is in the past/);
		await expect(page.getByLabel("Last day")).toBeFocused();
		await page.getByLabel("Last day").fill("2120-02-01");
		await submit(page).click();
		await expect(reveal(page)).toBeVisible();
		expect((await madeKey(tenant)).expires_at).toBe("2120-02-01T23:59:59.999Z");
	});
});

test.describe("an unrestricted key", () => {
	test("needs a confirmation after a warning", async ({ page, tenant, signedIn }) => {
		await signedIn();
		await openForm(page);
		const unrestricted = page.getByLabel("Unrestricted");
		await expect(unrestricted).not.toBeChecked();
		await unrestricted.check();
		await expect(page.getByText("Anyone who has this key can do everything")).toBeVisible();
		await expect(page.getByLabel("leads:read")).toBeDisabled();

		await submit(page).click();
		const consent = page.getByLabel("I understand that this key may call every endpoint");
		await expect(consent).toBeFocused();
		await expect(consent).toHaveAttribute("aria-invalid", "true");
		await expect(page.getByText("Confirm this, or choose scopes instead.")).toBeVisible();
		expect(await keyCount(tenant)).toBe(0);

		await consent.check();
		await submit(page).click();
		await expect(reveal(page)).toBeVisible();
		expect((await madeKey(tenant)).scopes).toEqual([]);
	});

	test("can be undone, and then needs a new confirmation", async ({ page, tenant, signedIn }) => {
		await signedIn();
		await openForm(page);
		const unrestricted = page.getByLabel("Unrestricted");
		await unrestricted.check();
		await page.getByLabel("I understand").check();
		await unrestricted.uncheck();
		await expect(page.getByLabel("default:sync")).toBeChecked();
		await expect(page.getByLabel("leads:read")).not.toBeChecked();
		await unrestricted.check();
		await expect(page.getByLabel("I understand")).not.toBeChecked();
		await unrestricted.uncheck();
		await submit(page).click();
		await expect(reveal(page)).toBeVisible();
		expect((await madeKey(tenant)).scopes).toEqual(["default:sync"]);
	});
});

test.describe("in São Paulo", () => {
	test.use({ timezoneId: "America/Sao_Paulo", locale: "pt-BR" });

	test("the form uses local midnight, local number format and Portuguese", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
	}) => {
		await signedIn();
		await page.goto(NEW);
		await expect(page.getByRole("heading", { name: "Criar chave de API" })).toBeVisible();
		await page.getByRole("button", { name: "Criar chave" }).click();
		await expectError(page.getByLabel("Nome"), /Dê um nome à chave/);
		await page.getByLabel("Nome").fill("Sincronização");
		const limit = page.getByLabel("Limite por hora");
		await expect(limit).toHaveValue("1.000");
		await limit.fill("2500");
		await limit.press("Tab");
		await expect(limit).toHaveValue("2.500");
		await page.getByText("Em data específica").click();
		await page.getByLabel("Último dia").fill("2099-03-01");
		await expectAccessibleInBothThemes(page);
		await page.getByRole("button", { name: "Criar chave" }).click();
		await expect(page.getByRole("dialog", { name: "Chave para Sincronização" })).toBeVisible();
		await expect(page.getByText("Esta é a única vez em que você verá esta chave.")).toBeVisible();
		await expectAccessible(page);

		const key = await madeKey(tenant);
		expect(key).toMatchObject({ rate_limit: 2_500, expires_at: "2099-03-02T02:59:59.999Z" });
	});
});

test("a key can be created without expiry, with a warning", async ({ page, tenant, signedIn }) => {
	await signedIn();
	await openForm(page);
	const warning = page.getByText("A key that never expires keeps working");
	await expect(warning).toBeHidden();
	await page.getByRole("radio", { name: "Never" }).check();
	await expect(warning).toBeVisible();
	await submit(page).click();
	await expect(reveal(page)).toBeVisible();
	expect((await madeKey(tenant)).expires_at).toBeNull();
});

test.describe("the form keeps everything typed", () => {
	const keepsItsName = (page: Page) => expect(page.getByLabel("Name")).toHaveValue("CRM Nightly Sync");

	test("and creates one key if it is submitted twice", async ({ page, tenant, signedIn }) => {
		await signedIn();
		await openForm(page);
		const held: Route[] = [];
		await page.route(CREATE, (route) => void held.push(route));
		await submit(page).click();
		await expect(page.getByRole("button", { name: "Creating…" })).toHaveAttribute("aria-busy", "true");
		// A person's impatient click. Playwright itself would wait until the button is enabled.
		await page.getByRole("button", { name: "Creating…" }).click({ force: true });
		await page.getByLabel("Name").press("Enter");
		await page.locator("form").evaluate((form: HTMLFormElement) => form.requestSubmit());
		for (const route of held) await route.continue();
		await expect(reveal(page)).toBeVisible();
		expect(held).toHaveLength(1);
		expect(await keyCount(tenant)).toBe(1);
	});

	test("and stays on the screen while the key is being created", async ({ page, signedIn }) => {
		await signedIn();
		await openForm(page);
		const held: Route[] = [];
		await page.route(CREATE, (route) => void held.push(route));
		await submit(page).click();
		await expect(page.getByRole("button", { name: "Creating…" })).toBeVisible();
		await page.getByRole("link", { name: "Cancel" }).click();
		await page.getByRole("link", { name: "Audit log" }).click();
		await expect(page).toHaveURL(/api-keys\/new$/);
		for (const route of held) await route.continue();
		await expect(reveal(page)).toBeVisible();
	});

	test("while offline", async ({ page, context, tenant, signedIn, expectProblems }) => {
		expectProblems({ unanswered: "keys.create" });
		await signedIn();
		await openForm(page);
		await context.setOffline(true);
		await submit(page).click();
		await expect(page.getByText("You are offline, so nothing was sent.")).toBeVisible();
		await keepsItsName(page);
		await context.setOffline(false);
		await submit(page).click();
		await expect(reveal(page)).toBeVisible();
		expect(await keyCount(tenant)).toBe(1);
	});

	test("without a response, and a retry creates no second key", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
		integration,
		expectProblems,
	}) => {
		expectProblems({ unanswered: "keys.create" }, { status: 409, url: "keys.create" });
		await signedIn();
		// Through the list, so that its query is in the cache.
		await page.goto("/integrations/api-keys");
		await page.getByRole("main").getByRole("link", { name: "Create API key" }).first().click();
		await page.getByRole("textbox", { name: "Name", exact: true }).fill("CRM Nightly Sync");
		const respond = await intercept(page, /\/trpc\/keys\.create/, async (route) => {
			await route.fetch();
			await route.abort("connectionreset");
		});
		await submit(page).click();
		await expect(page.getByText("a second attempt does not create a second key")).toBeVisible();
		await keepsItsName(page);
		expect(await keyCount(tenant)).toBe(1);

		respond();
		await submit(page).click();
		const lost = page.getByRole("alert").filter({ hasText: "the response with its secret was lost" });
		await expect(lost).toBeVisible();
		await expectAccessible(page);
		expect(await keyCount(tenant)).toBe(1);
		await lost.getByRole("button", { name: "Revoke it and create another" }).click();
		await expect(reveal(page)).toBeVisible();

		const { items } = await tenant.admin.api.query("keys.list", { sort: "created_at" });
		expect(items.map(({ status }) => status)).toEqual(["revoked", "active"]);
		await reveal(page).getByRole("button", { name: "Show key" }).click();
		const key = (await reveal(page).locator("code").first().textContent()) ?? "";
		expect((await integration(key).whoami()).status).toBe(200);
	});

	test("after a server error, which shows the request id", async ({ page, signedIn, expectProblems }) => {
		expectProblems({ status: 500, url: "keys.create" });
		await signedIn();
		await openForm(page);
		const works = await failAt(page, "keys.create");
		await submit(page).click();
		const note = page.locator("form").getByText(FAILED_REQUEST);
		await expect(note).toBeVisible();
		await keepsItsName(page);
		works();
		await submit(page).click();
		await expect(reveal(page)).toBeVisible();
	});

	test("while the person signs in again after the session has ended", { tag: "@proof" }, async ({
		page,
		context,
		demo,
		expectProblems,
	}) => {
		expectProblems({ status: 401, url: "session.me" }, { status: 401, url: "keys.create" });
		await page.goto(NEW);
		const signIn = async () => {
			await page.getByLabel("Password").fill(demo.password);
			await page.getByRole("button", { name: "Sign in" }).click();
		};
		await page.getByLabel("Email").fill(demo.email);
		await signIn();
		const name = `CRM ${crypto.randomUUID()}`;
		await page.getByLabel("Name").fill(name);
		await page.getByLabel("leads:write").check();
		await page.getByRole("radio", { name: "180 days" }).check();

		await context.clearCookies();
		await submit(page).click();
		await expect(page.getByRole("dialog", { name: "Sign in to continue" })).toBeVisible();
		await signIn();
		await expect(page.getByRole("dialog")).toBeHidden();
		await expect(page.getByText("Your session had ended, so nothing was sent.")).toBeVisible();
		await expect(page.getByLabel("Name")).toHaveValue(name);
		await expect(page.getByLabel("leads:write")).toBeChecked();
		await expect(page.getByRole("radio", { name: "180 days" })).toBeChecked();
		await submit(page).click();
		await expect(page.getByRole("dialog", { name: `Key for ${name}` })).toBeVisible();
	});
});

test("the form is accessible with and without errors", async ({ page, signedIn }) => {
	await signedIn();
	await page.goto(NEW);
	await inBothThemes(page, async (theme) => {
		await expectAccessible(page);
		await screenshot(page, `create-${theme}`);
	});
	await page.getByLabel("Unrestricted").check();
	await page.getByText("On a date").click();
	await page.getByText("Advanced").click();
	await page.getByLabel("Allowed IP addresses").fill("nowhere");
	await submit(page).click();
	await page.getByRole("radio", { name: "Never" }).check();
	await expectAccessibleInBothThemes(page);
});

test.describe("on a phone", { tag: "@proof" }, () => {
	test.use(PHONE);

	test("the form fits, has large controls and is accessible", async ({ page, signedIn }) => {
		await signedIn();
		await page.goto(NEW);
		await expect(page.getByLabel("Name")).toBeVisible();
		expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
		const heights = await page
			.locator("main label, main summary, main button[type=submit]")
			.evaluateAll((elements) =>
				elements
					.filter((element) => element.matches("summary, button") || element.closest("fieldset"))
					.map((element) => element.getBoundingClientRect().height),
			);
		expect(heights.length).toBeGreaterThan(10);
		expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
		await expectAccessibleInBothThemes(page);
	});
});
