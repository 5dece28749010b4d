/** The screen of one key: its settings, its current hour, its callers and its actions. */
import type { Page, Route } from "@playwright/test";
import { DAY_MS } from "../../worker/schemas/time.ts";
import { Session } from "../session.ts";
import { FAILED_REQUEST, failure } from "./failures.ts";
import { expect, expectAccessible, expectAccessibleInBothThemes, PHONE, test } from "./fixtures.ts";
import { holdBack, intercept } from "./intercept.ts";
import { secret } from "./run-settings.ts";
import { TestTenant } from "./tenant.ts";

const LIST = "/integrations/api-keys";

const heading = (page: Page) => page.getByRole("heading", { level: 1 });
const fact = (page: Page, label: string) =>
	page.locator("dl > div").filter({ has: page.locator("dt").getByText(label, { exact: true }) });
const section = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
const callerRows = (page: Page) => section(page, "Recent callers").locator("tbody tr");

/** The top edges of the screen's sections, down to the callers. */
const tops = (page: Page) =>
	page
		.getByRole("heading", { level: 2 })
		.evaluateAll((headings) => headings.slice(0, 5).map((heading) => heading.getBoundingClientRect().top));

/** One procedure fails, even in a batch with others. Returns how to end that. */
function failAt(page: Page, procedure: string): Promise<() => void> {
	const answer = async (route: Route) => {
		const procedures = new URL(route.request().url()).pathname.replace("/trpc/", "").split(",");
		if (!procedures.includes(procedure)) return route.continue();
		const response = await route.fetch();
		// The response to a batch is a list in the same order.
		const answers = (await response.json()) as unknown[];
		const failed = failure("UNAVAILABLE", procedure);
		const json = answers.map((one, index) => (procedures[index] === procedure ? failed : one));
		return route.fulfill({ response, status: 207, json });
	};
	return intercept(page, /\/trpc\//, answer);
}

test.describe("the settings of a key", () => {
	test("show what the key may do, since when and until when", async ({ page, tenant, signedIn }) => {
		const { api_key } = await tenant.createKey({
			name: "CRM Nightly Sync",
			scopes: ["default:sync", "leads:read"],
			rate_limit: 5_000,
			ip_allowlist: ["203.0.113.0/24", "2001:db8::/32", "198.51.100.4", "198.51.100.5", "198.51.100.6"],
			expires_in_days: 65,
		});
		// Not the person who created it, so that the email can only come from the audit trail.
		await signedIn({ role: "owner" });
		await page.goto(`${LIST}/${api_key.id}`);

		await expect(heading(page)).toHaveText("CRM Nightly Sync");
		await expect(page).toHaveTitle("CRM Nightly Sync · SalesOS");
		const header = page.locator("main header").first();
		await expect(header).toContainText(`${api_key.key_prefix}…${api_key.last_four}`);
		await expect(header).toContainText("Active");
		await expect(header).toContainText("Live");
		await expect(fact(page, "Scopes")).toContainText("default:syncSend collaborators and activities");
		await expect(fact(page, "Scopes")).toContainText("leads:readRead leads");
		await expect(fact(page, "Limit per hour")).toContainText("5,000 requests");
		await expect(fact(page, "Created")).toContainText(`by ${tenant.admin.email}`);
		await expect(fact(page, "Expires")).toContainText(/in 6[45] days/);
		await expect(fact(page, "Last used")).toContainText("Never used");
		await expect(fact(page, "Admitted in total")).toContainText("0");
		await expect(fact(page, "Id")).toContainText(api_key.id);

		const addresses = fact(page, "Allowed IP addresses");
		await expect(addresses.getByText("198.51.100.4")).toBeVisible();
		await expect(addresses.getByText("198.51.100.6")).toBeHidden();
		await addresses.getByText("2 more").click();
		await expect(addresses.getByText("198.51.100.6")).toBeVisible();
	});

	test("come with code for each call that the key may make, and tell the first request", async ({
		page,
		tenant,
		signedIn,
		integration,
	}) => {
		const { key } = await tenant.createKey({ name: "Forms", scopes: ["leads:write"] });
		await signedIn();
		await page.goto(LIST);
		await page.getByRole("link", { name: "Forms" }).click();
		// A key that was never used.
		const panel = page.locator("details").filter({ hasText: "Use it" });
		await expect(panel).toHaveAttribute("open", "");
		const origin = new URL(page.url()).origin;
		await expect(panel).toContainText(`Base URL${origin}`);
		const calls = panel.getByLabel("Call");
		await expect(calls.getByRole("option")).toHaveText([
			"POST /v1/leads",
			"PATCH /v1/leads/{id}",
			"DELETE /v1/leads/{id}",
			"GET /v1/whoami",
		]);
		for (const language of ["curl", "JavaScript", "Python", "PHP"]) {
			await panel.getByRole("tab", { name: language, exact: true }).click();
			await expect(panel.getByRole("tabpanel")).toContainText(`${origin}/v1/leads`);
			await expect(panel.getByRole("tabpanel")).toContainText("SALESOS_API_KEY");
		}
		await calls.selectOption("GET /v1/whoami");
		await expect(panel.getByRole("tabpanel")).toContainText(`${origin}/v1/whoami`);
		await expect(panel.getByRole("link", { name: "API reference" })).toHaveAttribute("href", "/docs");
		await expectAccessibleInBothThemes(page);

		await expect(panel).toContainText("No request with this key yet.");
		await integration(key ?? "").whoami();
		await expect(panel).toContainText("The first request has arrived.");
		await expect(calls).toHaveValue("GET /v1/whoami");
		// A used key has its code, too, but the usage comes first.
		await page.reload();
		await expect(panel).not.toHaveAttribute("open");
		await panel.getByText("Use it").click();
		await expect(calls).toBeVisible();
	});

	test("show an unrestricted key, and a key that the platform created", async ({ page, tenant, signedIn, service }) => {
		const platform = new Session(service, secret("SERVICE_ROLE_KEY"));
		const { api_key } = await platform.mutate("keys.create", { tenant_id: tenant.id, name: "Made by us", scopes: [] });
		await signedIn();
		await page.goto(`${LIST}/${api_key.id}`);
		await expect(fact(page, "Scopes")).toContainText("UnrestrictedThis key may call every endpoint.");
		await expect(fact(page, "Allowed IP addresses")).toContainText("Any IP address");
		await expect(fact(page, "Expires")).toContainText("Never");
		await expect(fact(page, "Created")).toContainText("by Platform");
	});

	test("link a rotated key and its successor", async ({ page, tenant, signedIn }) => {
		const { api_key: old } = await tenant.createKey({ name: "Partner X" });
		const { api_key: successor } = await tenant.admin.api.mutate("keys.rotate", {
			id: old.id,
			revoke_previous_after_hours: 24,
		});
		await signedIn();
		await page.goto(`${LIST}/${old.id}`);
		await expect(fact(page, "Ends after rotation")).toContainText(/in 2[34] hr\./);
		await expect(page.getByRole("link", { name: "Continue rotation" })).toHaveAttribute(
			"href",
			`${LIST}/${old.id}/rotate`,
		);
		await fact(page, "Replaced by").getByRole("link").click();
		await expect(page).toHaveURL(`${LIST}/${successor.id}`);
		await expect(fact(page, "Id")).toContainText(successor.id);
		await expect(page.getByRole("link", { name: "Rotate" })).toBeVisible();
		await fact(page, "Replaces").getByRole("link").click();
		await expect(fact(page, "Id")).toContainText(old.id);
	});
});

test.describe("the current hour", () => {
	test("updates live, up to the limit", async ({ page, tenant, signedIn, integration }) => {
		const { key, api_key } = await tenant.createKey({ name: "CRM", rate_limit: 5 });
		await signedIn();
		await page.goto(`${LIST}/${api_key.id}`);
		const hour = section(page, "This hour");
		const meter = hour.getByRole("meter", { name: "Requests used this hour" });
		await expect(meter).toHaveAttribute("aria-valuetext", "0 of 5 requests");
		await expect(hour).toContainText(/Resets in[0-5]?\d:\d\d/);

		for (let request = 0; request < 4; request++) await integration(key).whoami();
		await expect(meter).toHaveAttribute("aria-valuetext", "4 of 5 requests");
		await expect(hour).toContainText("Used4 of 5");
		await expect(hour).toContainText("Left1");
		await expect(hour).toContainText("Close to the limit.");

		await integration(key).whoami();
		await expect(meter).toHaveAttribute("aria-valuetext", "5 of 5 requests");
		await expect(hour).toContainText("The limit is reached.");
		await expect(fact(page, "Admitted in total")).toContainText("5");
		await expect(fact(page, "Last used")).toContainText(/now|sec/);
	});

	test("counts down", async ({ page, tenant, signedIn }) => {
		const { api_key } = await tenant.createKey({ name: "CRM" });
		await signedIn();
		await page.clock.install();
		await page.goto(`${LIST}/${api_key.id}`);
		const figure = section(page, "This hour").locator("dd").last();
		await expect(figure).toHaveText(/^\d+:\d\d$/);
		const seconds = async () => {
			const [minutes = 0, rest = 0] = ((await figure.textContent()) ?? "").split(":").map(Number);
			return minutes * 60 + rest;
		};
		const before = await seconds();
		await page.clock.runFor(10_000);
		await expect.poll(async () => before - (await seconds())).toBeGreaterThanOrEqual(10);
	});

	for (const [clock, hours] of [
		["a day ahead", 25],
		["a day behind", -25],
	] as const)
		test(`is right if the browser's clock is ${clock}`, async ({ page, tenant, signedIn, integration }) => {
			const { key, api_key } = await tenant.createKey({ name: "CRM", expires_in_days: 1 });
			await integration(key).whoami();
			await signedIn();
			await page.clock.install({ time: Date.now() + hours * 3_600_000 });
			await page.goto(`${LIST}/${api_key.id}`);
			await expect(page.getByText("Expiring", { exact: true })).toBeVisible();
			await expect(fact(page, "Last used")).toContainText(/now|sec|1 min/);
			await expect(section(page, "This hour").locator("dd").last()).toHaveText(/^([1-5]?\d:\d\d|60:00)$/);
			await expect(page.getByRole("button", { name: "Admitted 1" })).toBeVisible();
		});

	test("says when it is not up to date, until it is again", { tag: "@proof" }, async ({ page, tenant, signedIn }) => {
		const { api_key } = await tenant.createKey({ name: "CRM" });
		await signedIn();
		await page.goto(`${LIST}/${api_key.id}`);
		const hour = section(page, "This hour");
		await expect(hour.getByRole("meter")).toHaveAttribute("aria-valuetext", "0 of 1,000 requests");
		const works = await failAt(page, "keys.get");
		await expect(hour.getByRole("status")).toHaveText(/^Not up to date\./);
		await expect(heading(page)).toHaveText("CRM");
		works();
		await expect(hour.getByRole("status")).toBeEmpty();
	});
});

test.describe("the recent callers", () => {
	test("are shown newest first, with IP address, program, endpoint and count", async ({
		page,
		tenant,
		signedIn,
		service,
	}) => {
		const { key, api_key } = await tenant.createKey({ name: "CRM" });
		const chrome =
			"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
		const call = (path: string, address: string, agent: string) =>
			service.fetch(path, {
				headers: { authorization: `Bearer ${key}`, "cf-connecting-ip": address, "user-agent": agent },
			});
		await call("/v1/whoami", "203.0.113.7", chrome);
		await call("/v1/whoami", "203.0.113.8", "python-requests/2.32.3");
		await call("/v1/whoami", "203.0.113.8", "python-requests/2.32.3");
		// Rejected for its scope, and listed as well.
		await call("/v1/leads", "203.0.113.8", "python-requests/2.32.3");
		await signedIn();
		await page.goto(`${LIST}/${api_key.id}`);

		await expect(callerRows(page)).toHaveCount(3);
		const cells = (index: number) => callerRows(page).nth(index).locator("td");
		await expect(cells(0).nth(0)).toHaveText("203.0.113.8");
		await expect(cells(0).nth(2)).toHaveText("GET /v1/leads");
		await expect(cells(1).nth(1)).toHaveText("python-requests/2.32.3");
		await expect(cells(1).nth(2)).toHaveText("GET /v1/whoami");
		await expect(cells(1).nth(3)).toContainText("2");
		await expect(cells(2).nth(1)).toHaveText("Chrome on Windows");
		await expect(cells(2).nth(1)).toHaveAttribute("title", chrome);
		await expect(cells(2).nth(4)).toHaveText(/now|ago/);
	});

	test("keep selected text selected across refetches", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
		integration,
	}) => {
		const { key, api_key } = await tenant.createKey({ name: "CRM" });
		await integration(key, "203.0.113.7").whoami();
		await signedIn();
		await page.goto(`${LIST}/${api_key.id}`);
		const address = callerRows(page).first().locator("code").first();
		await address.selectText();
		await integration(key, "203.0.113.7").whoami();
		await expect(callerRows(page).first().locator("td").nth(3)).toContainText("2");
		expect(await page.evaluate(() => String(getSelection()))).toBe("203.0.113.7");
	});

	test("are empty at first", async ({ page, tenant, signedIn }) => {
		const { api_key } = await tenant.createKey({ name: "CRM" });
		await signedIn();
		await page.goto(`${LIST}/${api_key.id}`);
		await expect(section(page, "Recent callers")).toContainText("No recent callers.");
	});
});

test.describe("an action on the key", () => {
	test("edits it, and the screen updates", async ({ page, tenant, signedIn }) => {
		const { api_key } = await tenant.createKey({ name: "CRM", rate_limit: 1_000 });
		await signedIn();
		await page.goto(`${LIST}/${api_key.id}`);
		const edit = page.getByRole("button", { name: "Edit", exact: true });
		await edit.click();
		const dialog = page.getByRole("dialog");
		await dialog.getByLabel("Name").fill("CRM in Lisbon");
		await dialog.getByRole("button", { name: /^Save/ }).click();
		await expect(dialog).toBeHidden();
		await expect(heading(page)).toHaveText("CRM in Lisbon");
		await expect(edit).toBeFocused();
		await expect(section(page, "Audit trail").getByRole("listitem").first()).toContainText("changed this key");
	});

	test("revokes it, which is final", async ({ page, tenant, signedIn, integration }) => {
		const { key, api_key } = await tenant.createKey({
			name: "CRM",
			scopes: ["leads:read", "leads:write"],
			rate_limit: 50,
			ip_allowlist: ["203.0.113.0/24", "2001:db8::/32"],
		});
		const who = await signedIn();
		await page.goto(`${LIST}/${api_key.id}`);
		await page.getByRole("button", { name: "Revoke", exact: true }).click();
		const dialog = page.getByRole("dialog");
		await dialog.getByLabel(/^Reason/).fill("Laptop stolen");
		await dialog.getByRole("button", { name: "Revoke key" }).click();
		await expect(dialog).toBeHidden();

		await expect(page.locator("main header").first()).toContainText("Revoked");
		for (const name of ["Edit", "Revoke"]) await expect(page.getByRole("button", { name, exact: true })).toBeHidden();
		await expect(page.getByRole("link", { name: "Rotate" })).toBeHidden();
		await expect(page.getByRole("button", { name: "Delete", exact: true })).toBeVisible();
		await expect(heading(page)).toBeFocused();
		await expect(fact(page, "Revoked")).toContainText(`by ${who.email}`);
		await expect(fact(page, "Revoked")).toContainText("Reason: Laptop stolen");
		await expect(section(page, "This hour")).toContainText("Every request with it is rejected.");
		expect((await integration(key).whoami()).status).toBe(401);

		// Its replacement starts with the same settings, except the expiry.
		await page.getByRole("link", { name: "Create replacement" }).click();
		await expect(page.getByText("The form has the settings of CRM.")).toBeVisible();
		await page.getByRole("button", { name: "Create key" }).click();
		await page.getByRole("dialog").getByRole("button", { name: "Copy key" }).waitFor();
		const { items } = await tenant.admin.api.query("keys.list", { status: "active" });
		expect(items).toMatchObject([
			{
				name: "CRM",
				scopes: ["leads:read", "leads:write"],
				rate_limit: 50,
				ip_allowlist: ["203.0.113.0/24", "2001:db8::/32"],
			},
		]);
		expect(items[0]?.expires_at).not.toBeNull();
	});

	test("deletes it and leads back to the list", async ({ page, tenant, signedIn, integration }) => {
		const { key, api_key } = await tenant.createKey({ name: "CRM" });
		await tenant.createKey({ name: "Website Forms" });
		await signedIn();
		await page.goto(`${LIST}/${api_key.id}`);
		await page.getByRole("button", { name: "Delete", exact: true }).click();
		const dialog = page.getByRole("dialog");
		await dialog.getByRole("textbox").fill("CRM");
		await dialog.getByRole("button", { name: "Delete key" }).click();

		await expect(page).toHaveURL(LIST);
		await expect(page.getByText("CRM is deleted.")).toBeVisible();
		await expect(page.locator("tbody tr")).toHaveCount(1);
		await expect(page.locator("tbody tr")).toContainText("Website Forms");
		expect((await integration(key).whoami()).status).toBe(401);
	});

	test("extends the expiry of an expired key", { tag: "@proof" }, async ({ page, tenant, signedIn }) => {
		const { api_key } = await tenant.createKey({
			name: "CRM",
			expires_at: new Date(Date.now() + 1_500).toISOString(),
		});
		await signedIn();
		await page.goto(`${LIST}/${api_key.id}`);
		const header = page.locator("main header").first();
		// The screen notices the expiry without a reload.
		await expect(header).toContainText("Expired");
		await expect(section(page, "This hour")).toContainText("This key has expired.");
		await expect(page.getByRole("button", { name: "Edit", exact: true })).toBeVisible();
		await expect(page.getByRole("link", { name: "Rotate" })).toBeHidden();
		await tenant.admin.api.mutate("keys.update", {
			id: api_key.id,
			expires_at: new Date(Date.now() + 90 * DAY_MS).toISOString(),
		});
		await expect(header).toContainText("Active");
	});

	test("can be cancelled, and the focus returns", async ({ page, tenant, signedIn }) => {
		const { api_key } = await tenant.createKey({ name: "CRM" });
		await signedIn();
		await page.goto(`${LIST}/${api_key.id}`);
		for (const name of ["Edit", "Revoke", "Delete"]) {
			const button = page.getByRole("button", { name, exact: true });
			await button.focus();
			await page.keyboard.press("Enter");
			await expect(page.getByRole("dialog")).toBeVisible();
			await expectAccessible(page);
			await page.keyboard.press("Escape");
			await expect(page.getByRole("dialog")).toBeHidden();
			await expect(button).toBeFocused();
		}
	});
});

test.describe("a key that is loading or missing", () => {
	test("starts with the data of the list, and nothing jumps when the rest loads", async ({
		page,
		tenant,
		signedIn,
	}) => {
		await tenant.createKey({ name: "CRM" });
		await signedIn();
		await page.goto(LIST);
		await expect(page.getByRole("link", { name: "CRM" })).toBeVisible();
		const letGo = await holdBack(page, /\/trpc\/.*keys\.get/);
		await page.getByRole("link", { name: "CRM" }).click();

		await expect(heading(page)).toHaveText("CRM");
		await expect(fact(page, "Limit per hour")).toContainText("1,000 requests");
		await expect(section(page, "This hour").getByRole("meter")).toHaveAttribute("aria-valuetext", "Loading…");
		const before = await tops(page);
		letGo();
		await expect(section(page, "This hour").getByRole("meter")).toHaveAttribute(
			"aria-valuetext",
			"0 of 1,000 requests",
		);
		expect(await tops(page)).toEqual(before);
	});

	test("has a skeleton of the final layout", async ({ page, tenant, signedIn }) => {
		const { api_key } = await tenant.createKey({ name: "CRM" });
		await signedIn();
		const letGo = await holdBack(page, /\/trpc\/.*keys\.get/);
		await page.goto(`${LIST}/${api_key.id}`);
		await expect(page.getByText("Limit per hour")).toBeVisible();
		const before = await tops(page);
		letGo();
		await expect(heading(page)).toHaveText("CRM");
		await expect(page.getByRole("slider")).toBeVisible();
		expect(await tops(page)).toEqual(before);
	});

	test("looks the same if it does not exist, was deleted, or is another tenant's", async ({
		page,
		tenant,
		signedIn,
		service,
	}) => {
		const { api_key: deleted } = await tenant.createKey({ name: "Gone" });
		await tenant.admin.api.mutate("keys.delete", { id: deleted.id });
		const { api_key: foreign } = await (await TestTenant.create(service, "Other")).createKey({
			name: "Not yours",
		});
		await signedIn();
		for (const id of ["nosuchkey", deleted.id, foreign.id]) {
			await page.goto(`${LIST}/${id}`);
			await expect(heading(page)).toHaveText("API key");
			await expect(page.getByRole("heading", { name: "Key not found" })).toBeVisible();
		}
		await expectAccessibleInBothThemes(page);
		await expect(page.getByRole("link", { name: "Look in the audit log" })).toHaveAttribute(
			"href",
			`/integrations/audit-log?key_id=${foreign.id}`,
		);
		await page.getByRole("link", { name: "Go to API keys" }).click();
		await expect(page).toHaveURL(LIST);
	});

	test("is reported as soon as another person deletes the key", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
		expectProblems,
	}) => {
		const { api_key } = await tenant.createKey({ name: "CRM" });
		await signedIn();
		await page.goto(`${LIST}/${api_key.id}`);
		await expect(heading(page)).toHaveText("CRM");
		expectProblems({ status: 404, url: "keys.get" });
		await tenant.admin.api.mutate("keys.delete", { id: api_key.id });
		await expect(page.getByRole("heading", { name: "Key not found" })).toBeVisible();
	});

	test("recovers without a reload if the list had the key", { tag: "@proof" }, async ({ page, tenant, signedIn }) => {
		await tenant.createKey({ name: "CRM" });
		await signedIn();
		await page.goto(LIST);
		const works = await failAt(page, "keys.get");
		await page.getByRole("link", { name: "CRM" }).click();
		const hour = section(page, "This hour");
		await expect(hour.getByRole("status")).toHaveText(/^Not up to date\./);
		await expect(heading(page)).toHaveText("CRM");
		works();
		await expect(hour.getByRole("meter")).toHaveAttribute("aria-valuetext", "0 of 1,000 requests");
		await expect(hour.getByRole("status")).toBeEmpty();
	});

	test("is shown offline as the list had it, and marked as out of date", async ({
		page,
		context,
		tenant,
		signedIn,
	}) => {
		await tenant.createKey({ name: "CRM" });
		await signedIn();
		await page.clock.install();
		await page.goto(LIST);
		await expect(page.getByRole("link", { name: "CRM" })).toBeVisible();
		// The page loads the screen ahead once it is idle.
		const preloaded = page.waitForResponse(/key-detail.*\.js/);
		await page.clock.runFor(4_000);
		await preloaded;
		await context.setOffline(true);
		await page.getByRole("link", { name: "CRM" }).click();
		await expect(heading(page)).toHaveText("CRM");
		await expect(page.getByText("This is what the list showed last.")).toBeVisible();
		await expectAccessible(page);
		await context.setOffline(false);
		await expect(section(page, "This hour").getByRole("meter")).toHaveAttribute(
			"aria-valuetext",
			"0 of 1,000 requests",
		);
		await expect(page.getByText("This is what the list showed last.")).toBeHidden();
	});

	test("shows the request id and a retry if the service fails", async ({ page, tenant, signedIn }) => {
		const { api_key } = await tenant.createKey({ name: "CRM" });
		await signedIn();
		const works = await failAt(page, "keys.get");
		await page.goto(`${LIST}/${api_key.id}`);
		const panel = page.getByRole("alert").filter({ hasText: "The key could not be loaded" });
		await expect(panel).toContainText(FAILED_REQUEST);
		await expectAccessible(page);
		works();
		await panel.getByRole("button", { name: "Try again" }).click();
		await expect(heading(page)).toHaveText("CRM");
	});
});

test.describe("the key's screen", () => {
	test("is accessible in both themes, also while loading", async ({ page, tenant, signedIn, integration }) => {
		const { key, api_key } = await tenant.createKey({ name: "CRM", scopes: [], rate_limit: 3 });
		for (let request = 0; request < 5; request++) await integration(key).whoami();
		await signedIn();
		const letGo = await holdBack(page, /\/trpc\/.*keys\.get/);
		await page.goto(`${LIST}/${api_key.id}`);
		await expect(page.getByText("This hour")).toBeVisible();
		await expectAccessibleInBothThemes(page);
		letGo();
		await expect(section(page, "This hour")).toContainText("The limit is reached.");
		await expect(page.getByRole("slider")).toBeVisible();
		await expectAccessibleInBothThemes(page);
	});

	test.describe("on a phone", { tag: "@proof" }, () => {
		test.use(PHONE);

		test("fits, with the destructive actions in a menu", async ({ page, tenant, signedIn, integration }) => {
			const { key, api_key } = await tenant.createKey({ name: "CRM", expires_in_days: 90 });
			await integration(key).whoami();
			await signedIn();
			await page.goto(`${LIST}/${api_key.id}`);
			await expect(callerRows(page)).toHaveCount(1);
			await expect(page.getByRole("slider")).toBeVisible();
			expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
			await expectAccessibleInBothThemes(page);
			const controls = page.getByRole("main").locator("a, button, summary, label:has(input)");
			for (const control of await controls.all()) {
				if (!(await control.isVisible())) continue;
				const box = await control.boundingBox();
				expect.soft(box?.height, (await control.textContent()) ?? "").toBeGreaterThanOrEqual(43.5);
			}

			await expect(page.getByRole("button", { name: "Revoke", exact: true })).toBeHidden();
			const menu = page.getByRole("button", { name: "Actions for CRM" });
			await menu.click();
			await expect(page.getByRole("menuitem")).toHaveText(["Revoke", "Delete"]);
			await page.getByRole("menuitem", { name: "Revoke" }).click();
			await expect(page.getByRole("dialog")).toBeVisible();
			await page.keyboard.press("Escape");
			await expect(menu).toBeFocused();
		});
	});

	test.describe("in Portuguese", { tag: "@proof" }, () => {
		test.use({ locale: "pt-BR" });

		test("is in Portuguese", async ({ page, tenant, signedIn, integration }) => {
			const { key, api_key } = await tenant.createKey({
				name: "CRM",
				scopes: [],
				expires_in_days: 9,
				rate_limit: 5_000,
			});
			await integration(key).whoami();
			await signedIn();
			await page.goto(`${LIST}/${api_key.id}`);
			await expect(section(page, "Nesta hora")).toContainText("1 de 5.000");
			await expect(fact(page, "Escopos")).toContainText("Sem restrição");
			await expect(fact(page, "Validade")).toContainText("em 9 dias");
			for (const name of ["Editar", "Revogar", "Excluir"])
				await expect(page.getByRole("button", { name, exact: true })).toBeVisible();
			await expect(section(page, "Requisições").getByRole("button", { name: /^Aceitas/ })).toContainText("1");
			await expectAccessible(page);
		});
	});
});
