/** Accessibility checks with axe. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { AxeBuilder } from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/** Minified: less than half of the source that the package would send with each page. */
const AXE = readFileSync(
	createRequire(import.meta.resolve("@axe-core/playwright")).resolve("axe-core/axe.min.js"),
	"utf8",
);
/** Replaces it in a page that has it already. */
const NO_SOURCE = ";";

/** WCAG up to 2.2 AA, and what axe recommends beyond it (one main landmark, no skipped heading and the like). */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Fails if the page, or a dialog that is open on it, breaks a rule. The error lists the rules and the elements. */
export const expectAccessible = (page: Page): Promise<void> => analyze(page, {});

/**
 * The same in light and in dark. A theme changes nothing but colours, so in dark only the rules about colours run: they take
 * a fraction of the time.
 */
export async function expectAccessibleInBothThemes(page: Page): Promise<void> {
	await page.emulateMedia({ colorScheme: "light" });
	await expectAccessible(page);
	await page.emulateMedia({ colorScheme: "dark" });
	await analyze(page, { onlyColours: true });
}

/** Rules whose result depends on the theme. */
const COLOUR_RULES = ["color-contrast", "link-in-text-block"];

async function analyze(page: Page, { onlyColours = false }): Promise<void> {
	// A screen that is still loading has nothing to check. Behind a dialog it is visible, but hidden from screen readers.
	await expect(page.locator("h1").first()).toBeVisible();
	await transitionsAreOver(page);
	// "Legacy" means without frames, and the page has none. The other mode opens a second page.
	const hasAxe = await page.evaluate(() => "axe" in window);
	const axe = new AxeBuilder({ page, axeSource: hasAxe ? NO_SOURCE : AXE })
		.options({
			runOnly: onlyColours ? { type: "rule", values: COLOUR_RULES } : { type: "tag", values: TAGS },
			resultTypes: ["violations"],
			// Only experimental rules need the style sheets a second time.
			preload: false,
		})
		.setLegacyMode();
	const { violations } = await withRunningTimers(page, axe.analyze());
	const report = violations.map(({ id, help, helpUrl, nodes }) => {
		const where = nodes.map((node) => `    ${node.target.join(" ")}\n      ${reason(node.failureSummary)}`);
		return `  ${id}: ${help} (${helpUrl})\n${where.join("\n")}`;
	});
	expect(violations.length, `Accessibility of ${page.url()}:\n${report.join("\n")}\n`).toBe(0);
}

/** Waits for work that sets timers in the page. If the test has stopped the page's clock, it moves on by milliseconds. */
async function withRunningTimers<T>(page: Page, work: Promise<T>): Promise<T> {
	let done = false;
	const finished = work.finally(() => {
		done = true;
	});
	// Playwright stores its clock under this name.
	const hasClock = await page.evaluate(() => "__pwClock" in globalThis);
	while (hasClock && !done) await page.clock.runFor(1);
	return finished;
}

/** A dialog that is still fading in does not have its final contrast yet. */
async function transitionsAreOver(page: Page): Promise<void> {
	await page.evaluate(async () => {
		const finite = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
		// A cancelled animation is over, too.
		await Promise.allSettled(finite.map(({ finished }) => finished));
	});
}

/** axe's summary in one line. */
const reason = (summary = "") => summary.replace(/\s*\n\s*/g, " ");
