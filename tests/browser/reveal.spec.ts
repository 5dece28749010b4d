/** The dialog that shows a new key once: masking, copying, testing and leaving. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { CDPSession, Page, Request } from "@playwright/test";
import { FAILED_REQUEST, failAt } from "./failures.ts";
import {
	expect,
	expectAccessible,
	expectAccessibleInBothThemes,
	inBothThemes,
	PHONE,
	screenshot,
	test,
} from "./fixtures.ts";

const LIST = "/integrations/api-keys";
/** The dots in place of the hidden part of a key. */
const MASKED = /^sk_(live|test)_[0-9A-Za-z]{4}•{24}$/;

test.use({ permissions: ["clipboard-read", "clipboard-write"] });

const dialog = (page: Page) => page.getByRole("dialog", { name: "Key for CRM Nightly Sync" });
const question = (page: Page) => page.getByRole("alertdialog", { name: "Leave without the key?" });
const button = (page: Page, name: string) => dialog(page).getByRole("button", { name, exact: true });
const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());

/** Creates a key in the form and returns the service's response. `addresses` is its IP allow-list. */
async function makeKey(page: Page, { addresses = "" } = {}): Promise<{ key: string; id: string }> {
	await page.goto(LIST);
	await page.getByRole("main").getByRole("link", { name: "Create API key" }).first().click();
	await page.getByRole("textbox", { name: "Name", exact: true }).fill("CRM Nightly Sync");
	if (addresses !== "") {
		await page.getByText("Advanced").click();
		await page.getByLabel("Allowed IP addresses").fill(addresses);
	}
	const answered = page.waitForResponse(/keys\.create/);
	await page.getByRole("button", { name: "Create key" }).click();
	// The response to a batch of one call.
	const [{ result }] = await (await answered).json();
	await expect(dialog(page)).toBeVisible();
	return { key: result.data.key, id: result.data.api_key.id };
}

test.describe("the key", () => {
	test("is masked, and the focused button copies it", async ({ page, signedIn }) => {
		await signedIn();
		const { key } = await makeKey(page);
		await expect(dialog(page)).toHaveAccessibleDescription(/This is the only time you will see this key\./);
		await expect(button(page, "Copy key")).toBeFocused();
		await expect(dialog(page).getByText(MASKED)).toBeVisible();

		await page.keyboard.press("Enter");
		await expect(button(page, "Copied")).toBeVisible();
		expect(await clipboard(page)).toBe(key);
		await expect(button(page, "Copy key")).toBeVisible();
	});

	test("can be shown, selected and hidden, also for screen readers", async ({ page, signedIn }) => {
		await signedIn();
		const { key } = await makeKey(page);
		expect(await dialog(page).ariaSnapshot()).toContain(`hidden, starts with ${key.slice(0, 12)}`);

		await button(page, "Show key").click();
		await expect(dialog(page).getByText(key, { exact: true })).toBeVisible();
		await expect(dialog(page).getByRole("tabpanel")).toContainText(key);
		expect(await dialog(page).ariaSnapshot()).toContain(key);
		// One click selects it as a whole.
		await dialog(page).getByText(key, { exact: true }).click();
		expect(await page.evaluate(() => getSelection()?.toString())).toBe(key);

		await button(page, "Hide key").click();
		await expect(dialog(page).getByText(MASKED)).toBeVisible();
		const html = await page.content();
		expect(html).not.toContain(key.slice(12));
	});

	test("can be copied manually if the browser does not allow copying", async ({ page, signedIn }) => {
		await page.addInitScript(() => {
			navigator.clipboard.writeText = () => Promise.reject(new DOMException("Denied", "NotAllowedError"));
		});
		await signedIn();
		const { key, id } = await makeKey(page);
		const saved = page.getByLabel("I have saved the key");
		await expect(saved).toBeHidden();
		await button(page, "Copy key").click();
		await expect(page.getByText("Your browser did not allow copying.")).toBeVisible();
		expect(await page.evaluate(() => getSelection()?.toString())).toBe(key);
		await expectAccessible(page);

		await button(page, "Done").click();
		await question(page).getByRole("button", { name: "Go back and copy" }).click();
		await saved.check();
		await button(page, "Done").click();
		await expect(page).toHaveURL(`${LIST}/${id}`);
	});
});

test.describe("the snippets", () => {
	test("run as pasted, and copying one copies the key", { tag: "@proof" }, async ({ page, signedIn }) => {
		await signedIn();
		const { key, id } = await makeKey(page);
		const run = promisify(execFile);
		const tab = (name: string) => page.getByRole("tab", { name });

		await expect(tab("curl")).toHaveAttribute("aria-selected", "true");
		await expect(page.getByRole("tabpanel")).toContainText(/Bearer sk_live_[0-9A-Za-z]{4}•{24}"/);
		// Two lines, neither of them wrapped, also with the key shown.
		await button(page, "Show key").click();
		const lines = page.getByRole("tabpanel").locator("code");
		await expect(lines).toContainText(key);
		const tops = await lines.evaluate((code) => [...code.getClientRects()].map(({ top }) => top));
		expect(new Set(tops).size).toBe(2);
		await button(page, "Copy curl").click();
		const { stdout: answer } = await run("sh", ["-c", await clipboard(page)]);
		expect(JSON.parse(answer).data).toMatchObject({ id, name: "CRM Nightly Sync" });

		await tab("curl").focus();
		await page.keyboard.press("ArrowRight");
		await expect(tab("JavaScript")).toBeFocused();
		await button(page, "Copy JavaScript").click();
		const env = { ...process.env, FORCE_COLOR: "0" };
		const { stdout: printed } = await run(process.execPath, ["--input-type=module", "-e", await clipboard(page)], {
			env,
		});
		expect(printed).toContain("200 {");
		expect(printed).toContain(id);

		await tab(".env").click();
		await button(page, "Copy .env").click();
		const origin = new URL(page.url()).origin;
		expect(await clipboard(page)).toBe(`SALESOS_URL=${origin}\nSALESOS_API_KEY=${key}`);

		// They contain the key, so copying one copies the key.
		await button(page, "Done").click();
		await expect(page).toHaveURL(`${LIST}/${id}`);
	});
});

test.describe("testing the key", () => {
	const test_ = (page: Page) => button(page, "Test this key").click();

	test("shows the verdict and does not count as use", async ({ page, tenant, signedIn }) => {
		await signedIn();
		const { id } = await makeKey(page);
		await test_(page);
		await expect(page.getByText("The key works.")).toBeVisible();
		const facts = dialog(page).locator("dl");
		await expect(facts).toContainText(/Name\s*CRM Nightly Sync/);
		await expect(facts).toContainText(/Environment\s*Live/);
		await expect(facts).toContainText(/Scopes\s*default:sync/);
		await expect(facts).toContainText("1,000 of 1,000 requests");
		await expect(dialog(page).getByText(MASKED)).toBeVisible();
		const key = await tenant.admin.api.query("keys.get", { id });
		expect(key).toMatchObject({ last_used_at: null, usage_count: 0, current_hour: { used: 0 }, recent_callers: [] });
	});

	test("says that a key with an allow-list works only from there", async ({ page, signedIn }) => {
		await signedIn();
		await makeKey(page, { addresses: "203.0.113.7" });
		await test_(page);
		await expect(page.getByText("The key works, but only from the allowed IP addresses.")).toBeVisible();
		await expectAccessible(page);
	});

	test("reports a key that was revoked meanwhile", async ({ page, tenant, signedIn }) => {
		await signedIn();
		const { id } = await makeKey(page);
		await tenant.admin.api.mutate("keys.revoke", { id });
		await test_(page);
		await expect(page.getByText("The service does not accept this key.")).toBeVisible();
		await expect(page.getByText("REVOKED", { exact: true })).toBeVisible();
	});

	test("says when there was no response, and works after that", async ({ page, context, signedIn, expectProblems }) => {
		expectProblems({ unanswered: "keys.verify" });
		await signedIn();
		await makeKey(page);
		await context.setOffline(true);
		await test_(page);
		await expect(dialog(page).getByText("The service could not be reached.")).toBeVisible();
		await context.setOffline(false);
		await test_(page);
		await expect(page.getByText("The key works.")).toBeVisible();
	});
});

test.describe("leaving", () => {
	test("after copying leads to the key's screen, and back from there to the list", async ({ page, signedIn }) => {
		await signedIn();
		const { id } = await makeKey(page);
		await button(page, "Copy key").click();
		await expect(button(page, "Copied")).toBeVisible();
		await button(page, "Done").click();
		await expect(page).toHaveURL(`${LIST}/${id}`);
		await expect(page.getByRole("heading", { level: 1, name: "CRM Nightly Sync" })).toBeVisible();
		await page.goBack();
		await expect(page).toHaveURL(LIST);
		await expect(page.getByRole("link", { name: "CRM Nightly Sync" })).toBeVisible();
	});

	for (const [how, leave] of [
		["by Done", (page: Page) => button(page, "Done").click()],
		["by Escape", (page: Page) => page.keyboard.press("Escape")],
	] as const) {
		test(`${how} without copying asks first`, async ({ page, signedIn }) => {
			await signedIn();
			const { id } = await makeKey(page);
			await leave(page);
			await expect(question(page)).toBeVisible();
			await expect(question(page)).toHaveAccessibleDescription(/You have not copied it/);
			await expect(page.getByRole("button", { name: "Go back and copy" })).toBeFocused();
			await expectAccessibleInBothThemes(page);
			await page.keyboard.press("Enter");
			await expect(question(page)).toBeHidden();
			await expect(button(page, "Copy key")).toBeFocused();

			await leave(page);
			await page.keyboard.press("Escape");
			await expect(question(page)).toBeHidden();
			await expect(dialog(page)).toBeVisible();

			await leave(page);
			await page.getByRole("button", { name: "Leave it active" }).click();
			await expect(page).toHaveURL(`${LIST}/${id}`);
			await expect(page.getByRole("dialog")).toBeHidden();
		});
	}

	test("without copying offers to revoke the key", async ({ page, tenant, signedIn, expectProblems, integration }) => {
		expectProblems({ status: 500, url: "keys.revoke" });
		await signedIn();
		const { id, key } = await makeKey(page);
		await button(page, "Done").click();
		const recover = await failAt(page, "keys.revoke");
		await page.getByRole("button", { name: "Leave and revoke it" }).click();
		// The question stays until the key is revoked.
		await expect(question(page)).toContainText(FAILED_REQUEST);
		recover();
		await page.getByRole("button", { name: "Leave and revoke it" }).click();
		await expect(page).toHaveURL(`${LIST}/${id}`);
		await expect(page.getByRole("main")).toContainText("Revoked");
		expect((await integration(key).whoami()).status).toBe(401);
		const { status } = await tenant.admin.api.query("keys.get", { id });
		expect(status).toBe("revoked");
	});

	test("by the browser's back button without copying asks first", async ({ page, signedIn }) => {
		await signedIn();
		await makeKey(page);
		const back = () => page.evaluate(() => history.back());
		await back();
		await expect(question(page)).toBeVisible();
		await page.getByRole("button", { name: "Go back and copy" }).click();
		await expect(dialog(page)).toBeVisible();
		await expect(page).toHaveURL(`${LIST}/new`);

		await back();
		await page.getByRole("button", { name: "Leave it active" }).click();
		await expect(page).toHaveURL(LIST);
		await expect(page.getByRole("dialog")).toBeHidden();
	});

	test("by the browser's back button after copying does not ask", async ({ page, signedIn }) => {
		await signedIn();
		await makeKey(page);
		await button(page, "Copy key").click();
		await expect(button(page, "Copied")).toBeVisible();
		await page.evaluate(() => history.back());
		await expect(page).toHaveURL(LIST);
	});

	test("the page itself makes the browser ask until the key was copied", async ({ page, signedIn }) => {
		await signedIn();
		await makeKey(page);
		const asked = page.waitForEvent("dialog");
		await page.evaluate(() => {
			// Not awaited in the page, which would wait for the browser's dialog.
			setTimeout(() => location.assign("/account"));
		});
		const browserDialog = await asked;
		expect(browserDialog.type()).toBe("beforeunload");
		await browserDialog.dismiss();
		await expect(dialog(page)).toBeVisible();

		await button(page, "Copy key").click();
		await expect(button(page, "Copied")).toBeVisible();
		await page.goto("/account");
		await expect(page.getByRole("heading", { name: "Account" })).toBeVisible();
	});

	test("does not happen by a click outside, and its confirmation dims the key", async ({ page, signedIn }) => {
		await signedIn();
		await makeKey(page);
		await page.mouse.click(20, 500);
		await page.mouse.click(1_400, 20);
		await expect(dialog(page)).toBeVisible();
		await expect(question(page)).toBeHidden();

		await button(page, "Done").click();
		await expect(question(page)).toBeVisible();
		const covered = await page.getByText("Test this key").evaluate((element) => {
			const { x, y, width, height } = element.getBoundingClientRect();
			return document.elementFromPoint(x + width / 2, y + height / 2)?.contains(element) !== true;
		});
		expect(covered).toBe(true);

		await question(page).getByRole("button", { name: "Go back and copy" }).click();
		await button(page, "Copy key").click();
		await page.mouse.click(20, 500);
		await expect(dialog(page)).toBeVisible();
	});
});

test("the dialog is accessible with the key hidden and shown", async ({ page, signedIn }) => {
	await signedIn();
	await makeKey(page);
	await inBothThemes(page, async (theme) => {
		await expectAccessible(page);
		await screenshot(page, `reveal-${theme}`);
	});
	await button(page, "Show key").click();
	await page.getByRole("tab", { name: "JavaScript" }).click();
	await button(page, "Test this key").click();
	await expect(page.getByText("The key works.")).toBeVisible();
	await expectAccessibleInBothThemes(page);
});

test.describe("on a phone", { tag: "@proof" }, () => {
	test.use(PHONE);

	test("every part of the dialog can be reached", async ({ page, signedIn }) => {
		// The height of a phone in landscape or with an open keyboard.
		await page.setViewportSize({ width: 390, height: 480 });
		await signedIn();
		const { key } = await makeKey(page);
		await button(page, "Show key").click();
		await button(page, "Test this key").click();
		await expect(page.getByText("The key works.")).toBeVisible();
		await expectAccessible(page);
		for (const part of [
			dialog(page).getByRole("heading", { level: 2 }),
			dialog(page).getByText(key, { exact: true }),
			button(page, "Done"),
		]) {
			await part.scrollIntoViewIfNeeded();
			await expect(part).toBeInViewport({ ratio: 1 });
		}
		expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
	});
});

/** Everything that the page stores and others could read later, as text. */
async function keptByPage(page: Page): Promise<string> {
	return page.evaluate(async () => {
		const databases = await indexedDB.databases();
		const cached = await Promise.all(
			(await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url)),
		);
		const fields = [...document.querySelectorAll("input, textarea")].map((field) => (field as HTMLInputElement).value);
		return JSON.stringify({
			html: document.documentElement.outerHTML,
			fields,
			address: location.href,
			referrer: document.referrer,
			title: document.title,
			windowName: window.name,
			historyState: history.state,
			localStorage: { ...localStorage },
			sessionStorage: { ...sessionStorage },
			cookies: document.cookie,
			databases,
			cached,
			performance: performance.getEntries(),
		});
	});
}

/** Every string that the page's scripts can still reach, after garbage collection. */
async function heapOf(session: CDPSession): Promise<string> {
	const chunks: string[] = [];
	const collect = ({ chunk }: { chunk: string }) => void chunks.push(chunk);
	session.on("HeapProfiler.addHeapSnapshotChunk", collect);
	await session.send("HeapProfiler.collectGarbage");
	await session.send("HeapProfiler.takeHeapSnapshot", { reportProgress: false });
	session.off("HeapProfiler.addHeapSnapshotChunk", collect);
	return chunks.join("");
}

test("the secret exists only in the dialog and is gone after it closes", { tag: "@proof" }, async ({
	page,
	context,
	signedIn,
}) => {
	test.slow();
	await signedIn();
	const requests: Request[] = [];
	page.on("request", (request) => requests.push(request));
	const told: string[] = [];
	page.on("console", (message) => told.push(message.text()));

	const { key } = await makeKey(page);
	// Any part of the secret would be a leak, so search for what follows the public prefix.
	const secret = key.slice(12);
	expect(await keptByPage(page)).toContain(key.slice(0, 12));
	expect(await keptByPage(page)).not.toContain(secret);

	// Use it in every possible way.
	await button(page, "Show key").click();
	await expect(dialog(page).getByRole("tabpanel")).toContainText(secret);
	expect(await keptByPage(page)).toContain(secret);
	await button(page, "Hide key").click();
	await button(page, "Copy key").click();
	await button(page, "Copy curl").click();
	await button(page, "Test this key").click();
	await expect(page.getByText("The key works.")).toBeVisible();
	expect(await keptByPage(page)).not.toContain(secret);

	const session = await context.newCDPSession(page);
	await session.send("HeapProfiler.enable");
	expect(await heapOf(session)).toContain(secret);

	await button(page, "Done").click();
	await expect(page.getByRole("heading", { level: 1, name: "CRM Nightly Sync" })).toBeVisible();
	expect(await keptByPage(page)).not.toContain(secret);
	await expect.poll(async () => (await heapOf(session)).includes(secret)).toBe(false);

	// Back on the form, which has not kept the key either.
	await page.goto(`${LIST}/new`);
	await expect(page.getByLabel("Name")).toHaveValue("");

	const carriers: string[] = [];
	for (const request of requests) {
		expect(decodeURIComponent(request.url())).not.toContain(secret);
		if (request.postData()?.includes(secret)) carriers.push(`${new URL(request.url()).pathname} body`);
		const headers = Object.entries(await request.allHeaders());
		for (const [name, value] of headers) if (value.includes(secret)) carriers.push(name);
	}
	expect(carriers).toEqual(["/trpc/keys.verify body"]);
	expect(told.join("\n")).not.toContain(secret);
	expect(JSON.stringify(await context.cookies())).not.toContain(secret);
});
