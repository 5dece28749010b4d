/** The audit log with its filters and export, and the audit trail on a key's screen. */
import { readFile } from "node:fs/promises";
import type { Download, Locator, Page } from "@playwright/test";
import { DAY_MS } from "../../worker/schemas/time.ts";
import { FAILED_REQUEST, failAt, failure } from "./failures.ts";
import { expect, expectAccessible, expectAccessibleInBothThemes, PHONE, screenshot, test } from "./fixtures.ts";
import { holdBack } from "./intercept.ts";
import type { TestTenant } from "./tenant.ts";

const LOG = "/integrations/audit-log";

const table = (page: Page): Locator => page.getByRole("table", { name: "Audit log" });
/** The rows of events, without open details. */
const rows = (page: Page): Locator => table(page).locator("tbody tr:has(> td:nth-child(7))");
const row = (page: Page, text: string | RegExp): Locator => rows(page).filter({ hasText: text });
const details = (line: Locator): Locator => line.getByRole("button", { name: /^Details: / });
/** The date `days` from now, as a date field takes it. */
const day = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);

/** A key with a history, a deleted key, and actions of a second person. Newest last. */
async function history(tenant: TestTenant) {
	const bruno = await tenant.person({ email: "bruno@tenant.example" });
	const crm = await tenant.createKey({ name: "CRM Nightly Sync", rate_limit: 1_000, scopes: ["default:sync"] });
	const gone = await tenant.createKey({ name: "Old importer" });
	const { id } = crm.api_key;
	await tenant.admin.api.mutate("keys.update", { id, rate_limit: 5_000, scopes: [], unrestricted: true });
	await bruno.api.mutate("keys.revoke", { id, reason: "Leaked in a public repository" });
	await bruno.api.mutate("keys.delete", { id: gone.api_key.id });
	return { bruno, crm: crm.api_key, gone: gone.api_key };
}

/** Creates keys, with one event each. */
async function manyKeys(tenant: TestTenant, count: number) {
	for (let made = 0; made < count; made += 20)
		await Promise.all(
			Array.from({ length: Math.min(20, count - made) }, (_, index) =>
				tenant.createKey({ name: `Key ${String(made + index).padStart(3, "0")}` }),
			),
		);
}

/** Makes the service return four events at a time, so that a short history has several pages. */
const PAGE = 4;
async function smallPages(page: Page) {
	await page.route("**/trpc/audit.list*", (route) =>
		route.fallback({ url: route.request().url().replace("%22limit%22%3A100", `%22limit%22%3A${PAGE}`) }),
	);
}

/** Times and event names are never cut off, in any language. */
async function expectWholeTimes(page: Page) {
	const cut = await page
		.locator("tbody td:is(:nth-child(1), :nth-child(3))")
		.evaluateAll((cells) => cells.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).length);
	expect(cut).toBe(0);
}

test.describe("the audit log", () => {
	test("shows who did what to which key, when and from which IP address", async ({ page, tenant, signedIn }) => {
		await history(tenant);
		await signedIn();
		await page.goto(LOG);

		await expect(page).toHaveTitle("Audit log · SalesOS");
		await expect(rows(page)).toHaveCount(6);
		await expect(rows(page).locator("td:nth-child(3)")).toHaveText([
			"Key deleted",
			"Key revoked",
			"Key changed",
			"Key created",
			"Key created",
			"Company created",
		]);
		const changed = row(page, "Key changed");
		for (const text of [tenant.admin.email, "CRM Nightly Sync", "127.0.0.1 · node"])
			await expect(changed).toContainText(text);
		await expect(changed).toContainText("Limit per hour: 1,000 → 5,000");
		await expect(changed).toContainText("Scopes: default:sync → Unrestricted");
		await expect(changed.locator("time").first()).toHaveText(
			new RegExp(`${new Date().getUTCFullYear()}, \\d\\d:\\d\\d:\\d\\d$`),
		);
		await expect(row(page, "Key revoked")).toContainText("bruno@tenant.example");
		await expect(row(page, "Company created")).toContainText("Platform");
		await expect(page.getByText("This is the beginning of the log.")).toBeVisible();
		await expectWholeTimes(page);
	});

	test("links to keys, but not to deleted ones", async ({ page, tenant, signedIn }) => {
		const { crm } = await history(tenant);
		await signedIn();
		await page.goto(LOG);

		await expect(row(page, "Old importer")).toHaveCount(2);
		for (const line of await row(page, "Old importer").all()) {
			await expect(line.getByRole("link")).toHaveCount(0);
			await expect(line).toContainText("deleted");
		}
		await row(page, "Key changed").getByRole("link", { name: "CRM Nightly Sync" }).click();
		await expect(page).toHaveURL(`/integrations/api-keys/${crm.id}`);
	});

	test("opens the details of an event by keyboard", async ({ page, tenant, signedIn }) => {
		const { crm, bruno } = await history(tenant);
		await signedIn();
		await page.goto(LOG);

		const button = details(row(page, "Key revoked"));
		await button.focus();
		await page.keyboard.press("Enter");
		await expect(button).toHaveAttribute("aria-expanded", "true");
		const sheet = page.locator(`[id="${await button.getAttribute("aria-controls")}"]`);
		for (const text of ["Reason: Leaked in a public repository", "UTC", bruno.id, "127.0.0.1", "node", crm.id, "evt_"])
			await expect(sheet).toContainText(text);

		await sheet.getByRole("link", { name: "Only events by bruno@tenant.example" }).click();
		await expect(page).toHaveURL(`${LOG}?who=bruno%40tenant.example`);
		await expect(rows(page)).toHaveCount(2);
		// Open details stay open.
		await expect(sheet).toBeVisible();
		await sheet.getByRole("link", { name: "Only events of CRM Nightly Sync" }).click();
		await expect(page).toHaveURL(`${LOG}?key_id=${crm.id}`);
		await expect(rows(page)).toHaveCount(3);

		await button.press("Enter");
		await expect(sheet).toBeHidden();
		await expect(button).toBeFocused();
	});

	test("explains a key that was revoked because its rotation failed", async ({ page, tenant, signedIn }) => {
		const { crm } = await history(tenant);
		await signedIn();
		const event = {
			id: "evt_x",
			at: new Date().toISOString(),
			action: "api_key.delete",
			actor: "system",
			actor_email: null,
			key_id: crm.id,
			key_name: null,
			key_deleted: true,
			ip: null,
			user_agent: null,
			target_id: null,
			target_name: null,
			changes: { reason: { from: null, to: "The rotation that made this key was not completed" } },
		};
		// A rotation that fails midway cannot be produced on demand.
		await page.route("**/trpc/audit.list*", (route) =>
			route.fulfill({ json: [{ result: { data: { items: [event], next_cursor: null } } }] }),
		);
		await page.goto(LOG);
		await expect(rows(page)).toContainText("SalesOS");
		await expect(rows(page)).toContainText("Reason: The rotation that made this key was not completed.");
		await expect(rows(page).getByRole("link")).toHaveCount(0);
		await expect(rows(page)).toContainText(crm.id);
	});
});

test.describe("filters of the log", () => {
	test("filter by event", async ({ page, tenant, signedIn }) => {
		await history(tenant);
		await signedIn();
		await page.goto(LOG);
		await page.getByLabel("Event", { exact: true }).selectOption({ label: "Key created" });
		await expect(page).toHaveURL(`${LOG}?action=api_key.create`);
		await expect(rows(page)).toHaveCount(2);
		await expect(page.getByText("No earlier event matches.")).toBeVisible();

		await page.reload();
		await expect(page.getByLabel("Event", { exact: true })).toHaveValue("api_key.create");
		await expect(rows(page)).toHaveCount(2);
		await page.getByRole("button", { name: "Clear filters" }).click();
		await expect(rows(page)).toHaveCount(6);
		await expect(page).toHaveURL(LOG);
		await expect(page.getByLabel("Event", { exact: true })).toBeFocused();
	});

	test("filter by actor: focused by /, with email or id, and suggestions", async ({ page, tenant, signedIn }) => {
		const { bruno } = await history(tenant);
		await signedIn();
		await page.goto(LOG);
		await expect(rows(page)).toHaveCount(6);
		const who = page.getByRole("combobox", { name: "Who" });
		const offered = await who.evaluate((input: HTMLInputElement) =>
			[...(input.list?.options ?? [])].map(({ value, text }) => [value, text]),
		);
		expect(offered).toEqual([
			[tenant.admin.email, ""],
			["bruno@tenant.example", ""],
			["service_role", "Platform"],
		]);

		await page.keyboard.press("/");
		await expect(who).toBeFocused();
		await page.keyboard.type("BRUNO@tenant.example");
		await page.keyboard.press("Enter");
		await expect(rows(page)).toHaveCount(2);
		await expect(page).toHaveURL(`${LOG}?who=BRUNO%40tenant.example`);

		// A suggestion applies at once.
		await who.fill("service_role");
		await expect(rows(page)).toHaveCount(1);
		await expect(rows(page)).toContainText("Company created");
		await who.fill(bruno.id);
		await who.press("Enter");
		await expect(rows(page)).toHaveCount(2);
		await who.fill("");
		await expect(rows(page)).toHaveCount(6);

		// A part of the email is enough.
		await who.fill("bruno");
		await who.press("Enter");
		await expect(rows(page)).toHaveCount(2);
		await who.fill("carla");
		await who.press("Enter");
		await expect(page.getByRole("heading", { name: "No event matches" })).toBeVisible();
	});

	test("filter by key, and the filter can be removed", async ({ page, tenant, signedIn }) => {
		const { crm } = await history(tenant);
		await signedIn();
		await page.goto(`${LOG}?key_id=${crm.id}`);
		await expect(rows(page)).toHaveCount(3);
		await page.getByRole("button", { name: /Key: CRM Nightly Sync/ }).click();
		await expect(rows(page)).toHaveCount(6);
		await expect(page).toHaveURL(LOG);
	});

	test("filter by valid days", async ({ page, tenant, signedIn }) => {
		await history(tenant);
		await signedIn();
		await page.goto(LOG);
		await expect(rows(page)).toHaveCount(6);
		const from = page.getByLabel("From", { exact: true });
		const to = page.getByLabel("To", { exact: true });
		await from.fill(day(-1));
		await to.fill(day(1));
		await expect(page).toHaveURL(`${LOG}?from=${day(-1)}&to=${day(1)}`);
		await expect(rows(page)).toHaveCount(6);
		await to.fill(day(-1));
		await expect(page.getByRole("heading", { name: "No event matches" })).toBeVisible();

		const asked: string[] = [];
		page.on("request", (request) => request.url().includes("audit.list") && asked.push(request.url()));
		await from.fill(day(1));
		await expect(page.getByText("“From” must not be after “To”.")).toBeVisible();
		await expect(from).toHaveAttribute("aria-invalid", "true");
		await expect(from).toHaveAccessibleDescription(/must not be after/);
		await expect(page.getByRole("button", { name: "Export CSV" })).toBeDisabled();
		await to.fill("");
		await expect(page.getByText("must not be after")).toBeHidden();
		await expect(page.getByRole("heading", { name: "No event matches" })).toBeVisible();
		expect(asked).toHaveLength(1);

		await from.fill("0202-01-01");
		await from.blur();
		await expect(page.getByText("Enter a complete date from the year 2000 on, or leave it empty.")).toBeVisible();
		expect(asked).toHaveLength(1);
		await from.fill("");
		await expect(rows(page)).toHaveCount(6);
		await expect(page).toHaveURL(LOG);
	});
});

test.describe("a long log", () => {
	test("loads more while scrolling, up to its first event", async ({ page, tenant, signedIn }) => {
		await manyKeys(tenant, 130);
		await signedIn();
		await page.goto(LOG);
		// 100 are loaded, and only those in the window are drawn.
		await expect(page.getByText("100 events shown")).toBeAttached();
		expect(await rows(page).count()).toBeLessThan(60);
		const names = new Set<string>();
		await expect(async () => {
			for (const name of await rows(page).locator("td:nth-child(4)").allTextContents()) names.add(name);
			await page.mouse.wheel(0, 400);
			await expect(page.getByText("This is the beginning of the log.")).toBeInViewport({ timeout: 50 });
		}).toPass({ timeout: 20_000, intervals: [0] });
		await expect(page.getByText("131 events shown")).toBeVisible();
		for (const name of await rows(page).locator("td:nth-child(4)").allTextContents()) names.add(name);
		expect(names.size).toBe(131);
	});

	test("says when more events could not be loaded, and retries", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
		expectProblems,
	}) => {
		expectProblems({ status: 500, url: "audit.list" });
		await history(tenant);
		await signedIn();
		await smallPages(page);
		let broken = true;
		await page.route(/audit\.list.*cursor/, (route) =>
			broken ? route.fulfill({ status: 500, json: [failure("SERVER_ERROR", "audit.list")] }) : route.fallback(),
		);
		await page.goto(LOG);
		await expect(page.getByText("More events could not be loaded.")).toBeVisible();
		await expect(rows(page)).toHaveCount(PAGE);
		await expectAccessibleInBothThemes(page);
		broken = false;
		await page.getByRole("button", { name: "Try again" }).press("Enter");
		await expect(rows(page)).toHaveCount(6);
	});
});

test("a log that cannot be loaded says why and retries", { tag: "@proof" }, async ({
	page,
	tenant,
	signedIn,
	expectProblems,
}) => {
	expectProblems({ status: 500, url: "audit.list" });
	await history(tenant);
	await signedIn();
	await page.clock.install();
	const works = await failAt(page, "audit.list");
	await page.goto(LOG);
	await page.clock.fastForward(10_000);
	const panel = page.getByRole("alert");
	await expect(panel).toContainText("The audit log could not be loaded");
	await expect(panel).toContainText(FAILED_REQUEST);
	await expectAccessibleInBothThemes(page);
	works();
	await panel.getByRole("button", { name: "Try again" }).click();
	await expect(rows(page)).toHaveCount(6);
});

test.describe("the export", () => {
	/** The lines of a file as fields. No test here has a quoted line break. */
	async function linesOf(download: Download): Promise<string[]> {
		const text = await readFile(await download.path(), "utf8");
		expect(
			text.startsWith("\uFEFFat,actor,actor_email,action,key_id,key_name,ip,user_agent,changes,target_id\r\n"),
		).toBe(true);
		return text.split("\r\n").slice(1, -1);
	}
	const exportButton = (page: Page) => page.getByRole("button", { name: "Export CSV" });

	test("contains every matching event, loaded or not", async ({ page, tenant, signedIn }) => {
		await manyKeys(tenant, 118);
		await tenant.createKey({ name: "=Ação, “São Paulo”" });
		await signedIn();
		await page.goto(`${LOG}?action=api_key.create`);
		await expect(page.getByText("100 events shown")).toBeAttached();
		const [download] = await Promise.all([page.waitForEvent("download"), exportButton(page).click()]);
		expect(download.suggestedFilename()).toMatch(/^audit-log-\d{4}-\d\d-\d\d\.csv$/);
		const lines = await linesOf(download);
		expect(lines).toHaveLength(119);
		expect(new Set(lines).size).toBe(119);
		expect(lines[0]).toContain(`,"'=Ação, “São Paulo”",127.0.0.1,node,`);
		expect(lines.every((line) => line.includes(`,${tenant.admin.email},api_key.create,`))).toBe(true);
		await expect(page.getByText("119 events were exported.")).toBeVisible();
	});

	test("shows its progress and can be cancelled", { tag: "@proof" }, async ({ page, tenant, signedIn }) => {
		await history(tenant);
		await signedIn();
		await page.goto(LOG);
		await expect(rows(page)).toHaveCount(6);
		await smallPages(page);
		const release = await holdBack(page, /audit\.list.*cursor/);
		let downloads = 0;
		page.on("download", () => downloads++);
		await exportButton(page).press("Enter");
		await expect(page.getByText(`${PAGE} events…`)).toBeVisible();
		await expectAccessibleInBothThemes(page);
		const cancel = page.getByRole("button", { name: "Cancel export" });
		await expect(cancel).toBeFocused();
		await cancel.press("Enter");
		await expect(page.getByText(`${PAGE} events…`)).toBeHidden();
		await expect(exportButton(page)).toBeFocused();
		release();

		const [download] = await Promise.all([page.waitForEvent("download"), exportButton(page).click()]);
		expect(await linesOf(download)).toHaveLength(6);
		expect(downloads).toBe(1);
	});

	test("saves nothing if it fails midway, and continues from there", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
		expectProblems,
	}) => {
		expectProblems({ status: 500, url: "audit.list" });
		await history(tenant);
		await signedIn();
		await page.goto(LOG);
		await expect(rows(page)).toHaveCount(6);
		await smallPages(page);
		let broken = true;
		let asked = 0;
		await page.route("**/trpc/audit.list*", (route) => {
			asked++;
			return broken && route.request().url().includes("cursor")
				? route.fulfill({ status: 500, json: [failure("SERVER_ERROR", "audit.list")] })
				: route.fallback();
		});
		let downloads = 0;
		page.on("download", () => downloads++);
		await exportButton(page).click();
		await expect(page.getByText(`The export stopped after ${PAGE} events. Nothing was saved.`)).toBeVisible();
		await expect(page.getByText(FAILED_REQUEST).first()).toBeVisible();
		await expectAccessibleInBothThemes(page);
		expect([asked, downloads]).toEqual([2, 0]);
		broken = false;
		const [download] = await Promise.all([
			page.waitForEvent("download"),
			page.getByRole("button", { name: "Continue" }).click(),
		]);
		expect(await linesOf(download)).toHaveLength(6);
		expect([asked, downloads]).toEqual([3, 1]);
		await expect(page.getByText("Nothing was saved.")).toBeHidden();
	});

	test("releases its memory", async ({ page, tenant, signedIn }) => {
		await history(tenant);
		await signedIn();
		await page.clock.install();
		await page.addInitScript(() => {
			const kept = new Set<string>();
			const { createObjectURL, revokeObjectURL } = URL;
			URL.createObjectURL = (blob) => {
				const url = createObjectURL(blob);
				kept.add(url);
				return url;
			};
			URL.revokeObjectURL = (url) => {
				kept.delete(url);
				revokeObjectURL(url);
			};
			Object.assign(window, { keptUrls: kept });
		});
		const kept = () => page.evaluate(() => (window as unknown as { keptUrls: Set<string> }).keptUrls.size);
		await page.goto(LOG);
		await Promise.all([page.waitForEvent("download"), exportButton(page).click()]);
		expect(await kept()).toBe(1);
		await page.clock.fastForward(60_000);
		expect(await kept()).toBe(0);
	});
});

test.describe("the look of the log", () => {
	test("is accessible with filters and open details", async ({ page, tenant, signedIn }) => {
		const { crm } = await history(tenant);
		await signedIn();
		await page.goto(`${LOG}?key_id=${crm.id}&from=${day(-1)}`);
		await details(row(page, "Key changed")).click();
		await expectAccessibleInBothThemes(page);
		const fields = ["Event", "Who", "From", "To"].map((name) => page.getByLabel(name, { exact: true }));
		const heights = await Promise.all(fields.map(async (field) => (await field.boundingBox())?.height));
		expect(new Set(heights).size).toBe(1);
	});

	test("is pictured for the documentation", { tag: "@proof" }, async ({ page, tenant, signedIn }) => {
		await history(tenant);
		await signedIn();
		await page.goto(LOG);
		await details(row(page, "Key changed")).click();
		await screenshot(page, "audit-log");
		await page.emulateMedia({ colorScheme: "dark" });
		await screenshot(page, "audit-log-dark");
	});

	test("is in Portuguese if the browser is", { tag: "@proof" }, async ({ newWindow, tenant, signedIn }) => {
		await history(tenant);
		await tenant.admin.api.mutate("keys.rotate", { id: (await tenant.createKey({ name: "ERP" })).api_key.id });
		const page = await newWindow({ locale: "pt-BR" });
		await signedIn(undefined, page);
		await page.goto(LOG);
		await expect(page.getByRole("heading", { name: "Auditoria" })).toBeVisible();
		const lines = page.locator("tbody tr");
		await expect(lines).toHaveCount(9);
		await expect(lines.filter({ hasText: "Chave alterada" })).toContainText("Limite por hora: 1.000 → 5.000");
		await expect(lines.filter({ hasText: "Chave alterada" })).toContainText("default:sync → Sem restrição");
		await expect(lines.filter({ hasText: "Empresa criada" })).toContainText("Plataforma");
		await expectWholeTimes(page);
		await expectAccessible(page);
	});

	test.describe("on a phone", { tag: "@proof" }, () => {
		test.use(PHONE);

		test("shows fifty IP addresses without a long column", async ({ page, tenant, signedIn }) => {
			const ip_allowlist = Array.from({ length: 50 }, (_, index) => `2001:db8:${index}::/48`);
			await tenant.createKey({ name: "Partner X", ip_allowlist });
			await signedIn();
			await page.goto(LOG);
			await details(row(page, "Partner X")).click();
			const addresses = page.locator("dd").filter({ hasText: "2001:db8:49::/48" });
			await expect(addresses).toBeVisible();
			// Two per line.
			expect(await addresses.evaluate((element) => element.getClientRects().length)).toBeLessThanOrEqual(26);
		});

		test("has two lines per event, with the filters folded", async ({ page, tenant, signedIn }) => {
			const { crm } = await history(tenant);
			await signedIn();
			await page.goto(`${LOG}?key_id=${crm.id}`);
			await expect(rows(page)).toHaveCount(3);
			const changed = row(page, "Key changed");
			await expect(changed.getByText("CRM Nightly Sync")).toBeVisible();
			await expect(changed.locator("time").last()).toHaveText(/now|sec\. ago/);
			await expect(changed.getByText("Limit per hour")).toBeHidden();
			const { height = 0 } = (await changed.boundingBox()) ?? {};
			expect(height).toBeGreaterThanOrEqual(44);
			expect(height).toBeLessThan(72);
			const { height: target = 0 } = (await details(changed).boundingBox()) ?? {};
			expect(target).toBeGreaterThanOrEqual(44);
			await expectAccessibleInBothThemes(page);
			await screenshot(page, "audit-log-phone");

			const from = page.getByLabel("From", { exact: true });
			await expect(from).toBeHidden();
			await page.getByRole("button", { name: "Filters (1)" }).click();
			await expect(from).toBeVisible();
			await details(changed).click();
			await expect(page.locator("dl").getByText("Limit per hour:")).toBeVisible();
			await expectAccessible(page);
			expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
		});
	});
});

test.describe("the audit trail of a key", () => {
	const trail = (page: Page) => page.locator("ol > li");

	test("shows its events as sentences", async ({ page, tenant, signedIn }) => {
		const { crm } = await history(tenant);
		await signedIn();
		await page.goto(`/integrations/api-keys/${crm.id}`);
		await expect(trail(page)).toHaveCount(3);
		await expect(trail(page).nth(0)).toContainText("bruno@tenant.example revoked this key");
		await expect(trail(page).nth(0)).toContainText("Reason: Leaked in a public repository");
		await expect(trail(page).nth(1)).toContainText(`${tenant.admin.email} changed this key`);
		await expect(trail(page).nth(1)).toContainText("Limit per hour: 1,000");
		await expect(trail(page).nth(1)).toContainText("127.0.0.1 · node");
		await expect(trail(page).nth(2)).toContainText(`Key: ${crm.key_prefix}…${crm.last_four}`);
		await page.getByRole("link", { name: "Open in audit log" }).click();
		await expect(page).toHaveURL(`${LOG}?key_id=${crm.id}`);
		await expect(rows(page)).toHaveCount(3);
	});

	test("shows a dozen events and more on demand, with the focus on the first new one", async ({
		page,
		tenant,
		signedIn,
	}) => {
		const { api_key } = await tenant.createKey({ name: "CRM", rate_limit: 100 });
		for (let limit = 101; limit <= 115; limit++)
			await tenant.admin.api.mutate("keys.update", { id: api_key.id, rate_limit: limit });
		await signedIn();
		await page.goto(`/integrations/api-keys/${api_key.id}`);
		await expect(trail(page)).toHaveCount(12);
		await page.getByRole("button", { name: "Show more" }).press("Enter");
		await expect(trail(page)).toHaveCount(16);
		await expect(page.getByRole("button", { name: "Show more" })).toHaveCount(0);
		await expect(trail(page).nth(12)).toBeFocused();
		await expect(trail(page).last()).toContainText("created this key");
	});

	test("does not affect the rest of the screen if it cannot be loaded", { tag: "@proof" }, async ({
		page,
		tenant,
		signedIn,
		expectProblems,
	}) => {
		expectProblems({ status: 500, url: "audit.list" });
		const { crm } = await history(tenant);
		await signedIn();
		// Calls of one batch share a response; the other parts of it stay as they are.
		let broken = true;
		await page.route(/audit\.list/, async (route) => {
			if (!broken) return route.fallback();
			const names = new URL(route.request().url()).pathname.replace("/trpc/", "").split(",");
			if (names.length === 1) return route.fulfill({ status: 500, json: [failure("SERVER_ERROR", "audit.list")] });
			const response = await route.fetch();
			const answers: unknown[] = await response.json();
			const json = answers.map((answer, index) =>
				names[index] === "audit.list" ? failure("SERVER_ERROR", "audit.list") : answer,
			);
			return route.fulfill({ status: 207, json });
		});
		await page.goto(`/integrations/api-keys/${crm.id}`);
		await expect(page.getByText("The audit trail could not be loaded.")).toBeVisible();
		await expect(page.getByRole("heading", { name: "CRM Nightly Sync" })).toBeVisible();
		await expectAccessibleInBothThemes(page);
		broken = false;
		await page.getByRole("button", { name: "Try again" }).click();
		await expect(trail(page)).toHaveCount(3);
	});
});
