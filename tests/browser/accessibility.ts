/** Whether people who cannot see the page, or cannot use a mouse, can use it: what axe can tell of that. */
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** WCAG up to 2.2 AA, and what axe recommends beyond it (one main landmark, no skipped heading and the like). */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Fails with every rule that the page breaks as it is now, an open dialog included, and with the elements that do. */
export async function expectAccessible(page: Page): Promise<void> {
	// A screen that is still on its way has nothing to find fault with. Behind a dialog it is there, but hidden from others.
	await expect(page.locator("h1").first()).toBeVisible();
	await transitionsAreOver(page);
	// "Legacy" is about frames, of which there are none; the other mode opens a page of its own beside this one.
	const axe = new AxeBuilder({ page })
		.options({ runOnly: { type: "tag", values: TAGS }, resultTypes: ["violations"] })
		.setLegacyMode();
	const { violations } = await withRunningTimers(page, axe.analyze());
	const report = violations.map(({ id, help, helpUrl, nodes }) => {
		const where = nodes.map((node) => `    ${node.target.join(" ")}\n      ${reason(node.failureSummary)}`);
		return `  ${id}: ${help} (${helpUrl})\n${where.join("\n")}`;
	});
	expect(violations.length, `Accessibility of ${page.url()}:\n${report.join("\n")}\n`).toBe(0);
}

/** Waits for work in the page that sets timers. A clock that the test has stopped moves on meanwhile, by milliseconds. */
async function withRunningTimers<T>(page: Page, work: Promise<T>): Promise<T> {
	let done = false;
	const finished = work.finally(() => {
		done = true;
	});
	// The name is how Playwright's clock keeps itself in the page.
	const hasClock = await page.evaluate(() => "__pwClock" in globalThis);
	while (hasClock && !done) await page.clock.runFor(1);
	return finished;
}

/** A dialog that is still fading in has another contrast than the one that people read. */
async function transitionsAreOver(page: Page): Promise<void> {
	await page.evaluate(async () => {
		const finite = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
		// One that is taken back is over as well.
		await Promise.allSettled(finite.map(({ finished }) => finished));
	});
}

/** "Fix any of the following:" and its list, in one line. */
const reason = (summary = "") => summary.replace(/\s*\n\s*/g, " ");
