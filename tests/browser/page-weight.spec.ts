/** The size and the origins of what the browser loads first. */
import { gzipSync } from "node:zlib";
import type { Page, Response } from "@playwright/test";
import { expect, SIGNED_OUT, test } from "./fixtures.ts";

/** Max compressed size of all scripts of a first visit. */
const SCRIPT_BYTES_MAX = 90 * 1000;

/** Without a new script for this long, loading is over. */
const QUIET_MS = 500;

/** Opens the path and returns the compressed bytes of each loaded script. */
async function scriptsOf(page: Page, address: string): Promise<Map<string, number>> {
	const bodies: Promise<[string, number]>[] = [];
	const weigh = (response: Response) => {
		if (!/javascript/.test(response.headers()["content-type"] ?? "")) return;
		const weighed = response
			.body()
			.then((body): [string, number] => [new URL(response.url()).pathname, gzipSync(body, { level: 9 }).length]);
		bodies.push(weighed);
	};
	page.on("response", weigh);
	await page.goto(address);
	await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
	await page.waitForFunction((quiet) => {
		const ends = performance.getEntriesByType("resource").map((entry) => entry.startTime + entry.duration);
		return performance.now() - Math.max(...ends) > quiet;
	}, QUIET_MS);
	// What loads later would be weighed while the page closes.
	page.off("response", weigh);
	return new Map(await Promise.all(bodies));
}

function expectLight(scripts: Map<string, number>): void {
	expect(scripts.size).toBeGreaterThan(0);
	const sum = [...scripts.values()].reduce((a, b) => a + b, 0);
	const list = [...scripts].map(([path, bytes]) => `${bytes} ${path}`).join("\n");
	test.info().annotations.push({ type: "script bytes", description: `${sum}: ${list}` });
	expect(sum, `compressed bytes of all scripts:\n${list}`).toBeLessThanOrEqual(SCRIPT_BYTES_MAX);
}

for (const locale of ["en-US", "pt-BR"]) {
	test.describe(`in ${locale}`, () => {
		test.use({ locale });

		test("the first load of the dashboard stays below its limit", async ({ page, tenant, signedIn }) => {
			await tenant.createKey({ name: "CRM" });
			await signedIn();
			expectLight(await scriptsOf(page, "/"));
		});
	});
}

test("the first load of the sign-in form stays below its limit", async ({ page, expectProblems }) => {
	expectProblems(SIGNED_OUT);
	expectLight(await scriptsOf(page, "/"));
});

test("the Content-Security-Policy allows only the own origin and nothing inline", async ({ page, signedIn }) => {
	await signedIn();
	const response = await page.goto("/");
	const policy = parsePolicy((await response?.headerValue("content-security-policy")) ?? "");

	const all = [...policy.values()].flat();
	for (const unsafe of ["'unsafe-inline'", "'unsafe-eval'", "*", "https:", "http:"]) expect(all).not.toContain(unsafe);
	const allowed = (directive: string) => policy.get(directive) ?? policy.get("default-src") ?? ["*"];
	expect(policy.get("default-src")).toEqual(["'none'"]);
	for (const directive of ["script-src", "style-src", "connect-src"]) expect(allowed(directive)).toEqual(["'self'"]);
	expect(["'self'", "data:", "blob:"]).toEqual(expect.arrayContaining(allowed("img-src")));
	expect(allowed("object-src")).toEqual(["'none'"]);
	// These two do not fall back to default-src.
	expect(policy.get("base-uri")).toEqual(["'none'"]);
	expect(policy.get("frame-ancestors")).toEqual(["'none'"]);
});

/** Directives by name, each with its sources (CSP 3, §2.2.1). */
function parsePolicy(header: string): Map<string, string[]> {
	const directives = header.split(";").map((directive) => directive.trim().split(/\s+/));
	return new Map(directives.map(([name = "", ...sources]) => [name, sources]));
}
