/**
 * Fixtures of the browser tests.
 *
 * ```ts
 * import { expect, expectAccessible, test } from "./fixtures.ts";
 *
 * test("an admin revokes a key", async ({ page, tenant, signedIn, integration }) => {
 * 	const { key } = await tenant.createKey({ name: "CRM" });
 * 	await signedIn();
 * 	await page.goto("/");
 * 	…
 * 	expect((await integration(key).whoami()).status).toBe(401);
 * });
 * ```
 *
 * - `tenant`: a new tenant for this test. `tenant.admin.api.query/mutate(…)` are typed calls without the browser,
 *   `tenant.createKey(…)` is the most common one, `tenant.person({ role, capabilities })` adds a person.
 *   `test.use({ tenantName: "…" })` names it, for screenshots.
 * - `signedIn(person?)`: signs the browser in with a cookie, before `page.goto`. By default the tenant's admin, otherwise a
 *   person from `await tenant.person(…)` or options such as `{ role: "member", capabilities: ["admin.integrations"] }`.
 *   Returns the person. Only specs about signing in use the form: `demo` has the email and password of the demo tenant's
 *   owner (admin@ and member@ share the password). The service accepts ten attempts per account and minute across all
 *   specs, so use an email that does not exist where the attempt should fail.
 * - `page`: guarded. A console error or warning, an uncaught error, a response of 400 or more, a request without a response,
 *   a violation of the page's Content-Security-Policy, a request to another origin, and an API key or token in a URL, the
 *   console or the browser's storage each fail the test at its end. Announce what a test causes on purpose:
 *   `expectProblems({ status: 404, url: "keys.get" })`, `{ unanswered: "/trpc" }`, `{ console: /…/ }`,
 *   `{ uncaught: "…" }`. Announced problems have to happen. `expectProblems(SIGNED_OUT)` without a session.
 * - `newWindow(options?)`: a page of another, guarded browser profile, for a second person. Sign it in with
 *   `signedIn(person, window)`.
 * - `integration(key)`: calls the service with an API key, as a program does. `integration(key, ip)` calls from that IP
 *   address; the default is `address`, which is the IP address of this test and of its browser.
 * - `intercept(page, pattern, handle)` and `holdBack(page, pattern)` of intercept.ts, `failAt(page, procedure)` of
 *   failures.ts: failures for a while. Never use `page.unroute` while the page may send requests.
 * - `expectAccessible(page)`: axe on the page, open dialogs included. `expectAccessibleInBothThemes(page)`: also in dark.
 * - `inBothThemes(page, async (theme) => …)`, `test.use({ colorScheme: "dark" })`, `test.use({ locale: "pt-BR" })`,
 *   `test.use(PHONE)`. Defaults: light, en-US, UTC, `LAPTOP`.
 * - `screenshot(page, name)`: a picture for the documentation, taken by `npm run screenshots` only.
 *
 * `npm run test:browser` leaves out what is tagged `@proof` and runs with `npm run test:proofs`: phones, the other language,
 * larger text, and thousands of keys.
 *
 * `npx playwright test key-list` runs one spec and builds and starts the service for it (20 seconds). With `npm run preview`
 * in a second terminal, `DASHBOARD_URL=http://localhost:8787 DASHBOARD_VARS=.dev.vars` saves that.
 *
 * No test sleeps: wait for what people see (`await expect(locator)…`). Where time has to pass in the page, use `page.clock`
 * (`install` before `goto`, then `fastForward`). The service keeps the real time; usage reaches its lists within a second.
 */
import { type BrowserContext, type BrowserContextOptions, test as base, type Page } from "@playwright/test";
import type { Reachable } from "../session.ts";
import { type Expected, Guard } from "./guard.ts";
import { type Integration, integrationOf } from "./integration.ts";
import { type RunSettings, runSettings, secret } from "./run-settings.ts";
import { type Person, type PersonOptions, TestTenant } from "./tenant.ts";

export { expect } from "@playwright/test";
export { expectAccessible, expectAccessibleInBothThemes } from "./accessibility.ts";
export { SIGNED_OUT } from "./guard.ts";
export { inBothThemes, LAPTOP, PHONE, screenshot } from "./views.ts";

interface Fixtures {
	tenant: TestTenant;
	tenantName: string;
	/** Signs a page's browser in, by default that of `page`. */
	signedIn: (who?: Person | PersonOptions, page?: Page) => Promise<Person>;
	expectProblems: (...expected: Expected[]) => void;
	newWindow: (options?: BrowserContextOptions) => Promise<Page>;
	integration: (key: string, from?: string) => Integration;
	/** IP address of this test, as the service sees it. */
	address: string;
	/** The owner of the demo tenant. */
	demo: { email: string; password: string };
	guard: Guard;
}

interface WorkerFixtures {
	runSettings: RunSettings;
	/** The service, without the browser. */
	service: Reachable;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
	runSettings: [async ({}, use) => use(runSettings()), { scope: "worker" }],
	service: [
		async ({ runSettings: { url } }, use) => use({ fetch: (path, init) => fetch(url + path, init) }),
		{ scope: "worker" },
	],
	launchOptions: [async ({ runSettings: { launch } }, use) => use(launch), { scope: "worker" }],
	baseURL: async ({ runSettings: { url } }, use) => use(url),

	address: async ({}, use) => use(someAddress()),
	// On Cloudflare, clients cannot set this header. Here it gives each test an IP address, and with it a throttle, of its own.
	extraHTTPHeaders: async ({ address }, use) => use({ "cf-connecting-ip": address }),

	guard: async ({ runSettings: { url } }, use, { errors }) => {
		const guard = new Guard(url);
		await use(guard);
		// A test that has failed midway did not reach everything that it announced.
		guard.check({ partly: errors.length > 0 });
	},
	expectProblems: async ({ guard }, use) => use((...expected) => guard.expect(...expected)),
	context: async ({ context, guard }, use) => {
		await guard.watch(context);
		await use(context);
		await guard.lookInto(context);
	},
	newWindow: async ({ browser, guard }, use) => {
		const contexts: BrowserContext[] = [];
		await use(async (options) => {
			// The test's options apply, except those given.
			const context = await browser.newContext(options);
			contexts.push(context);
			await guard.watch(context);
			return context.newPage();
		});
		for (const context of contexts) {
			await guard.lookInto(context);
			await context.close();
		}
	},

	tenantName: ["Northwind Sales", { option: true }],
	tenant: async ({ service, tenantName }, use) => use(await TestTenant.create(service, tenantName)),
	signedIn: async ({ page: own, tenant, runSettings: { url } }, use) =>
		use(async (who, page = own) => {
			const person = who && "token" in who ? who : who ? await tenant.person(who) : tenant.admin;
			await page.context().addCookies([sessionCookie(url, person.token)]);
			return person;
		}),
	demo: async ({}, use) => use({ email: secret("DEMO_OWNER_EMAIL"), password: secret("DEMO_OWNER_PASSWORD") }),
	integration: async ({ service, address }, use) => use((key, from = address) => integrationOf(service, key, from)),
});

/** An IP address of the documentation block (RFC 3849), different for every test, in canonical form (RFC 5952). */
const someAddress = () => {
	// No group is zero, which the canonical form could shorten.
	const groups = Array.from(crypto.getRandomValues(new Uint16Array(6)), (group) => (group | 1).toString(16));
	return `2001:db8:${groups.join(":")}`;
};

/** The cookie that the service sets after signing in. */
function sessionCookie(url: string, token: string) {
	return {
		name: "__Host-session",
		value: token,
		// Browsers trust localhost without TLS, but set a cookie of this name only for an address with it.
		url: url.replace(/^http:/, "https:"),
		httpOnly: true,
		secure: true,
		sameSite: "Strict" as const,
	};
}
