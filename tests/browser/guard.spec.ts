/** Tests of the guard: each kind of problem is caused once. */
import type { Page } from "@playwright/test";
import { openBarePage } from "./bare-page.ts";
import { test as dashboardTest, expect } from "./fixtures.ts";
import { Guard } from "./guard.ts";

/** A page with its own guard, so that its problems do not fail this test. */
const test = dashboardTest.extend<{ watched: Page; own: Guard; verdict: () => Promise<string> }>({
	own: async ({ runSettings: { url } }, use) => use(new Guard(url)),
	watched: async ({ browser, own }, use) => {
		const context = await browser.newContext();
		await own.watch(context);
		const page = await context.newPage();
		await openBarePage(page);
		await use(page);
		await context.close();
	},
	/** The guard's error at the end; empty without problems. */
	verdict: async ({ watched, own }, use) =>
		use(async () => {
			await own.lookInto(watched.context());
			try {
				own.check();
				return "";
			} catch (error) {
				return String(error);
			}
		}),
});

const KEY = `sk_live_${"a1".repeat(24)}`;

test("the guard accepts a working page", async ({ verdict }) => {
	expect(await verdict()).toBe("");
});

test("the guard reports a rejected request, unless it was announced", async ({ watched, own, verdict }) => {
	const ask = () => watched.evaluate(async () => (await fetch("/trpc/keys.get?input=%7B%7D")).text());
	await ask();
	expect(await verdict()).toContain("GET /trpc/keys.get?input={} was answered with 401");
	own.expect({ status: 401, url: "keys.get" });
	expect(await verdict()).toBe("");
	own.expect({ status: 401, url: /keys\.list/ });
	expect(await verdict()).toContain('expected and not seen: {"status":401,"url":"/keys\\\\.list/"}');
});

test("the guard reports a server error", async ({ watched, own, verdict }) => {
	await watched.route("**/trpc/**", (route) => route.fulfill({ status: 503, body: "{}" }));
	await watched.evaluate(async () => (await fetch("/trpc/keys.list")).text());
	expect(await verdict()).toContain("was answered with 503");
	own.expect({ status: 503 });
	expect(await verdict()).toBe("");
});

test("the guard reports a request without a response", async ({ watched, own, verdict }) => {
	await watched.context().setOffline(true);
	await watched.evaluate(() => fetch("/healthz").catch(() => {}));
	expect(await verdict()).toContain("/healthz was not answered: net::ERR_INTERNET_DISCONNECTED");
	own.expect({ unanswered: "/healthz" });
	expect(await verdict()).toBe("");
});

test("the guard ignores a request that the page cancels", async ({ watched, verdict }) => {
	await watched.evaluate(() => {
		const giveUp = new AbortController();
		const asked = fetch("/healthz", { signal: giveUp.signal }).catch(() => {});
		giveUp.abort();
		return asked;
	});
	expect(await verdict()).toBe("");
});

for (const level of ["error", "warn"] as const)
	test(`the guard reports console.${level}`, async ({ watched, own, verdict }) => {
		await watched.evaluate((how) => console[how]("Something is odd"), level);
		expect(await verdict()).toMatch(/console (error|warning): Something is odd/);
		own.expect({ console: /is odd$/ });
		expect(await verdict()).toBe("");
	});

test("the guard reports an uncaught error", async ({ watched, own, verdict }) => {
	await watched.evaluate(() => {
		const thrown = new Promise((resolve) => addEventListener("error", resolve));
		queueMicrotask(() => {
			throw new Error("Nobody minds");
		});
		return thrown.then(() => {});
	});
	expect(await verdict()).toContain("uncaught: Error: Nobody minds");
	own.expect({ uncaught: "Nobody minds" });
	expect(await verdict()).toBe("");
});

test("the guard reports a policy violation, even if it was announced", async ({ watched, own, verdict }) => {
	await watched.evaluate(() => {
		const violated = new Promise((resolve) => document.addEventListener("securitypolicyviolation", resolve));
		document.body.append(Object.assign(document.createElement("style"), { textContent: "p { color: red }" }));
		return violated.then(() => {});
	});
	own.expect({ console: "Content Security Policy" });
	expect(await verdict()).toContain("Content-Security-Policy: style-src-elem blocked inline");
});

test("the guard reports a request to another origin", async ({ watched, own, verdict }) => {
	const foreign = "http://elsewhere.example/pixel.png";
	await watched.route(foreign, (route) => route.fulfill({ body: "" }));
	// Without a policy that would block it.
	await watched.route("**/bare", (route) =>
		route.fulfill({ contentType: "text/html", body: `<img src="${foreign}">` }),
	);
	await watched.goto("/bare");
	own.expect({ console: /./ });
	expect(await verdict()).toContain(`a request to another origin: ${foreign}`);
});

const LEAKS: [string, (key: string) => unknown][] = [
	["the address of a request", (key) => fetch(`/healthz?key=${key}`).then((answer) => answer.text())],
	["the console", (key) => console.info(key)],
	["localStorage", (key) => localStorage.setItem("last", key)],
	["sessionStorage", (key) => sessionStorage.setItem("last", key)],
	["the state of its history", (key) => history.replaceState({ key }, "")],
	["its address", (key) => history.replaceState(null, "", `#${key}`)],
];
test("the guard reports an API key wherever the page leaves it", async ({ watched, verdict }) => {
	for (const [where, leak] of LEAKS) {
		const problem = `an API key or a token in ${where}`;
		expect(await verdict()).not.toContain(problem);
		await watched.evaluate(leak, KEY);
		expect(await verdict()).toContain(problem);
	}
});

test("the guard reports a session token", async ({ watched, tenant, verdict }) => {
	await watched.evaluate((token) => localStorage.setItem("session", token), tenant.admin.token);
	expect(await verdict()).toContain("an API key or a token in localStorage");
});

dashboardTest.fail("what the guard of a test's own page finds fails the test", async ({ page }) => {
	await openBarePage(page);
	await page.evaluate(() => console.error("Not announced"));
});

dashboardTest.fail("and so does what happens in another window", async ({ newWindow }) => {
	const other = await newWindow();
	await openBarePage(other);
	await other.evaluate(() => localStorage.setItem("last", `sk_test_${"a1".repeat(24)}`));
});
