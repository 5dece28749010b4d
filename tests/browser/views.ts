/** Window sizes, themes and screenshots. */
import { join } from "node:path";
import { type Page, test } from "@playwright/test";

/** For `test.use`. The default. */
export const LAPTOP = { viewport: { width: 1440, height: 900 }, isMobile: false, hasTouch: false };
/** For `test.use`. */
export const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

export type Theme = "light" | "dark";

/** Runs the block once in each theme, on the page as it is. */
export async function inBothThemes(page: Page, block: (theme: Theme) => Promise<void>): Promise<void> {
	for (const theme of ["light", "dark"] as const) {
		await test.step(theme, async () => {
			await page.emulateMedia({ colorScheme: theme });
			await block(theme);
		});
	}
}

const PICTURES = join(import.meta.dirname, "../../docs/screenshots");

/** Takes a screenshot for the documentation, docs/screenshots/<name>.png. Only `npm run screenshots` does so. */
export async function screenshot(page: Page, name: string): Promise<void> {
	if (process.env.UPDATE_SCREENSHOTS !== "1") return;
	await page.screenshot({ animations: "disabled", caret: "hide", path: join(PICTURES, `${name}.png`) });
}
