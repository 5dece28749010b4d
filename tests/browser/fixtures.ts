/**
 * What a spec of the dashboard begins with.
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
 * - `tenant`: a new tenant for this test alone. `tenant.admin.api.query/mutate(…)` are typed calls past the browser,
 *   `tenant.createKey(…)` the most frequent of them, `tenant.person({ role, capabilities })` one more person.
 *   `test.use({ tenantName: "…" })` names it, for pictures.
 * - `signedIn(person?)`: signs the browser in, before `page.goto`; without a person as the tenant's admin, otherwise
 *   as one of `await tenant.person(…)` or simply `{ role: "member", capabilities: ["admin.integrations"] }`. Returns
 *   the person. The sign-in form itself is for specs about signing in: `demo` has the address and the password of the
 *   demo tenant's owner (admin@ and member@ share it). An account takes ten attempts a minute over all specs, so use
 *   an address that does not exist where the attempt is to fail.
 * - `page`: guarded. A console error or warning, an uncaught error, an answer of 400 or more, an unanswered request, a
 *   violation of the page's policy, a request to another origin, an API key or token in an address, the console or the
 *   browser's storage: each fails the test at its end. What a test provokes it announces:
 *   `expectProblems({ status: 404, url: "keys.get" })`, `{ unanswered: "/trpc" }`, `{ console: /…/ }`,
 *   `{ uncaught: "…" }`; what was announced has to happen. `expectProblems(SIGNED_OUT)` where nobody is signed in.
 * - `newWindow(options?)`: a page of another, guarded browser profile: a second person at the same time. Sign it in
 *   with `signedIn(person, window)`.
 * - `integration(key)`: calls the service with an API key, as a program does. `integration(key, address)` does so from
 *   an address of your choice; otherwise `address`, which is this test's own and also the browser's.
 * - `intercept(page, pattern, handle)` and `holdBack(page, pattern)` of intercept.ts, `failAt(page, procedure)` of
 *   failures.ts: the service in trouble for a while. Never `page.unroute` while the page may be asking for something.
 * - `expectAccessible(page)`: axe on the page as it is, open dialogs included.
 * - `inBothThemes(page, async (theme) => …)`, `test.use({ colorScheme: "dark" })`, `test.use({ locale: "pt-BR" })`,
 *   `test.use(PHONE)`. Defaults: light, en-US, UTC, `LAPTOP`.
 * - `screenshot(page, name)`: a picture for the documentation, kept by `npm run screenshots` only.
 *
 * `npx playwright test key-list` runs one spec, with the service built and started for it (20 seconds). With `npm run
 * preview` in a second terminal, `DASHBOARD_URL=http://localhost:8787 DASHBOARD_VARS=.dev.vars` saves that.
 *
 * No test sleeps: wait for what people see (`await expect(locator)…`), and where time has to pass in the page use
 * `page.clock` (`install` before `goto`, then `fastForward`). The service goes on with the real time; usage reaches its
 * lists within a second.
 */
import { randomBytes } from "node:crypto";
import { type BrowserContext, type BrowserContextOptions, test as base, type Page } from "@playwright/test";
import type { Reachable } from "../session.ts";
import { type Expected, Guard } from "./guard.ts";
import { type Integration, integrationOf } from "./integration.ts";
import { type RunSettings, runSettings, secret } from "./run-settings.ts";
import { type Person, type PersonOptions, TestTenant } from "./tenant.ts";

export { expect } from "@playwright/test";
export { expectAccessible } from "./accessibility.ts";
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
	/** Where this test comes from, as the service sees it. */
	address: string;
	/** The owner of the demo tenant. */
	demo: { email: string; password: string };
	guard: Guard;
}

interface WorkerFixtures {
	runSettings: RunSettings;
	/** The service, spoken to from outside the browser. */
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
	// Cloudflare sets the header itself and overwrites what a client sends. Here it keeps each test to its own throttle.
	extraHTTPHeaders: async ({ address }, use) => use({ "cf-connecting-ip": address }),

	guard: async ({ runSettings: { url } }, use, { errors }) => {
		const guard = new Guard(url);
		await use(guard);
		// A test that has failed half-way did not get to all that it announced.
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
			// With the options of the test, but for those given.
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

/** One of the block that belongs to nobody (RFC 3849), and of no other test. */
const someAddress = () =>
	`2001:db8:${randomBytes(12)
		.toString("hex")
		.replace(/....(?=.)/g, "$&:")}`;

/** As the service sets it when somebody signs in. */
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
