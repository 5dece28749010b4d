/** Names chosen by others are shown as text on every screen. */
import { expect, test } from "./fixtures.ts";

const NAMES = [
	"<img src=x onerror=alert(1)>",
	"</script><script>alert(1)</script>",
	`"><svg/onload=alert(1)>`,
	"{{constructor.constructor('alert(1)')()}}",
	"javascript:alert(1)//",
	"right \u200fto left",
	"=1+1",
	"__proto__",
	"W".repeat(100),
];

test("names with HTML and scripts are shown as text in the list, on the key's screen and in the audit log", async ({
	page,
	tenant,
	signedIn,
}) => {
	page.on("dialog", (dialog) => {
		throw new Error(`A script has run: ${dialog.message()}`);
	});
	const made = [];
	for (const name of NAMES) made.push((await tenant.createKey({ name })).api_key);
	await signedIn();
	await page.goto("/");
	for (const { name } of made) await expect(page.getByText(name, { exact: true }).first()).toBeVisible();
	for (const { id, name } of made.slice(0, 3)) {
		await page.goto(`/integrations/api-keys/${id}`);
		await expect(page.getByRole("heading", { name })).toBeVisible();
		expect(await page.title()).toContain(name);
	}
	await page.goto("/integrations/audit-log");
	for (const { name } of made) await expect(page.getByText(name).first()).toBeVisible();
	// No part of them became an element. The guard fails the test on any policy violation.
	expect(await page.locator("img[src='x'], svg[onload], body script:not([src])").count()).toBe(0);
});
