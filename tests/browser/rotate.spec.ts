/** Rotating a key without downtime, in four steps that update live. */
import type { Locator, Page } from "@playwright/test";
import { DAY_MS } from "../../worker/schemas/time.ts";
import { FAILED_REQUEST, failAt } from "./failures.ts";
import { expect, expectAccessible, expectAccessibleInBothThemes, PHONE, screenshot, test } from "./fixtures.ts";
import { holdBack } from "./intercept.ts";
import type { TestTenant } from "./tenant.ts";

const LIST = "/integrations/api-keys";
const rotation = (id: string) => `${LIST}/${id}/rotate`;

const step = (page: Page, title: string): Locator =>
	page.getByRole("list", { name: "Steps of the rotation" }).locator("> li").filter({ hasText: title });
const create = (page: Page) => step(page, "Create the new key");
const update = (page: Page) => step(page, "Update the integration");
const use = (page: Page) => step(page, "See the new key being used");
const retire = (page: Page) => step(page, "Retire the old key");
const reveal = (page: Page) => page.getByRole("dialog", { name: /^Key for/ });
const another = (page: Page) => page.getByRole("alertdialog", { name: "Create another new key?" });

/** Expects this to be the current step and the earlier ones to be done. */
async function expectCurrent(page: Page, title: string): Promise<void> {
	await expect(step(page, title)).toHaveAttribute("aria-current", "step");
	await expect(page.locator("[aria-current=step]")).toHaveCount(1);
}

/** Reads the key in the dialog, copies it and closes the dialog. */
async function takeKey(page: Page): Promise<string> {
	await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
	await reveal(page).getByRole("button", { name: "Copy key" }).click();
	const key = await page.evaluate(() => navigator.clipboard.readText());
	await reveal(page).getByRole("button", { name: "Done" }).click();
	await expect(reveal(page)).toBeHidden();
	return key;
}

const readsLeads = (tenant: TestTenant, more: Parameters<TestTenant["createKey"]>[0] | object = {}) =>
	tenant.createKey({ name: "CRM Nightly Sync", scopes: ["leads:read"], ...more });

/** A key that was rotated outside of this page, so the page has never had the new key. */
async function rotated(tenant: TestTenant, hours?: number, more: object = {}) {
	const old = await readsLeads(tenant, more);
	const next = await tenant.admin.api.mutate("keys.rotate", {
		id: old.api_key.id,
		...(hours === undefined ? {} : { revoke_previous_after_hours: hours }),
	});
	return { old, next };
}

const keyOf = (tenant: TestTenant, id: string) => tenant.admin.api.query("keys.get", { id });

test("a leaked key is replaced at once, and the page says that the integration needs the new key now", async ({
	page,
	tenant,
	signedIn,
	integration,
}) => {
	const old = await readsLeads(tenant);
	expect((await integration(old.key).get("/v1/leads")).status).toBe(200);
	await signedIn();
	await page.goto(rotation(old.api_key.id));
	const now = page.getByRole("radio", { name: "Now", exact: true });
	await expect(now).toHaveAccessibleDescription(/For a leaked key\. Requests of the integration are rejected/);
	await now.check();
	await page.getByRole("button", { name: "Replace key now" }).click();
	const newKey = await takeKey(page);
	expect((await integration(old.key).get("/v1/leads")).status).toBe(401);
	await expect(update(page)).toContainText("If the integration still has the old key, its requests are rejected.");
	expect((await integration(newKey).get("/v1/leads")).status).toBe(200);
	await expect(page.getByRole("heading", { name: "Rotation complete" })).toBeVisible();
	const { status, rotated_to } = await keyOf(tenant, old.api_key.id);
	expect(status).toBe("revoked");
	expect((await keyOf(tenant, rotated_to ?? "")).scopes).toEqual(["leads:read"]);
});

test.describe("the four steps", () => {
	test("replace the old key by the new one without a failed request", async ({
		page,
		tenant,
		signedIn,
		integration,
	}) => {
		const old = await readsLeads(tenant, { expires_in_days: 90 });
		const laptop = integration(old.key, "203.0.113.7");
		const server = integration(old.key, "203.0.113.8");
		for (const caller of [laptop, server]) expect((await caller.get("/v1/leads")).status).toBe(200);
		await signedIn();
		await page.goto(rotation(old.api_key.id));

		await expect(page).toHaveTitle("Rotate CRM Nightly Sync · SalesOS");
		await expect(page.getByRole("heading", { level: 1 })).toHaveText("Rotate CRM Nightly Sync");
		await expectCurrent(page, "Create the new key");
		await expect(page.getByRole("radio", { name: "When I revoke it" })).toBeChecked();
		await screenshot(page, "rotate-1-create");
		await page.getByRole("button", { name: "Create new key" }).click();

		await reveal(page).getByRole("button", { name: "Test this key" }).click();
		await expect(reveal(page)).toContainText("The key works.");
		const newKey = await takeKey(page);
		expect(newKey).toMatch(/^sk_live_[0-9A-Za-z]{48}$/);
		await expect(page.getByRole("heading", { level: 1 })).toBeFocused();

		await expectCurrent(page, "Update the integration");
		await expect(update(page)).toContainText(`${newKey.slice(0, 12)}…${newKey.slice(-4)}`);
		await expect(update(page).getByRole("list", { name: "Recent callers of the old key" })).toContainText(
			"203.0.113.8",
		);
		// The test in the dialog was not a request of the integration.
		await expect(use(page)).toContainText("Waiting for the first request with the new key");
		await expect(retire(page)).toContainText(/works until you revoke it, or until it expires on \w+ \d+, \d{4}/);
		await screenshot(page, "rotate-2-update");

		expect((await integration(newKey, "203.0.113.7").get("/v1/leads")).status).toBe(200);
		await expect(use(page)).toContainText(/First request \d+ seconds? ago/);
		await expect(use(page)).toContainText("GET /v1/leads from 203.0.113.7");
		await expectCurrent(page, "Retire the old key");
		await expect(page.getByRole("status").filter({ hasText: "The new key is being used." })).toBeAttached();
		const callers = retire(page).getByRole("list", { name: "Callers of the old key" }).getByRole("listitem");
		await expect(callers.filter({ hasText: "203.0.113.7" })).toContainText("Uses the new key");
		await expect(callers.filter({ hasText: "203.0.113.8" })).toContainText("Not seen with the new key");
		await expect(retire(page)).toContainText(/Still in use: last request with the old key \d+ seconds? ago/);
		// The old key still works, and the page shows its requests.
		expect((await laptop.get("/v1/leads")).status).toBe(200);
		await expect(callers.filter({ hasText: "203.0.113.7" })).toContainText("Uses both keys");
		await screenshot(page, "rotate-4-retire");

		await retire(page).getByRole("button", { name: "Revoke old key" }).click();
		const dialog = page.getByRole("dialog", { name: "Revoke CRM Nightly Sync?" });
		await expect(dialog).toContainText(`${old.api_key.key_prefix}…${old.api_key.last_four}`);
		await dialog.getByRole("button", { name: "Revoke key" }).click();
		await expect(page.getByRole("heading", { name: "Rotation complete" })).toBeVisible();
		expect((await laptop.get("/v1/leads")).status).toBe(401);
		expect((await integration(newKey).get("/v1/leads")).status).toBe(200);
		await expect(page.locator("[aria-current=step]")).toHaveCount(0);
		await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
		await expect(retire(page)).toContainText(/Revoked \d+ seconds? ago/);

		const { rotated_to } = await keyOf(tenant, old.api_key.id);
		await page.getByRole("link", { name: "Open the new key" }).click();
		await expect(page).toHaveURL(`${LIST}/${rotated_to}`);
		expect(Date.parse((await keyOf(tenant, rotated_to ?? "")).expires_at ?? "") - Date.now()).toBeGreaterThan(
			89 * DAY_MS,
		);
	});

	test("can be left and continued by another person on another device", async ({
		page,
		tenant,
		signedIn,
		newWindow,
		integration,
	}) => {
		const { old, next } = await rotated(tenant);
		await signedIn();
		await page.goto(rotation(old.api_key.id));
		await expectCurrent(page, "Update the integration");
		await page.goto(LIST);

		await integration(next.key).get("/v1/leads");
		const colleague = await newWindow();
		await signedIn({ role: "owner" }, colleague);
		await colleague.goto(rotation(old.api_key.id));
		await expectCurrent(colleague, "Retire the old key");
		await expect(use(colleague)).toContainText(/First request \d+ seconds? ago/);

		await page.goto(rotation(old.api_key.id));
		await expectCurrent(page, "Retire the old key");
		// Each person sees the other's changes.
		await tenant.admin.api.mutate("keys.revoke", { id: old.api_key.id });
		for (const window of [page, colleague])
			await expect(window.getByRole("heading", { name: "Rotation complete" })).toBeVisible();
	});

	test("show the usage of a new key that was in use before the page opened", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
		integration,
	}) => {
		const { old, next } = await rotated(tenant);
		for (let request = 0; request < 3; request++) await integration(next.key).get("/v1/leads");
		await signedIn();
		await page.goto(rotation(old.api_key.id));
		await expect(use(page)).toContainText(/In use: 3 requests, the last one \d+ seconds? ago/);
		await expect(use(page)).not.toContainText("First request");
		await integration(next.key).get("/v1/leads");
		await expect(use(page)).toContainText("In use: 4 requests");
	});

	test("distinguish a key that was only tested from one in use", async ({ page, tenant, signedIn, integration }) => {
		const { old, next } = await rotated(tenant);
		await integration(next.key).whoami();
		await signedIn();
		await page.goto(rotation(old.api_key.id));
		await expect(use(page)).toContainText("only tested with GET /v1/whoami");
		await integration(next.key).get("/v1/leads");
		await expect(use(page)).toContainText("In use: 2 requests");
		await expect(use(page)).not.toContainText("only checked");
	});

	test("explain why the new key is rejected", { tag: "@proof" }, async ({ page, tenant, signedIn, integration }) => {
		const { old, next } = await rotated(tenant, undefined, { ip_allowlist: ["192.0.2.7"] });
		await signedIn();
		await page.goto(rotation(old.api_key.id));
		await expect(use(page)).toContainText("Waiting for the first request with the new key…");
		expect((await integration(next.key, "203.0.113.9").get("/v1/leads")).status).toBe(403);
		await expect(use(page)).toContainText(/used .* ago and rejected: GET \/v1\/leads from 203\.0\.113\.9/);
		await expectCurrent(page, "Update the integration");
		await expectAccessible(page);
	});

	test("show for how long the old key has not been used", async ({ page, tenant, signedIn, integration }) => {
		const { old, next } = await rotated(tenant);
		await integration(old.key).get("/v1/leads");
		await integration(next.key).get("/v1/leads");
		await signedIn();
		await page.clock.install();
		await page.goto(rotation(old.api_key.id));
		await expect(retire(page)).toContainText("Still in use");
		await page.clock.fastForward("12:10");
		await expect(retire(page)).toContainText("The old key has not been used for 12 minutes");
		await expect(use(page)).toContainText("First request 12 minutes ago");
	});
});

test.describe("accessibility of", () => {
	type Rotated = Awaited<ReturnType<typeof rotated>>;
	const revoke = (tenant: TestTenant, id: string) => tenant.admin.api.mutate("keys.revoke", { id });
	for (const [name, prepare, seen] of [
		["the step to update", async () => {}, "Waiting for the first request"],
		["the step to retire", async (_: TestTenant, _keys: Rotated, use: () => Promise<unknown>) => use(), "Still in use"],
		["a rotation that lacks its new key", (tenant, { next }) => revoke(tenant, next.api_key.id), "Create another one"],
		["a rotation that was cut short", (tenant, { old }) => revoke(tenant, old.api_key.id), "Update it now"],
		[
			"a rotation that is done",
			async (tenant, { old }, use) => {
				await use();
				await revoke(tenant, old.api_key.id);
			},
			"Rotation complete",
		],
	] satisfies [string, (tenant: TestTenant, keys: Rotated, use: () => Promise<unknown>) => Promise<unknown>, string][])
		test(name, async ({ page, tenant, signedIn, integration }) => {
			const keys = await rotated(tenant, 24);
			await integration(keys.old.key).get("/v1/leads");
			await prepare(tenant, keys, () => integration(keys.next.key).get("/v1/leads"));
			await signedIn();
			await page.goto(rotation(keys.old.api_key.id));
			await expect(page.getByRole("main")).toContainText(seen);
			await expectAccessibleInBothThemes(page);
		});

	test("the step that creates the new key", async ({ page, tenant, signedIn }) => {
		const { api_key } = await readsLeads(tenant);
		await signedIn();
		await page.goto(rotation(api_key.id));
		await expectCurrent(page, "Create the new key");
		await expectAccessibleInBothThemes(page);
	});
});

test.describe("choices for the new key", () => {
	test("include an automatic end of the old key, which the page then shows", async ({
		page,
		tenant,
		signedIn,
		integration,
	}) => {
		const old = await readsLeads(tenant);
		await signedIn();
		await page.clock.install();
		await page.goto(rotation(old.api_key.id));
		await page.getByRole("radio", { name: "Automatically after 24 hours" }).check();
		await page.getByRole("button", { name: "Create new key" }).click();
		const newKey = await takeKey(page);

		const { revokes_at } = await keyOf(tenant, old.api_key.id);
		expect(Math.abs(Date.parse(revokes_at ?? "") - Date.now() - DAY_MS)).toBeLessThan(60_000);
		await expect(update(page)).toContainText(/The old key ends automatically in (24 hours|1 day)/);
		await page.clock.fastForward("03:30:00");
		await expect(update(page)).toContainText(/The old key ends automatically in 2[01] hours/);
		// The integration has not changed over when it ends.
		await page.clock.fastForward("21:00:00");
		await expect(update(page).getByRole("alert")).toContainText("its requests are rejected. Update it now");
		await expectCurrent(page, "Update the integration");
		await expectAccessible(page);
		await integration(newKey).get("/v1/leads");
		await page.clock.fastForward("00:03");
		await expect(page.getByRole("heading", { name: "Rotation complete" })).toBeVisible();
	});

	for (const [name, choice, days] of [
		["as long as before", /as before/, 90],
		["another life", /^After 30 days/, 30],
	] as const)
		test(`include ${name}`, async ({ page, tenant, signedIn }) => {
			const old = await readsLeads(tenant, { expires_in_days: 90 });
			await signedIn();
			await page.goto(rotation(old.api_key.id));
			const life = page.getByLabel("The new key expires");
			const option = life.locator("option").filter({ hasText: choice });
			await life.selectOption((await option.textContent()) ?? "");
			await page.getByRole("button", { name: "Create new key" }).click();
			await expect(reveal(page)).toBeVisible();
			const { rotated_to } = await keyOf(tenant, old.api_key.id);
			const made = await keyOf(tenant, rotated_to ?? "");
			expect(Date.parse(made.expires_at ?? "") - Date.parse(made.created_at)).toBe(days * DAY_MS);
		});

	test("do not offer an unlimited lifetime to a key with an expiry", async ({ page, tenant, signedIn }) => {
		const endless = await readsLeads(tenant);
		await signedIn();
		await page.goto(rotation(endless.api_key.id));
		await expect(page.getByLabel("The new key expires").locator("option").first()).toHaveText("Never, as before");
		const { api_key } = await readsLeads(tenant, { expires_in_days: 45 });
		await page.goto(rotation(api_key.id));
		const options = page.getByLabel("The new key expires").locator("option");
		await expect(options.first()).toHaveText(/^After 45 days, as before/);
		await expect(options.filter({ hasText: "Never" })).toHaveCount(0);
		await expect(page.getByText(/In any case, the old key expires in 45 days/)).toBeVisible();
	});
});

test.describe("a lost new key", () => {
	test("is replaced by another one, and the old key keeps working", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
		integration,
	}) => {
		const { old, next: lost } = await rotated(tenant, 24);
		await signedIn();
		await page.goto(rotation(old.api_key.id));
		await update(page).getByRole("button", { name: "Create another new key" }).click();
		await expect(another(page)).toContainText(`${lost.api_key.key_prefix}…${lost.api_key.last_four}`);
		await expect(another(page).getByRole("button", { name: "Cancel" })).toBeFocused();
		await expectAccessibleInBothThemes(page);
		await another(page).getByRole("button", { name: "Revoke it and create another" }).click();
		const newKey = await takeKey(page);

		expect((await integration(lost.key).get("/v1/leads")).status).toBe(401);
		expect((await integration(old.key).get("/v1/leads")).status).toBe(200);
		const before = await keyOf(tenant, old.api_key.id);
		expect(before.rotated_to).toBe(newKey.slice(8, 20));
		// The chosen end of the old key stays.
		expect(before.revokes_at).toBe(lost.previous.revokes_at);
		await expectCurrent(page, "Update the integration");
		await integration(newKey).get("/v1/leads");
		await expectCurrent(page, "Retire the old key");
		const { items } = await tenant.admin.api.query("audit.list", { key_id: lost.api_key.id, action: "api_key.revoke" });
		expect(JSON.stringify(items)).toContain("Never used; replaced by another key");
	});

	test("stays if the replacement is cancelled", async ({ page, tenant, signedIn }) => {
		const { old, next } = await rotated(tenant);
		await signedIn();
		await page.goto(rotation(old.api_key.id));
		await update(page).getByRole("button", { name: "Create another new key" }).click();
		await page.keyboard.press("Escape");
		await expect(another(page)).toBeHidden();
		expect((await keyOf(tenant, next.api_key.id)).status).toBe("active");
	});

	test("stays if it turns out to be in use", async ({ page, tenant, signedIn, integration }) => {
		const { old, next } = await rotated(tenant);
		await signedIn();
		await page.goto(rotation(old.api_key.id));
		await update(page).getByRole("button", { name: "Create another new key" }).click();
		await integration(next.key).get("/v1/leads");
		await another(page).getByRole("button", { name: "Revoke it and create another" }).click();
		await expect(page.getByText("The new key has been used in the meantime")).toBeVisible();
		await expect(another(page)).toBeHidden();
		expect((await integration(next.key).get("/v1/leads")).status).toBe(200);
		await expectCurrent(page, "Retire the old key");
	});

	test("leaves no working key behind if the service fails midway", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
		expectProblems,
		integration,
	}) => {
		const { old, next: lost } = await rotated(tenant);
		expectProblems({ status: 503, url: "keys.rotate" });
		await signedIn();
		await page.goto(rotation(old.api_key.id));
		const works = await failAt(page, "keys.rotate", "UNAVAILABLE");
		await update(page).getByRole("button", { name: "Create another new key" }).click();
		await another(page).getByRole("button", { name: "Revoke it and create another" }).click();
		await expect(create(page)).toContainText("Create another one to continue.");
		await expect(create(page)).toContainText(FAILED_REQUEST);
		await expectCurrent(page, "Create the new key");
		expect((await integration(lost.key).get("/v1/leads")).status).toBe(401);
		expect((await integration(old.key).get("/v1/leads")).status).toBe(200);
		await expectAccessible(page);

		works();
		await page.reload();
		await create(page).getByRole("button", { name: "Create another new key" }).click();
		const newKey = await takeKey(page);
		expect((await integration(newKey).get("/v1/leads")).status).toBe(200);
	});

	test("is rotated itself after the old key has ended", async ({ page, tenant, signedIn }) => {
		const { old, next } = await rotated(tenant);
		await tenant.admin.api.mutate("keys.revoke", { id: old.api_key.id });
		await signedIn();
		await page.goto(rotation(old.api_key.id));
		await update(page).getByRole("link", { name: "Rotate the new key" }).click();
		await expect(page).toHaveURL(rotation(next.api_key.id));
		await expectCurrent(page, "Create the new key");
	});
});

test.describe("a key that cannot be rotated", () => {
	test("is a revoked key, and the page offers to create one", async ({ page, tenant, signedIn }) => {
		const { api_key } = await readsLeads(tenant);
		await tenant.admin.api.mutate("keys.revoke", { id: api_key.id });
		await signedIn();
		await page.goto(rotation(api_key.id));
		await expect(page.getByRole("heading", { name: "This key cannot be rotated" })).toBeVisible();
		await expect(page.getByText(/It was revoked \d+ seconds? ago, which cannot be undone/)).toBeVisible();
		await expectAccessibleInBothThemes(page);
		await page.getByRole("main").getByRole("link", { name: "Create API key" }).click();
		await expect(page).toHaveURL(`${LIST}/new?like=${api_key.id}`);
		await expect(page.getByLabel("Name")).toHaveValue("CRM Nightly Sync");
	});

	test("is a key that expires while the page is open", async ({ page, tenant, signedIn }) => {
		const { api_key } = await readsLeads(tenant, { expires_at: new Date(Date.now() + 2_500).toISOString() });
		await signedIn();
		await page.goto(rotation(api_key.id));
		await expect(page.getByText(/It expired \d+ seconds? ago/)).toBeVisible();
	});

	test("is an unknown or deleted key, and the page links to the list", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
		expectProblems,
	}) => {
		expectProblems({ status: 404, url: "keys.get" });
		const { api_key } = await readsLeads(tenant);
		await signedIn();
		await page.goto(rotation("nosuchkey000"));
		await expect(page.getByRole("heading", { name: "Key not found" })).toBeVisible();
		await expectAccessible(page);
		await page.goto(rotation(api_key.id));
		await expectCurrent(page, "Create the new key");
		await tenant.admin.api.mutate("keys.delete", { id: api_key.id });
		await expect(page.getByRole("heading", { name: "Key not found" })).toBeVisible();
		await page.getByRole("link", { name: "Go to API keys" }).click();
		await expect(page).toHaveURL(LIST);
	});

	test("is the successor of a rotation under way, which the page opens instead", async ({ page, tenant, signedIn }) => {
		const { old, next } = await rotated(tenant);
		await signedIn();
		await page.goto(rotation(next.api_key.id));
		await expect(page).toHaveURL(rotation(old.api_key.id));
		await expectCurrent(page, "Update the integration");
		// After that rotation, it can be rotated itself.
		await tenant.admin.api.mutate("keys.revoke", { id: old.api_key.id });
		await page.goto(rotation(next.api_key.id));
		await expectCurrent(page, "Create the new key");
		await expect(page).toHaveURL(rotation(next.api_key.id));
	});
});

test.describe("a failure", () => {
	test("while loading is shown with a retry", { tag: "@proof" }, async ({ page, tenant, signedIn, expectProblems }) => {
		const { old } = await rotated(tenant);
		expectProblems({ status: 503, url: "keys.get" });
		await signedIn();
		const works = await failAt(page, "keys.get", "UNAVAILABLE");
		await page.goto(rotation(old.api_key.id));
		await expect(page.getByRole("alert")).toContainText("The key could not be loaded");
		await expect(page.getByRole("alert")).toContainText(FAILED_REQUEST);
		await expectAccessible(page);
		works();
		await page.getByRole("button", { name: "Try again" }).click();
		await expectCurrent(page, "Update the integration");
	});

	test("later leaves the screen as it is and marks it as not live", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
		expectProblems,
		integration,
	}) => {
		const { old, next } = await rotated(tenant);
		expectProblems({ status: 503, url: "keys.get" });
		await signedIn();
		await page.goto(rotation(old.api_key.id));
		await expect(use(page)).toContainText("Live");
		const works = await failAt(page, "keys.get", "UNAVAILABLE");
		await expect(use(page)).toContainText("Not live");
		await expectCurrent(page, "Update the integration");
		works();
		await integration(next.key).get("/v1/leads");
		await expectCurrent(page, "Retire the old key");
	});

	test("while creating keeps the choices for a retry", async ({ page, tenant, signedIn, expectProblems }) => {
		const { api_key } = await readsLeads(tenant);
		expectProblems({ status: 503, url: "keys.rotate" });
		await signedIn();
		await page.goto(rotation(api_key.id));
		await page.getByRole("radio", { name: "Automatically after 7 days" }).check();
		const works = await failAt(page, "keys.rotate", "UNAVAILABLE");
		await page.getByRole("button", { name: "Create new key" }).click();
		await expect(create(page)).toContainText(FAILED_REQUEST);
		await expect(page.getByRole("radio", { name: "Automatically after 7 days" })).toBeChecked();
		works();
		await page.getByRole("button", { name: "Create new key" }).click();
		await expect(reveal(page)).toBeVisible();
		const { revokes_at } = await keyOf(tenant, api_key.id);
		expect(Date.parse(revokes_at ?? "") - Date.now()).toBeGreaterThan(6 * DAY_MS);
	});

	test("because the key was revoked meanwhile is shown", async ({ page, tenant, signedIn, expectProblems }) => {
		const { api_key } = await readsLeads(tenant);
		expectProblems({ status: 409, url: "keys.rotate" });
		await signedIn();
		await page.goto(rotation(api_key.id));
		await page.route(/\/trpc\/keys\.rotate/, async (route) => {
			await tenant.admin.api.mutate("keys.revoke", { id: api_key.id });
			await route.continue();
		});
		await page.getByRole("button", { name: "Create new key" }).click();
		await expect(page.getByRole("heading", { name: "This key cannot be rotated" })).toBeVisible();
	});

	test("because another person has created the new key creates no second one", async ({
		page,
		tenant,
		signedIn,
		expectProblems,
	}) => {
		expectProblems({ status: 409, url: "keys.rotate" });
		const { api_key } = await readsLeads(tenant);
		await signedIn();
		await page.goto(rotation(api_key.id));
		await expectCurrent(page, "Create the new key");
		const release = await holdBack(page, /\/trpc\/keys\.get/);
		const first = await tenant.admin.api.mutate("keys.rotate", { id: api_key.id });
		await page.getByRole("button", { name: "Create new key" }).click();
		release();
		await expect(page.getByText("Another person has just created the new key.")).toBeVisible();
		await expectCurrent(page, "Update the integration");
		expect((await keyOf(tenant, api_key.id)).rotated_to).toBe(first.api_key.id);
	});

	test("cannot lose a key that is being created, since navigation waits", async ({ page, tenant, signedIn }) => {
		const { api_key } = await readsLeads(tenant);
		await signedIn();
		await page.goto(rotation(api_key.id));
		const release = await holdBack(page, /\/trpc\/keys\.rotate/);
		await page.getByRole("button", { name: "Create new key" }).click();
		await page.getByRole("link", { name: "Audit log" }).click();
		await expect(page).toHaveURL(rotation(api_key.id));
		release();
		await expect(reveal(page)).toBeVisible();
	});
});

test.describe("on a phone", { tag: "@proof" }, () => {
	test.use(PHONE);
	test("the steps fit at each stage", async ({ page, tenant, signedIn, integration }) => {
		const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
		const { api_key, key } = await readsLeads(tenant);
		await integration(key).get("/v1/leads");
		await signedIn();
		await page.goto(rotation(api_key.id));
		await expectCurrent(page, "Create the new key");
		expect(await fits()).toBe(true);
		await page.getByRole("button", { name: "Create new key" }).tap();
		const newKey = await takeKey(page);
		await expectCurrent(page, "Update the integration");
		expect(await fits()).toBe(true);
		await expectAccessible(page);
		await screenshot(page, "rotate-phone");
		await integration(newKey).get("/v1/leads");
		await expectCurrent(page, "Retire the old key");
		expect(await fits()).toBe(true);
		await expectAccessible(page);
	});
});

test.describe("in Portuguese", { tag: "@proof" }, () => {
	test.use({ locale: "pt-BR" });
	test("the steps are in Portuguese", async ({ page, tenant, signedIn, integration }) => {
		const { old, next } = await rotated(tenant);
		await signedIn();
		await page.goto(rotation(old.api_key.id));
		await expect(page.getByRole("heading", { level: 1 })).toHaveText("Rotacionar CRM Nightly Sync");
		await expect(page.locator("[aria-current=step]")).toContainText("Atualizar a integração");
		await integration(next.key).get("/v1/leads");
		await expect(page.getByText(/Primeira requisição há \d+ segundos?/)).toBeVisible();
		await page.getByRole("button", { name: "Revogar chave antiga" }).click();
		await page.getByRole("dialog").getByRole("button", { name: "Revogar chave" }).click();
		await expect(page.getByRole("heading", { name: "Rotação concluída" })).toBeVisible();
	});
});
