/** Editing a key from the list: what is sent, when it shows, and its effect on the integration. */
import type { Page, Route } from "@playwright/test";
import { DAY_MS } from "../../worker/schemas/time.ts";
import { FAILED_REQUEST, failure } from "./failures.ts";
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

const LIST = "/integrations/api-keys";
const UPDATE = /\/trpc\/keys\.update/;

const dialog = (page: Page) => page.getByRole("dialog", { name: /^Edit / });
const field = (page: Page, label: string) => dialog(page).getByLabel(label, { exact: true });
const save = (page: Page) => dialog(page).getByRole("button", { name: "Save changes" });
const inList = (page: Page, name: string) => page.getByRole("link", { name, exact: true });

async function openEdit(page: Page, name = "CRM"): Promise<void> {
	await page.goto(LIST);
	await page.getByRole("button", { name: `Actions for ${name}` }).click();
	await page.getByRole("menuitem", { name: "Edit" }).click();
	await expect(dialog(page)).toBeVisible();
}

/** The input of the next update. */
const nextChange = async (page: Page): Promise<unknown> => {
	const request = await page.waitForRequest(UPDATE);
	// A batch of one call.
	return request.postDataJSON()[0];
};

test("the dialog sends only changed settings and shows them at once", async ({ page, tenant, signedIn }) => {
	const { api_key } = await tenant.createKey({ name: "CRM", scopes: ["leads:read"], expires_in_days: 30 });
	await signedIn();
	await openEdit(page);
	await expect(field(page, "Name")).toBeFocused();
	await expect(field(page, "Name")).toHaveValue("CRM");
	await expect(field(page, "leads:read")).toBeChecked();
	await expect(field(page, "default:sync")).not.toBeChecked();
	await expect(dialog(page).getByRole("radio", { name: /^Keep: until/ })).toBeChecked();
	await expect(dialog(page).getByRole("radio", { name: "Live" })).toBeHidden();

	await field(page, "Name").fill("CRM Nightly Sync");
	const sent = nextChange(page);
	await page.keyboard.press("Enter");
	expect(await sent).toEqual({ id: api_key.id, name: "CRM Nightly Sync", expected_version: 1 });
	await expect(dialog(page)).toBeHidden();
	await expect(inList(page, "CRM Nightly Sync")).toBeVisible();
	await expect(page.getByText("Changes to CRM Nightly Sync are saved.")).toBeVisible();
	await expect(page.getByRole("button", { name: "Actions for CRM Nightly Sync" })).toBeFocused();

	const { id, current_hour, recent_callers, ...after } = await tenant.admin.api.query("keys.get", { id: api_key.id });
	expect({ id, ...after }).toEqual({ ...api_key, name: "CRM Nightly Sync", version: 2 });
});

test("the dialog sends nothing if nothing was changed", async ({ page, tenant, signedIn }) => {
	await tenant.createKey({ name: "CRM", rate_limit: 2_000 });
	await signedIn();
	await openEdit(page);
	let sent = 0;
	await page.route(UPDATE, (route) => {
		sent++;
		return route.continue();
	});
	await field(page, "Limit per hour").fill("2000");
	await save(page).click();
	await expect(dialog(page)).toBeHidden();
	expect(sent).toBe(0);
});

test("all settings can be changed together", async ({ page, tenant, signedIn }) => {
	const { api_key } = await tenant.createKey({ name: "CRM" });
	await signedIn();
	await openEdit(page);
	await field(page, "leads:write").check();
	await field(page, "Limit per hour").fill("50");
	await dialog(page).getByRole("radio", { name: "180 days" }).check();
	await dialog(page).getByText("Advanced").click();
	await field(page, "Allowed IP addresses").fill("::1, 203.0.113.0/24");
	await save(page).click();
	await expect(dialog(page)).toBeHidden();
	const after = await tenant.admin.api.query("keys.get", { id: api_key.id });
	expect(after).toMatchObject({
		scopes: ["default:sync", "leads:write"],
		rate_limit: 50,
		ip_allowlist: ["::1", "203.0.113.0/24"],
	});
	const life = Date.parse(after.expires_at ?? "") - Date.parse(api_key.created_at);
	expect(Math.round(life / DAY_MS)).toBe(180);

	await openEdit(page);
	await expect(field(page, "Allowed IP addresses")).toHaveValue("::1\n203.0.113.0/24");
	await dialog(page).getByRole("radio", { name: "Never", exact: true }).check();
	await save(page).click();
	await expect(dialog(page)).toBeHidden();
	expect((await tenant.admin.api.query("keys.get", { id: api_key.id })).expires_at).toBeNull();
});

test("a removed scope is gone for the next request, after a warning", async ({
	page,
	tenant,
	signedIn,
	integration,
}) => {
	const { key } = await tenant.createKey({ name: "CRM", scopes: ["default:sync", "leads:read"] });
	const calls = integration(key);
	expect((await calls.get("/v1/leads")).status).toBe(200);
	await signedIn();
	await openEdit(page);
	await expect(dialog(page)).toHaveAccessibleDescription("Changes apply from the next request with this key.");
	const warning = dialog(page).getByText("Requests that need leads:read will be rejected.");
	await expect(warning).toBeHidden();
	await field(page, "leads:read").uncheck();
	await expect(warning).toBeVisible();
	await save(page).click();
	await expect(dialog(page)).toBeHidden();
	expect((await calls.get("/v1/leads")).status).toBe(403);
	expect((await calls.whoami()).status).toBe(200);
});

test("a limit below this hour's usage comes with a warning", async ({ page, tenant, signedIn, integration }) => {
	const { key } = await tenant.createKey({ name: "CRM" });
	for (let call = 0; call < 3; call++) await integration(key).whoami();
	await signedIn();
	await openEdit(page);
	await field(page, "Limit per hour").fill("3");
	await expect(dialog(page).getByText("It has already made 3 requests this hour")).toBeVisible();
	await field(page, "Limit per hour").fill("4");
	await expect(dialog(page).getByText("It has already made 3 requests this hour")).toBeHidden();
});

test("a new name shows in the list before the response and is undone after an error", async ({
	page,
	tenant,
	signedIn,
	expectProblems,
}) => {
	expectProblems({ status: 503, url: "keys.update" });
	await tenant.createKey({ name: "CRM", scopes: ["leads:read"] });
	await signedIn();
	await openEdit(page);
	const held: Route[] = [];
	const works = await intercept(page, UPDATE, (route) => void held.push(route));
	await field(page, "Name").fill("Renamed");
	await field(page, "default:sync").check();
	await save(page).click();
	// Behind the dialog, which waits for the response.
	const behind = (name: string) => page.locator("main").getByText(name, { exact: true });
	await expect(behind("Renamed")).toBeVisible();
	await expect(page.locator("main").getByText("default:sync")).toBeHidden();
	await expect(dialog(page)).toBeVisible();

	await expect.poll(() => held.length).toBe(1);
	await held[0]?.fulfill({ status: 503, json: [failure("UNAVAILABLE", "keys.update")] });
	await expect(behind("CRM")).toBeVisible();
	await expect(behind("Renamed")).toBeHidden();
	await expect(dialog(page).getByText(FAILED_REQUEST)).toBeVisible();
	await expect(field(page, "Name")).toHaveValue("Renamed");

	works();
	await save(page).click();
	await expect(inList(page, "Renamed")).toBeVisible();
});

test("a failed change is undone on the key's own screen, too", async ({ page, tenant, signedIn, expectProblems }) => {
	expectProblems({ status: 400, url: "keys.update" });
	const { api_key } = await tenant.createKey({ name: "CRM" });
	await signedIn();
	await page.goto(`${LIST}/${api_key.id}`);
	const heading = (name: string) => page.locator("main h1").getByText(name, { exact: true });
	await expect(heading("CRM")).toBeVisible();
	await page.getByRole("main").getByRole("button", { name: "Edit" }).click();
	await field(page, "Name").fill("Renamed");

	// The page refetches the key every few seconds, which would hide a missing undo.
	await page.route("**/trpc/*keys.get*", () => {});
	const held: Route[] = [];
	await page.route(UPDATE, (route) => void held.push(route));
	await save(page).click();
	await expect(heading("Renamed")).toBeVisible();
	const details = [{ field: "name", message: "Must not rhyme" }];
	const data = { code: "VALIDATION_ERROR", httpStatus: 400, path: "keys.update", request_id: "req_1", details };
	await expect.poll(() => held.length).toBe(1);
	await held[0]?.fulfill({ status: 400, json: [{ error: { message: "name", code: -32600, data } }] });
	await expect(heading("CRM")).toBeVisible();
	await expect(field(page, "Name")).toHaveAccessibleDescription(/Must not rhyme/);
	await page.unrouteAll({ behavior: "ignoreErrors" });
});

test("a key that was revoked meanwhile cannot be edited, and the list shows it as revoked", { tag: "@proof" }, async ({
	page,
	tenant,
	signedIn,
	expectProblems,
}) => {
	expectProblems({ status: 409, url: "keys.update" });
	const { api_key } = await tenant.createKey({ name: "CRM" });
	await signedIn();
	await openEdit(page);
	await tenant.admin.api.mutate("keys.revoke", { id: api_key.id });
	await field(page, "Name").fill("Renamed");
	await save(page).click();
	await expect(dialog(page).getByRole("alert")).toContainText("This key was revoked in the meantime.");
	await expect(page.locator("main").getByText("Revoked", { exact: true }).last()).toBeVisible();
	await expectAccessible(page);
	await dialog(page).getByRole("button", { name: "Cancel" }).click();
	await expect(inList(page, "CRM")).toBeVisible();
});

test.describe("a key that another person has changed meanwhile", () => {
	test("is compared, and keeping their change does not bring the removed scope back", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
		expectProblems,
	}) => {
		expectProblems({ status: 409, url: "keys.update" });
		const { api_key } = await tenant.createKey({ name: "CRM", scopes: ["default:sync", "leads:read"] });
		await signedIn();
		await openEdit(page);
		await tenant.admin.api.mutate("keys.update", { id: api_key.id, scopes: ["default:sync"], rate_limit: 50 });
		await field(page, "leads:write").check();
		await field(page, "Name").fill("CRM 2");
		await save(page).click();

		await expect(dialog(page).getByRole("alert")).toContainText("Another person has changed this key");
		const rows = dialog(page).getByRole("row");
		await expect(rows.filter({ hasText: "Scopes" })).toHaveText(
			"Scopesdefault:syncdefault:sync, leads:read, leads:write",
		);
		await expect(rows.filter({ hasText: "Limit per hour" })).toHaveText("Limit per hour50Not changed");
		await expectAccessibleInBothThemes(page);
		expect((await tenant.admin.api.query("keys.get", { id: api_key.id })).name).toBe("CRM");

		await dialog(page).getByRole("button", { name: "Keep theirs" }).click();
		await expect(field(page, "leads:read")).not.toBeChecked();
		await expect(field(page, "Limit per hour")).toHaveValue("50");
		await expect(field(page, "Name")).toHaveValue("CRM 2");
		await save(page).click();
		await expect(dialog(page)).toBeHidden();
		const { name, scopes, rate_limit } = await tenant.admin.api.query("keys.get", { id: api_key.id });
		expect({ name, scopes, rate_limit }).toEqual({ name: "CRM 2", scopes: ["default:sync"], rate_limit: 50 });
	});

	test("can be overwritten by the own change, and only by that", async ({ page, tenant, signedIn, expectProblems }) => {
		expectProblems({ status: 409, url: "keys.update" });
		const { api_key } = await tenant.createKey({ name: "CRM", scopes: ["default:sync", "leads:read"] });
		await signedIn();
		await openEdit(page);
		await tenant.admin.api.mutate("keys.update", { id: api_key.id, scopes: ["default:sync"], rate_limit: 50 });
		await field(page, "leads:write").check();
		await save(page).click();
		await dialog(page).getByRole("button", { name: "Save mine" }).click();
		await expect(dialog(page)).toBeHidden();
		const { scopes, rate_limit } = await tenant.admin.api.query("keys.get", { id: api_key.id });
		expect(rate_limit).toBe(50);
		expect(scopes.toSorted()).toEqual(["default:sync", "leads:read", "leads:write"]);
	});
});

test("making a key unrestricted needs a confirmation, keeping it unrestricted does not", async ({
	page,
	tenant,
	signedIn,
}) => {
	const { api_key } = await tenant.createKey({ name: "CRM" });
	await signedIn();
	await openEdit(page);
	await field(page, "Unrestricted").check();
	await save(page).click();
	await expect(dialog(page).getByLabel("I understand")).toBeFocused();
	expect((await tenant.admin.api.query("keys.get", { id: api_key.id })).scopes).toEqual(["default:sync"]);
	await dialog(page).getByLabel("I understand").check();
	await save(page).click();
	await expect(dialog(page)).toBeHidden();
	expect((await tenant.admin.api.query("keys.get", { id: api_key.id })).scopes).toEqual([]);

	await openEdit(page);
	await field(page, "Name").fill("Renamed");
	await save(page).click();
	await expect(inList(page, "Renamed")).toBeVisible();
	expect((await tenant.admin.api.query("keys.get", { id: api_key.id })).scopes).toEqual([]);
});

test("errors show at their fields and nothing is sent", async ({ page, tenant, signedIn }) => {
	const { api_key } = await tenant.createKey({ name: "CRM" });
	await signedIn();
	await openEdit(page);
	await field(page, "Name").fill(" ");
	await field(page, "Limit per hour").fill("0");
	await save(page).click();
	await expect(field(page, "Name")).toBeFocused();
	await expect(field(page, "Name")).toHaveAccessibleDescription(/Give the key a name/);
	await expect(field(page, "Limit per hour")).toHaveAccessibleDescription(/Enter at least 1/);
	expect(await tenant.admin.api.query("keys.get", { id: api_key.id })).toMatchObject(api_key);
});

test("a click outside does not close the dialog; Escape does and returns the focus to the row", async ({
	page,
	tenant,
	signedIn,
}) => {
	await tenant.createKey({ name: "CRM" });
	await signedIn();
	await openEdit(page);
	await field(page, "Name").fill("Renamed");
	await page.mouse.click(20, 500);
	await expect(field(page, "Name")).toHaveValue("Renamed");
	await page.keyboard.press("Escape");
	await expect(dialog(page)).toBeHidden();
	await expect(page.getByRole("button", { name: "Actions for CRM" })).toBeFocused();
	await expect(inList(page, "CRM")).toBeVisible();
});

test("the edit dialog is accessible", async ({ page, tenant, signedIn, integration }) => {
	const { key } = await tenant.createKey({ name: "CRM", ip_allowlist: [], scopes: ["default:sync", "leads:read"] });
	await integration(key).whoami();
	await signedIn();
	await openEdit(page);
	await inBothThemes(page, async (theme) => {
		await expectAccessible(page);
		await screenshot(page, `edit-${theme}`);
	});
	await field(page, "leads:read").uncheck();
	await field(page, "Limit per hour").fill("");
	await dialog(page).getByText("On a date").click();
	await save(page).click();
	await expect(dialog(page).getByText("Requests that need leads:read will be rejected.")).toBeVisible();
	await expectAccessibleInBothThemes(page);
});

test.describe("on a phone, in Portuguese", { tag: "@proof" }, () => {
	test.use({ ...PHONE, locale: "pt-BR" });

	test("every part of the dialog can be reached", async ({ page, tenant, signedIn }) => {
		await tenant.createKey({ name: "CRM" });
		await signedIn();
		await page.goto(LIST);
		await page.getByRole("button", { name: "Ações de CRM" }).click();
		await page.getByRole("menuitem", { name: "Editar" }).click();
		const edit = page.getByRole("dialog", { name: "Editar CRM" });
		await expectAccessible(page);
		for (const part of [
			edit.getByRole("heading", { level: 2 }),
			edit.getByLabel("Nome", { exact: true }),
			edit.getByRole("button", { name: "Salvar alterações" }),
		]) {
			await part.scrollIntoViewIfNeeded();
			await expect(part).toBeInViewport({ ratio: 1 });
		}
		expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
	});
});
