/** Signed keys: creating, reading and rotating one, and the sandbox that signs a request in the browser. */
import type { Page, Request } from "@playwright/test";
import { authorizationOf } from "../sign.ts";
import { expect, expectAccessible, expectAccessibleInBothThemes, PHONE, test } from "./fixtures.ts";
import type { TestTenant } from "./tenant.ts";

const LIST = "/integrations/api-keys";
const SANDBOX = "/integrations/sandbox";
const CALLS = /\/v1\/|default-integration/;

const reveal = (page: Page) => page.getByRole("dialog", { name: /^Key for/ });
const clipboard = (page: Page) => page.evaluate(() => navigator.clipboard.readText());
const result = (page: Page) => page.getByRole("region", { name: "Result" });
const meaning = (page: Page) => result(page).getByRole("status");

/** A signed key with both of its values. */
async function signedKey(tenant: TestTenant, more: object = {}): Promise<{ key: string; secret: string; id: string }> {
	const { key, secret, api_key } = await tenant.createKey({
		name: "Payments",
		authentication: "signed",
		scopes: ["leads:read", "leads:write"],
		...more,
	});
	if (key === null || secret === null) throw new Error("A new signed key has both values");
	return { key, secret, id: api_key.id };
}

async function fillIn(page: Page, { key, secret }: { key: string; secret: string }): Promise<void> {
	await page.getByLabel("API key", { exact: true }).fill(key);
	await page.getByLabel("API key secret").fill(secret);
}

const send = (page: Page) => page.getByRole("button", { name: "Sign and send" }).click();

test.describe("a signed key", () => {
	test.use({ permissions: ["clipboard-read", "clipboard-write"] });

	test("is created in the form, and both values are shown once, with code that signs", async ({
		page,
		signedIn,
		service,
	}) => {
		await signedIn();
		await page.goto(`${LIST}/new`);
		await page.getByLabel("Name").fill("Payments");
		await page.getByRole("radio", { name: "Signed requests" }).check();
		await page.getByRole("button", { name: "Create key" }).click();

		await expect(reveal(page)).toContainText("This is the only time you will see this key and its secret.");
		await reveal(page).getByRole("button", { name: "Copy both" }).click();
		const copied = await clipboard(page);
		const [, key = ""] = /^SALESOS_API_KEY=(sk_live_\w{48})$/m.exec(copied) ?? [];
		const [, secret = ""] = /^SALESOS_API_KEY_SECRET=(sks_live_\w{48})$/m.exec(copied) ?? [];
		await expect(reveal(page).getByText(key, { exact: true })).toBeVisible();
		expect(await page.content()).not.toContain(secret);
		for (const name of ["Node", "Python", "PHP", "curl + openssl", ".env"]) {
			await reveal(page).getByRole("tab", { name, exact: true }).click();
			await expect(reveal(page).getByRole("tabpanel")).toContainText(key);
		}
		await reveal(page).getByRole("button", { name: "Show secret" }).click();
		await expect(reveal(page).getByText(secret, { exact: true })).toBeVisible();
		await expect(reveal(page).getByRole("link", { name: "Try a signed request" })).toHaveAttribute("href", SANDBOX);
		await expectAccessible(page);

		const call = (headers: Record<string, string>) => service.fetch("/v1/whoami", { headers });
		expect((await call({ authorization: authorizationOf({ key, secret }) })).status).toBe(200);
		expect((await call({ authorization: `Bearer ${key}` })).status).toBe(401);

		await reveal(page).getByRole("button", { name: "Done" }).click();
		// Among the settings, and in the event of the creation.
		await expect(page.getByRole("definition").filter({ hasText: "Signed requests" })).toHaveCount(2);
		await expectAccessibleInBothThemes(page);
		await page.getByRole("link", { name: "Try a signed request" }).first().click();
		await expect(page).toHaveURL(SANDBOX);
	});

	test("has a signed successor", async ({ page, tenant, signedIn, service }) => {
		const old = await signedKey(tenant);
		await signedIn();
		await page.goto(`${LIST}/${old.id}/rotate`);
		await page.getByRole("button", { name: "Create new key" }).click();
		await reveal(page).getByRole("button", { name: "Copy both" }).click();
		const [key = "", secret = ""] = (await clipboard(page)).match(/sks?_live_\w{48}/g) ?? [];
		expect(key).not.toBe(old.key);
		for (const pair of [old, { key, secret }]) {
			const headers = { authorization: authorizationOf(pair) };
			expect((await service.fetch("/v1/whoami", { headers })).status).toBe(200);
		}
		await reveal(page).getByRole("button", { name: "Done" }).click();
		const { rotated_to } = await tenant.admin.api.query("keys.get", { id: old.id });
		const { authentication } = await tenant.admin.api.query("keys.get", { id: rotated_to ?? "" });
		expect(authentication).toBe("signed");
	});
});

test.describe("the sandbox", () => {
	test("signs in the browser, and shows what was signed, sent and answered", async ({ page, tenant, signedIn }) => {
		const pair = await signedKey(tenant);
		await signedIn();
		await page.goto(SANDBOX);
		await expect(page).toHaveTitle("Sandbox for signed requests · SalesOS");
		const sent: Request[] = [];
		page.on("request", (request) => CALLS.test(request.url()) && sent.push(request));
		await fillIn(page, pair);
		await page.getByLabel("Request").selectOption("POST /v1/leads");
		await expect(page.getByText("This is a live key")).toBeVisible();
		const body = '{"name":"Bruno Costa"}';
		await page.getByLabel("Body").fill(body);
		await send(page);

		await expect(meaning(page)).toContainText("201 · Admitted");
		await expect(result(page)).toContainText('"name": "Bruno Costa"');
		await expect(result(page)).toContainText("x-request-id: ");
		const [request] = sent;
		const headers = await request?.allHeaders();
		const at = Number(headers?.authorization?.split(":")[1]);
		const authorization = authorizationOf({ ...pair, method: "POST", path: "/v1/leads", body, at });
		expect(headers).toMatchObject({ authorization, "content-type": "application/json" });
		expect(headers).not.toHaveProperty("cookie");
		await expect(result(page)).toContainText(`Authorization: ${authorization}`);
		for (const part of [pair.key, String(at), "POST", "/v1/leads"])
			await expect(result(page).getByRole("definition").filter({ hasText: part }).first()).toBeVisible();
		// The secret is in no request, and only in its field on the page.
		for (const request of sent)
			expect(JSON.stringify([request.url(), await request.allHeaders(), request.postData()])).not.toContain(
				pair.secret,
			);
		expect(await result(page).textContent()).not.toContain(pair.secret);
		await expectAccessibleInBothThemes(page);
	});

	for (const [mistake, said, advice] of [
		["as if the body were empty", "Refused: the body was changed after signing", "Serialise the body once"],
		["with another path than the one sent", "Refused: another path was signed", "exactly as it is in the request line"],
		["two minutes ago", "Refused: the timestamp is outdated", "Set the clock of your machine by NTP"],
	] as const)
		test(`explains a refusal, if the request is signed ${mistake}`, async ({
			page,
			tenant,
			signedIn,
			expectProblems,
		}) => {
			expectProblems({ status: 401, url: "/v1/leads" });
			const pair = await signedKey(tenant);
			await signedIn();
			await page.goto(SANDBOX);
			await fillIn(page, pair);
			await page.getByLabel("Request").selectOption("POST /v1/leads");
			await page.getByLabel("Sign it").selectOption(`With a mistake: ${mistake}`);
			await send(page);
			await expect(meaning(page)).toContainText(`401 · ${said}`);
			await expect(meaning(page)).toContainText(advice);
			// The same request without the mistake.
			await page.getByLabel("Sign it").selectOption("Correctly");
			await send(page);
			await expect(meaning(page)).toContainText("201 · Admitted");
		});

	test("says what to check if the secret is of another key, or a scope is missing", async ({
		page,
		tenant,
		signedIn,
		expectProblems,
	}) => {
		expectProblems({ status: 401, url: "/v1/whoami" }, { status: 403, url: "/v1/sync_activities" });
		const pair = await signedKey(tenant);
		const { secret } = await signedKey(tenant);
		await signedIn();
		await page.goto(SANDBOX);
		await fillIn(page, { ...pair, secret });
		await send(page);
		await expect(meaning(page)).toContainText("401 · Refused: the signature does not match");
		await fillIn(page, pair);
		await page.getByLabel("Request").selectOption("POST /v1/sync_activities");
		await send(page);
		await expect(meaning(page)).toContainText("403 · Refused");
		await expect(result(page)).toContainText("This API key lacks the scope default:sync.");
	});

	test("takes both values from one paste, and says what is missing", async ({ page, tenant, signedIn }) => {
		const pair = await signedKey(tenant);
		await signedIn();
		await page.goto(SANDBOX);
		await send(page);
		const [key, secret] = [page.getByLabel("API key", { exact: true }), page.getByLabel("API key secret")];
		await expect(key).toBeFocused();
		await expect(key).toHaveAccessibleDescription(/Paste the whole API key/);
		await expect(secret).toHaveAccessibleDescription(/Paste the whole secret/);
		await expect(secret).toHaveAttribute("type", "password");
		await expect(secret).toHaveAttribute("autocomplete", "off");

		await key.evaluate((field, text) => {
			const clipboardData = new DataTransfer();
			clipboardData.setData("text", text);
			field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
		}, `SALESOS_API_KEY=${pair.key}\nSALESOS_API_KEY_SECRET=${pair.secret}`);
		await expect(key).toHaveValue(pair.key);
		await expect(secret).toHaveValue(pair.secret);
		await page.getByLabel("Request").selectOption("GET /v1/leads/{id}");
		await send(page);
		await expect(page.getByLabel("Path and query")).toHaveAccessibleDescription(/replace {id} with the id of a lead/);
		await page.getByLabel("Path and query").fill("/v1/leads?status=new");
		await send(page);
		await expect(meaning(page)).toContainText("200 · Admitted");
	});

	test("forgets the secret when the person leaves it", async ({ page, tenant, signedIn }) => {
		const pair = await signedKey(tenant);
		await signedIn();
		await page.goto(SANDBOX);
		const secret = page.getByLabel("API key secret");
		const leaveAndReturn = [
			async () => {
				await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "API keys" }).click();
				await expect(page).toHaveURL(LIST);
				await page.goBack();
			},
			async () => {
				await page.goto("/docs");
				await page.goBack();
			},
			() => page.reload(),
		];
		for (const [number, leave] of leaveAndReturn.entries()) {
			await fillIn(page, pair);
			// The same request within the same second would be a replay.
			await page.getByLabel("Path and query").fill(`/v1/leads?limit=${number + 1}`);
			await send(page);
			await expect(meaning(page)).toContainText("200 · Admitted");
			await leave();
			await expect(secret).toHaveValue("");
			await expect(result(page)).toContainText("Nothing was sent yet.");
		}
	});

	test("is open to a person who may not manage keys", async ({ page, signedIn }) => {
		await signedIn({ role: "member" });
		await page.goto(SANDBOX);
		await expect(page.getByRole("button", { name: "Sign and send" })).toBeVisible();
	});

	test.describe("on a phone", () => {
		test.use({ ...PHONE, viewport: { width: 360, height: 740 } });

		test("fits in both languages, and is accessible", async ({ page, newWindow, tenant, signedIn }) => {
			const pair = await signedKey(tenant);
			await signedIn();
			await page.goto(SANDBOX);
			await fillIn(page, pair);
			await send(page);
			await expect(meaning(page)).toContainText("200 · Admitted");
			await expectAccessibleInBothThemes(page);
			const widthOf = (window: Page) => window.evaluate(() => document.documentElement.scrollWidth);
			expect(await widthOf(page)).toBe(360);

			const portuguese = await newWindow({ locale: "pt-BR" });
			await signedIn(undefined, portuguese);
			await portuguese.goto(SANDBOX);
			await expect(portuguese.getByRole("button", { name: "Assinar e enviar" })).toBeVisible();
			expect(await widthOf(portuguese)).toBe(360);
		});
	});
});
