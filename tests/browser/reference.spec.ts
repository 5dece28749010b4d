/** The API reference: complete, and loaded from this service alone. */
import { expect, test } from "./fixtures.ts";

test("the reference shows every operation with examples and loads nothing from other origins", {
	tag: "@proof",
}, async ({ page, service }) => {
	const document = (await (await service.fetch("/v1/openapi.json")).json()) as {
		paths: Record<string, Record<string, { summary: string }>>;
	};
	const summaries = Object.values(document.paths).flatMap((item) => Object.values(item).map(({ summary }) => summary));
	expect(summaries.length).toBeGreaterThan(20);
	await page.goto("/docs");
	await expect(page).toHaveTitle("API reference · SalesOS");
	// Redoc draws the whole document at once, which takes long on a busy machine.
	await expect(page.locator("h2").first()).toBeAttached({ timeout: 25_000 });
	for (const summary of summaries) await expect(page.locator("h2").filter({ hasText: summary }).first()).toBeAttached();
	// Each operation has a request example.
	await expect(page.getByRole("tab", { name: "curl" })).toHaveCount(summaries.length);
	await page.getByRole("tab", { name: "JavaScript" }).first().click();
	await expect(page.getByText("Idempotency-Key").first()).toBeVisible();
	await expect(page.getByText("process.env.SALESOS_TOKEN").first()).toBeVisible();
	// The scheme of signed requests, which is no scheme that Redoc knows.
	await page.locator("[id='operation/whoami']").getByText("Authorizations:").click();
	await expect(page.getByText("P2S-SIGN-V1 <api key>:<timestamp>:<signature>").first()).toBeVisible();
});
