/** Tests of the accessibility check itself. */

import { openBarePage } from "./bare-page.ts";
import { expect, expectAccessible, inBothThemes, test } from "./fixtures.ts";

test("an accessible page passes, even while its clock is stopped", async ({ page }) => {
	await page.clock.install();
	await openBarePage(page);
	await expectAccessible(page);
	await page.clock.pauseAt(Date.now() + 3_600_000);
	await expectAccessible(page);
});

test("a button without a name fails", async ({ page }) => {
	await openBarePage(page, '<h1>Bare</h1><button id="nameless"></button>');
	const failure = await expectAccessible(page).catch(String);
	expect(failure).toContain("button-name: Buttons must have discernible text");
	expect(failure).toContain("#nameless");
});

test("the page is shown in each theme", async ({ page }) => {
	await openBarePage(page);
	const seen: [string, boolean][] = [];
	await inBothThemes(page, async (theme) => {
		seen.push([theme, await page.evaluate(() => matchMedia("(prefers-color-scheme: dark)").matches)]);
	});
	expect(seen).toEqual([
		["light", false],
		["dark", true],
	]);
});
