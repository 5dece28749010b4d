/** Revoking keys: the dialog says what it will stop, and requests are rejected when it confirms. */
import { readFile } from "node:fs/promises";
import type { Locator, Page, Route } from "@playwright/test";
import { FAILED_REQUEST, failAt } from "./failures.ts";
import { expect, expectAccessible, expectAccessibleInBothThemes, PHONE, screenshot, test } from "./fixtures.ts";
import { holdBack } from "./intercept.ts";
import type { TestTenant } from "./tenant.ts";

const LIST = "/integrations/api-keys";

const row = (page: Page, name: string): Locator => page.locator("tbody tr").filter({ hasText: name });
const dialog = (page: Page): Locator => page.getByRole("dialog");
const fact = (page: Page, term: string): Locator =>
	dialog(page).locator("dl > div").filter({ hasText: term }).locator("dd");
const confirm = (page: Page): Locator => dialog(page).getByRole("button", { name: /^Revok/ });
const reason = (page: Page): Locator => dialog(page).getByLabel("Reason (optional)");

const readsLeads = (tenant: TestTenant, name = "CRM Nightly Sync") =>
	tenant.createKey({ name, scopes: ["leads:read"] });

/** Opens the dialog from the menu of a row. */
async function startFromList(page: Page, name: string): Promise<void> {
	await page.goto(LIST);
	await page.getByRole("button", { name: `Actions for ${name}` }).click();
	await page.getByRole("menuitem", { name: "Revoke" }).click();
	await expect(dialog(page)).toBeVisible();
}

async function select(page: Page, names: string[]): Promise<void> {
	await page.goto(LIST);
	for (const name of names) await row(page, name).getByRole("checkbox").check();
	await page.getByRole("button", { name: "Revoke selected" }).click();
	await expect(dialog(page)).toBeVisible();
}

test.describe("revoking one key", () => {
	test("says what it stops, and stops it", async ({ page, tenant, signedIn, integration }) => {
		const { key, api_key } = await readsLeads(tenant);
		const caller = integration(key, "203.0.113.7");
		for (let request = 0; request < 3; request++) await caller.get("/v1/leads");
		await integration(key, "203.0.113.8").get("/v1/leads");
		const who = await signedIn();
		await startFromList(page, "CRM Nightly Sync");

		await expect(dialog(page)).toHaveAccessibleName("Revoke CRM Nightly Sync?");
		await expect(dialog(page)).toHaveAccessibleDescription(
			/CRM Nightly Sync was used \d+ seconds? ago by 2 callers\. As soon as you revoke it, requests with this key are rejected\. This cannot be undone\./,
		);
		await expect(fact(page, "Key")).toHaveText(`${api_key.key_prefix}…${api_key.last_four}`);
		await expect(fact(page, "Requests in the last 24 hours")).toHaveText("4");
		const callers = dialog(page).getByRole("list", { name: "Recent callers" }).getByRole("listitem");
		await expect(callers).toHaveCount(2);
		await expect(callers.first()).toContainText("203.0.113.8");
		await expect(callers.last()).toContainText("203.0.113.7");
		await expectAccessibleInBothThemes(page);
		await screenshot(page, "revoke");

		await reason(page).fill("Laptop stolen");
		await confirm(page).click();
		await expect(
			page.getByText("CRM Nightly Sync is revoked. Its requests are rejected from now on.", { exact: true }),
		).toBeVisible();
		expect((await caller.get("/v1/leads")).status).toBe(401);
		await expect(dialog(page)).toBeHidden();
		await expect(row(page, "CRM Nightly Sync")).toContainText("Revoked");
		const { items } = await tenant.admin.api.query("audit.list", { key_id: api_key.id, action: "api_key.revoke" });
		expect(items).toMatchObject([{ actor: who.id }]);
		expect(JSON.stringify(items)).toContain("Laptop stolen");
	});

	test("says that a key was never used", async ({ page, tenant, signedIn }) => {
		await readsLeads(tenant);
		await signedIn();
		await startFromList(page, "CRM Nightly Sync");
		await expect(dialog(page)).toContainText("CRM Nightly Sync was never used.");
		await expect(fact(page, "Last used")).toHaveText("Never used");
		await expect(fact(page, "Requests in the last 24 hours")).toHaveText("0");
		await expect(fact(page, "Recent callers")).toHaveText("None");
	});

	test("counts rejected requests separately and lists five of many callers", async ({
		page,
		tenant,
		signedIn,
		integration,
	}) => {
		const { key } = await readsLeads(tenant);
		for (let host = 1; host <= 8; host++) await integration(key, `203.0.113.${host}`).get("/v1/leads");
		await integration(key, "203.0.113.8").post("/v1/leads", { name: "Ana", email: "ana@acme.example" });
		await signedIn();
		await startFromList(page, "CRM Nightly Sync");
		await expect(dialog(page)).toContainText("by 8 callers");
		await expect(fact(page, "Requests in the last 24 hours")).toHaveText("8, and 1 rejected");
		const callers = dialog(page).getByRole("list", { name: "Recent callers" }).getByRole("listitem");
		await expect(callers).toHaveCount(6);
		await expect(callers.last()).toHaveText("and 3 more");
	});

	test("ignores stray key presses, and cancelling changes nothing", async ({ page, tenant, signedIn }) => {
		const { api_key } = await readsLeads(tenant);
		await signedIn();
		const opener = page.getByRole("button", { name: "Revoke", exact: true });
		await page.goto(`${LIST}/${api_key.id}`);
		for (const leave of ["Enter", "Escape"]) {
			await opener.click();
			await expect(dialog(page).locator(":focus")).toHaveCount(1);
			await expect(confirm(page)).not.toBeFocused();
			await page.keyboard.press(leave);
			await expect(dialog(page)).toBeHidden();
			await expect(opener).toBeFocused();
		}
		await opener.click();
		await reason(page).fill("No");
		await page.keyboard.press("Enter");
		await expect(dialog(page)).toBeVisible();
		await dialog(page).getByRole("button", { name: "Cancel" }).click();
		expect((await tenant.admin.api.query("keys.get", { id: api_key.id })).status).toBe("active");
	});

	test("changes the row after the response, not before", async ({ page, tenant, signedIn }) => {
		const { api_key } = await readsLeads(tenant);
		await signedIn();
		await startFromList(page, "CRM Nightly Sync");
		const calls: string[] = [];
		page.on("request", (request) => request.url().includes("keys.revoke") && calls.push(request.url()));
		const release = await holdBack(page, /\/trpc\/keys\.revoke/);
		await confirm(page).click();
		await expect(confirm(page)).toHaveAccessibleName("Revoking…");
		await expect(confirm(page)).toHaveAttribute("aria-busy", "true");
		await expect(confirm(page)).toBeFocused();
		await page.keyboard.press("Enter");
		await expect(row(page, "CRM Nightly Sync")).toContainText("Active");
		expect((await tenant.admin.api.query("keys.get", { id: api_key.id })).status).toBe("active");
		release();
		await expect(row(page, "CRM Nightly Sync")).toContainText("Revoked");
		await expect(dialog(page)).toBeHidden();
		// A second click makes no second call.
		expect(calls).toHaveLength(1);
	});

	test("cannot be cancelled while it runs, and reports the result on another screen", async ({
		page,
		tenant,
		signedIn,
	}) => {
		await readsLeads(tenant);
		await signedIn();
		await page.goto("/integrations/audit-log");
		await page.getByRole("link", { name: "API keys" }).click();
		await page.getByRole("button", { name: "Actions for CRM Nightly Sync" }).click();
		await page.getByRole("menuitem", { name: "Revoke" }).click();
		const release = await holdBack(page, /\/trpc\/keys\.revoke/);
		await confirm(page).click();
		await expect(dialog(page).getByRole("button", { name: "Cancel" })).toBeDisabled();
		await page.keyboard.press("Escape");
		await dialog(page).getByRole("button", { name: "Close" }).click({ force: true });
		await expect(dialog(page)).toBeVisible();
		await page.goBack();
		await expect(page.getByRole("heading", { name: "Audit log" })).toBeVisible();
		release();
		await expect(page.getByText("CRM Nightly Sync is revoked.")).toBeVisible();
		await expect(page).toHaveURL(/audit-log/);
	});

	test("reports a failure on another screen, too", async ({ page, tenant, signedIn, expectProblems }) => {
		expectProblems({ unanswered: "keys.revoke" });
		await readsLeads(tenant);
		await signedIn();
		await page.goto("/integrations/audit-log");
		await page.getByRole("link", { name: "API keys" }).click();
		await page.getByRole("button", { name: "Actions for CRM Nightly Sync" }).click();
		await page.getByRole("menuitem", { name: "Revoke" }).click();
		const held: Route[] = [];
		await page.route(/\/trpc\/keys\.revoke/, (route) => void held.push(route));
		await confirm(page).click();
		await expect.poll(() => held.length).toBe(1);
		await page.goBack();
		await expect(page.getByRole("heading", { name: "Audit log" })).toBeVisible();
		await held[0]?.abort();
		await expect(page.getByText("The action that you left behind failed or was not confirmed.")).toBeVisible();
	});

	test("does not send a reason that contains a key or is too long", async ({
		page,
		tenant,
		signedIn,
		expectProblems,
	}) => {
		const { key, api_key } = await readsLeads(tenant);
		expectProblems({ status: 400, url: "keys.revoke" });
		await signedIn();
		await startFromList(page, "CRM Nightly Sync");
		const calls: string[] = [];
		page.on("request", (request) => request.url().includes("keys.revoke") && calls.push(request.url()));
		await reason(page).fill(`Found ${key} in a log`);
		await expect(reason(page)).toHaveAccessibleDescription(/Remove the API key from the reason/);
		await expect(reason(page)).toHaveAttribute("aria-invalid", "true");
		await confirm(page).click();
		await reason(page).fill("x".repeat(201));
		await expect(reason(page)).toHaveAccessibleDescription(/Shorten the reason to 200 characters/);
		await confirm(page).click();
		expect((await tenant.admin.api.query("keys.get", { id: api_key.id })).status).toBe("active");
		expect(calls).toEqual([]);
		// An error that only the service finds shows at the field.
		await reason(page).fill("Bell\u0007");
		await confirm(page).click();
		await expect(reason(page)).toHaveAccessibleDescription(/Must not contain control characters/);
		await expectAccessible(page);
		await reason(page).fill("Bell");
		await expect(reason(page)).toHaveAttribute("aria-invalid", "false");
		await confirm(page).click();
		await expect(row(page, "CRM Nightly Sync")).toContainText("Revoked");
	});

	test("shows a server error in the dialog, with a retry", async ({ page, tenant, signedIn, expectProblems }) => {
		await readsLeads(tenant);
		expectProblems({ status: 500, url: "keys.revoke" });
		await signedIn();
		await startFromList(page, "CRM Nightly Sync");
		await reason(page).fill("Laptop stolen");
		const works = await failAt(page, "keys.revoke");
		await confirm(page).click();
		await expect(dialog(page)).toContainText("Something went wrong on our side.");
		await expect(dialog(page)).toContainText(FAILED_REQUEST);
		await expect(row(page, "CRM Nightly Sync")).toContainText("Active");
		works();
		await confirm(page).click();
		await expect(row(page, "CRM Nightly Sync")).toContainText("Revoked");
	});

	test("works even if the usage of the key cannot be loaded", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
		expectProblems,
	}) => {
		await readsLeads(tenant);
		expectProblems({ status: 500, url: "keys.get" }, { status: 500, url: "keys.usage" });
		await signedIn();
		await page.goto(LIST);
		await failAt(page, "keys.get");
		await failAt(page, "keys.usage");
		await page.getByRole("button", { name: "Actions for CRM Nightly Sync" }).click();
		await page.getByRole("menuitem", { name: "Revoke" }).click();
		await expect(dialog(page)).toContainText("The callers of this key could not be loaded.");
		await expectAccessible(page);
		await confirm(page).click();
		await expect(row(page, "CRM Nightly Sync")).toContainText("Revoked");
	});

	test("reports a key that was deleted meanwhile", async ({ page, tenant, signedIn, expectProblems }) => {
		const { api_key } = await readsLeads(tenant);
		expectProblems({ status: 404, url: "keys.get" });
		await signedIn();
		await page.goto(LIST);
		await expect(row(page, "CRM Nightly Sync")).toBeVisible();
		await tenant.admin.api.mutate("keys.delete", { id: api_key.id });
		await page.getByRole("button", { name: "Actions for CRM Nightly Sync" }).click();
		await page.getByRole("menuitem", { name: "Revoke" }).click();
		await expect(dialog(page)).toContainText("CRM Nightly Sync was deleted in the meantime.");
		await expect(confirm(page)).toHaveCount(0);
		await dialog(page).locator("footer").getByRole("button", { name: "Close" }).click();
		await expect(row(page, "CRM Nightly Sync")).toHaveCount(0);
	});

	test("works for an expired key", async ({ page, tenant, signedIn }) => {
		const { api_key } = await tenant.createKey({
			name: "CRM Nightly Sync",
			expires_at: new Date(Date.now() + 1_500).toISOString(),
		});
		await expect
			.poll(async () => (await tenant.admin.api.query("keys.get", { id: api_key.id })).status)
			.toBe("expired");
		await signedIn();
		await startFromList(page, "CRM Nightly Sync");
		await expect(dialog(page)).toContainText("It has expired, so its requests are already rejected.");
		await confirm(page).click();
		await expect(row(page, "CRM Nightly Sync")).toContainText("Revoked");
	});
});

test.describe("two people at once", () => {
	test("see each other's revocations without a reload", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
		newWindow,
		integration,
	}) => {
		const { key, api_key } = await readsLeads(tenant);
		const colleague = await newWindow();
		await signedIn({ role: "owner" }, colleague);
		await colleague.goto(`${LIST}/${api_key.id}`);
		const state = colleague.locator("main header").first();
		await expect(state).toContainText("Active");

		await signedIn();
		await startFromList(page, "CRM Nightly Sync");
		await confirm(page).click();
		await expect(page.getByText("CRM Nightly Sync is revoked.")).toBeVisible();
		expect((await integration(key).get("/v1/leads")).status).toBe(401);
		await expect(state).toContainText("Revoked");
		await expect(colleague.getByRole("button", { name: "Revoke", exact: true })).toHaveCount(0);
	});

	test("cannot revoke the same key in an open dialog again", { tag: "@proof" }, async ({ page, tenant, signedIn }) => {
		const { api_key } = await readsLeads(tenant);
		await signedIn();
		await startFromList(page, "CRM Nightly Sync");
		await expect(dialog(page)).toContainText("As soon as you revoke it, requests with this key are rejected.");
		await tenant.admin.api.mutate("keys.revoke", { id: api_key.id });
		await expect(dialog(page)).toContainText("CRM Nightly Sync is already revoked.");
		await expect(confirm(page)).toHaveCount(0);
		await expectAccessible(page);
		await dialog(page).locator("footer").getByRole("button", { name: "Close" }).click();
		// The row updates with the dialog.
		await expect(row(page, "CRM Nightly Sync")).toContainText("Revoked");
	});

	test("can both revoke the same key without an error", async ({ page, tenant, signedIn }) => {
		const { api_key } = await readsLeads(tenant);
		await signedIn();
		await page.goto(LIST);
		await expect(row(page, "CRM Nightly Sync")).toBeVisible();
		const release = await holdBack(page, /\/trpc\/keys\.get/);
		await page.getByRole("button", { name: "Actions for CRM Nightly Sync" }).click();
		await page.getByRole("menuitem", { name: "Revoke" }).click();
		await tenant.admin.api.mutate("keys.revoke", { id: api_key.id });
		await confirm(page).click();
		await expect(page.getByText("CRM Nightly Sync is revoked.")).toBeVisible();
		release();
		await expect(row(page, "CRM Nightly Sync")).toContainText("Revoked");
	});
});

test.describe("revoking several keys", () => {
	test("lists them and revokes them together", async ({ page, tenant, signedIn, integration }) => {
		// Usage reaches the list after up to 15 seconds (USAGE_FLUSH_SECONDS).
		test.slow();
		const made = [];
		for (const name of ["Alpha", "Beta", "Gamma", "Delta"]) made.push(await readsLeads(tenant, name));
		for (const { key } of made.slice(0, 2)) await integration(key).get("/v1/leads");
		await signedIn();
		await expect(async () => {
			await page.goto(LIST);
			await expect(row(page, "Beta").locator("time").first()).toHaveText(/now|ago/, { timeout: 1_000 });
		}).toPass({ timeout: 25_000 });
		await select(page, ["Alpha", "Beta", "Gamma"]);

		await expect(dialog(page)).toHaveAccessibleName("Revoke 3 keys?");
		await expect(dialog(page)).toContainText("2 of them were used in the last 24 hours.");
		const listed = dialog(page).getByRole("list", { name: "Keys to revoke" }).getByRole("listitem");
		await expect(listed).toHaveCount(3);
		for (const name of ["Alpha", "Beta", "Gamma"]) await expect(listed.filter({ hasText: name })).toHaveCount(1);
		await expect(confirm(page)).not.toBeFocused();
		await expectAccessibleInBothThemes(page);
		await screenshot(page, "revoke-many");
		const calls: string[] = [];
		page.on("request", (request) => request.url().includes("jobs.create") && calls.push(request.url()));
		await reason(page).fill("Supplier left");
		// Some of the keys are in use, so their number has to be typed.
		await expect(confirm(page)).toBeDisabled();
		await dialog(page).getByLabel("Type 3 to confirm").fill("2");
		await expect(confirm(page)).toBeDisabled();
		await dialog(page).getByLabel("Type 3 to confirm").fill("3");
		await dialog(page).getByRole("button", { name: "Revoke 3 keys" }).click();

		await expect(page.getByText("3 keys are revoked. Requests with them are rejected from now on.")).toBeVisible();
		expect(calls).toHaveLength(1);
		for (const [index, { key }] of made.entries())
			expect((await integration(key).get("/v1/leads")).status).toBe(index < 3 ? 401 : 200);
		for (const name of ["Alpha", "Beta", "Gamma"]) await expect(row(page, name)).toContainText("Revoked");
		await expect(row(page, "Delta")).toContainText("Active");
		// The selection is cleared.
		await expect(page.getByRole("button", { name: "Revoke selected" })).toBeHidden();
		const { items } = await tenant.admin.api.query("audit.list", { action: "api_key.revoke" });
		expect(items).toHaveLength(3);
		for (const event of items) expect(JSON.stringify(event)).toContain("Supplier left");
	});

	test("works for more keys than fit into one request", async ({ page, tenant, signedIn }) => {
		for (let number = 10; number < 35; number++) await tenant.createKey({ name: `Key ${number}` });
		await signedIn();
		await page.goto(LIST);
		await page.getByRole("checkbox", { name: "Select all loaded keys" }).check();
		await page.getByRole("button", { name: "Revoke selected" }).click();
		await dialog(page).getByRole("button", { name: "Revoke 25 keys" }).click();
		await expect(page.getByText("25 keys are revoked. Requests with them are rejected from now on.")).toBeVisible();
		expect((await tenant.admin.api.query("keys.list")).counts).toMatchObject({ active: 0, revoked: 25 });
	});

	test("continues after a failure of the service", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
		expectProblems,
	}) => {
		expectProblems({ status: 503, url: "jobs.advance" });
		for (const name of ["Alpha", "Beta", "Gamma"]) await readsLeads(tenant, name);
		await signedIn();
		await select(page, ["Alpha", "Beta", "Gamma"]);
		const works = await failAt(page, "jobs.advance", "UNAVAILABLE");
		await confirm(page).click();
		await expect(dialog(page)).toContainText("0 of 3 keys are revoked.");
		await expect(dialog(page)).toContainText("The service is not available right now.");
		await expectAccessible(page);
		works();
		await dialog(page).getByRole("button", { name: "Continue with 3 keys" }).click();
		await expect(page.getByText("3 keys are revoked. Requests with them are rejected from now on.")).toBeVisible();
		await expect(row(page, "Beta")).toContainText("Revoked");
	});

	test("shows its progress, can be stopped and continued", { tag: "@proof" }, async ({ page, tenant, signedIn }) => {
		const count = 60;
		for (let made = 0; made < count; made += 20)
			await Promise.all(Array.from({ length: 20 }, (_, index) => tenant.createKey({ name: `Key ${made + index}` })));
		await signedIn();
		await page.goto(LIST);
		await page.getByRole("checkbox", { name: "Select all loaded keys" }).check();
		await page.getByRole("button", { name: "Revoke selected" }).click();
		// The second portion waits until the job is stopped.
		const { promise, resolve } = Promise.withResolvers<void>();
		let portions = 0;
		await page.route(/jobs\.advance/, async (route) => {
			if (++portions === 2) await promise;
			await route.continue();
		});
		await confirm(page).click();
		await expect(dialog(page).getByRole("progressbar")).toHaveAttribute("value", /^[1-9]/);
		await expectAccessible(page);
		await dialog(page).getByRole("button", { name: "Stop" }).click();
		await expect.poll(async () => (await tenant.admin.api.query("jobs.list")).items[0]?.state).toBe("stopped");
		resolve();
		await expect(dialog(page)).toContainText(/Stopped\. \d+ keys are not revoked and still work\./);
		await expectAccessibleInBothThemes(page);
		await dialog(page)
			.getByRole("button", { name: /^Continue with \d+ keys/ })
			.click();
		await expect(page.getByText("60 keys are revoked. Requests with them are rejected from now on.")).toBeVisible();
		expect((await tenant.admin.api.query("keys.list")).counts).toMatchObject({ active: 0, revoked: count });
	});

	test("continues after its dialog was closed", async ({ page, tenant, signedIn }) => {
		for (const name of ["Alpha", "Beta"]) await readsLeads(tenant, name);
		await signedIn();
		await select(page, ["Alpha", "Beta"]);
		const letGo = await holdBack(page, /jobs\.advance/);
		await confirm(page).click();
		await dialog(page).getByRole("button", { name: "Close and continue" }).click();
		await expect(page.getByText("The service continues to revoke the keys.")).toBeVisible();
		letGo();
		await expect(page.getByText("2 keys are revoked. Requests with them are rejected from now on.")).toBeVisible();
		await expect(row(page, "Alpha")).toContainText("Revoked");
	});

	test("continues if one of the keys was deleted meanwhile", async ({ page, tenant, signedIn }) => {
		await readsLeads(tenant, "Alpha");
		const { api_key } = await readsLeads(tenant, "Beta");
		await signedIn();
		await select(page, ["Alpha", "Beta"]);
		await tenant.admin.api.mutate("keys.delete", { id: api_key.id });
		await confirm(page).click();
		await expect(page.getByText("1 key is revoked. Requests with it are rejected from now on.")).toBeVisible();
		await expect(page.getByText("1 key had been deleted in the meantime.")).toBeVisible();
		await expect(row(page, "Alpha")).toContainText("Revoked");
		await expect(row(page, "Beta")).toHaveCount(0);
	});
});

test.describe("a revocation that another page has started", () => {
	const notice = (page: Page): Locator => page.getByRole("list", { name: "Revocations" }).getByRole("listitem");

	test("is shown, finished and can be downloaded as a file", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
		integration,
	}) => {
		const formula = await readsLeads(tenant, '=HYPERLINK("https://evil.example")');
		const deleted = await readsLeads(tenant, "Deleted meanwhile");
		await tenant.admin.api.mutate("keys.delete", { id: deleted.api_key.id });
		const { id } = await tenant.admin.api.mutate("jobs.create", {
			kind: "revoke_keys",
			ids: [formula.api_key.id, deleted.api_key.id],
			reason: "Supplier left",
		});
		await signedIn();
		const letGo = await holdBack(page, /jobs\.advance/);
		await page.goto(LIST);
		await expect(notice(page)).toContainText("Revoking 2 keys.");
		await notice(page).getByRole("button", { name: "Show" }).click();
		await expect(dialog(page)).toHaveAccessibleName("Revocation of 2 keys");
		await expect(dialog(page)).toContainText("Reason: Supplier left");
		await expect(dialog(page)).toContainText("0 of 2 keys are revoked.");
		letGo();
		await expect(dialog(page)).toContainText("1 of 2 keys are revoked.");
		expect((await integration(formula.key).get("/v1/leads")).status).toBe(401);
		await expect(dialog(page)).toContainText("1 key had been deleted in the meantime.");
		// Trying again would not revoke a deleted key.
		await expect(dialog(page).getByRole("button", { name: /^Continue/ })).toHaveCount(0);
		await expectAccessibleInBothThemes(page);

		const downloading = page.waitForEvent("download");
		await dialog(page).getByRole("button", { name: "Download result" }).click();
		const file = await downloading;
		expect(file.suggestedFilename()).toMatch(new RegExp(`^${id}-\\d{4}-\\d\\d-\\d\\d\\.csv$`));
		const text = await readFile(await file.path(), "utf8");
		expect(text.slice(1).split("\r\n")).toEqual([
			"key_id,key_name,outcome,error_code,error",
			`${formula.api_key.id},"'=HYPERLINK(""https://evil.example"")",succeeded,,`,
			`${deleted.api_key.id},,failed,NOT_FOUND,The key was deleted in the meantime. Requests with it are rejected.`,
			"",
		]);

		// A reload keeps the dialog, and the result can be found again until it is hidden.
		await page.reload();
		await expect(dialog(page)).toContainText("1 of 2 keys are revoked.");
		await dialog(page).locator("footer").getByRole("button", { name: "Close" }).click();
		await expect(notice(page)).toContainText(/A revocation ended .+ ago: 1 of 2 keys were not revoked\./);
		await expectAccessible(page);
		await notice(page).getByRole("button", { name: "Hide" }).click();
		await expect(notice(page)).toHaveCount(0);
		await page.reload();
		await expect(row(page, "HYPERLINK")).toContainText("Revoked");
		await expect(notice(page)).toHaveCount(0);

		// The audit log leads to it for as long as the service keeps it.
		await page.goto("/integrations/audit-log?action=job.create");
		await expect(page.locator("tbody tr")).toContainText(`Job: ${id}, Type: Revoke keys, Keys: 2`);
		await page.getByRole("button", { name: /^Details: Job started/ }).click();
		await page.getByRole("link", { name: "Show the job" }).click();
		await expect(dialog(page)).toContainText("1 of 2 keys are revoked.");
	});

	test("can be continued after it was stopped", { tag: "@proof" }, async ({ page, tenant, signedIn }) => {
		const { api_key } = await readsLeads(tenant);
		const { id } = await tenant.admin.api.mutate("jobs.create", { kind: "revoke_keys", ids: [api_key.id] });
		await tenant.admin.api.mutate("jobs.stop", { id });
		await signedIn();
		await page.goto(LIST);
		await expect(notice(page)).toContainText("A revocation was stopped: 1 of 1 key is not revoked.");
		await notice(page).getByRole("button", { name: "Show" }).click();
		await expect(dialog(page)).toContainText("Stopped. 1 key is not revoked and still works.");
		await expectAccessibleInBothThemes(page);
		await dialog(page).getByRole("button", { name: "Continue with 1 key" }).click();
		await expect(dialog(page)).toContainText("1 of 1 key is revoked.");
		await dialog(page).locator("footer").getByRole("button", { name: "Close" }).click();
		await expect(row(page, "CRM Nightly Sync")).toContainText("Revoked");
		await expect(notice(page)).toContainText(/1 key was revoked .+ ago\./);
	});
});

test.describe("on a phone, in Portuguese", { tag: "@proof" }, () => {
	test.use({ ...PHONE, locale: "pt-BR" });
	test("the revoke dialog fits and is in Portuguese", async ({ page, tenant, signedIn, integration }) => {
		const { key } = await readsLeads(tenant);
		await integration(key).get("/v1/leads");
		await signedIn();
		await page.goto(LIST);
		await page.getByRole("button", { name: "Ações de CRM Nightly Sync" }).tap();
		await page.getByRole("menuitem", { name: "Revogar" }).tap();
		await expect(dialog(page)).toHaveAccessibleName("Revogar CRM Nightly Sync?");
		await expect(dialog(page)).toContainText(/CRM Nightly Sync foi usada há \d+ segundos? a partir de 1 origem\./);
		expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
		await expectAccessible(page);
		await dialog(page).getByRole("button", { name: "Revogar chave" }).tap();
		await expect(page.getByText("CRM Nightly Sync foi revogada.")).toBeVisible();
	});
});
