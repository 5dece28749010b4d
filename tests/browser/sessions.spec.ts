/** The screen of sessions: where a person is signed in, and how they end that. */
import type { Page } from "@playwright/test";
import { Session } from "../session.ts";
import { expect, expectAccessibleInBothThemes, PHONE, test } from "./fixtures.ts";
import { secret } from "./run-settings.ts";
import type { Person } from "./tenant.ts";

const SESSIONS = "/settings/sessions";
const PASSWORD = "seven wide rivers 2049";
const FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:147.0) Gecko/20100101 Firefox/147.0";

/** A person with an account and three sessions: the browser's own, one of Firefox, and one of curl. */
const withSessions = test.extend<{ people: { person: Person; others: Session[] } }>({
	people: async ({ service, address }, use) => {
		const from = (userAgent: string) => ({
			fetch: (path: string, init: RequestInit = {}) =>
				service.fetch(path, {
					...init,
					headers: {
						...(init.headers as Record<string, string>),
						"cf-connecting-ip": address,
						"user-agent": userAgent,
					},
				}),
		});
		const unique = crypto.randomUUID().slice(0, 8);
		const email = `olivia-${unique}@tenant.example`;
		const { owner } = await new Session(service, secret("SERVICE_ROLE_KEY")).mutate("tenants.create", {
			name: "Northwind Sales",
			slug: `test-${unique}`,
			owner: { email, name: "Olivia Owner" },
		});
		const linkSecret = owner?.link?.url.split("#")[1] ?? "";
		const own = from("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/147.0.0.0 Safari/537.36");
		const { token, user } = await new Session(own, null).mutate("passwords.set", {
			secret: linkSecret,
			password: PASSWORD,
		});
		const others: Session[] = [];
		for (const userAgent of [FIREFOX, "curl/8.5.0"]) {
			const other = from(userAgent);
			const opened = await new Session(other, null).mutate("session.login", { email, password: PASSWORD });
			others.push(new Session(other, opened.token));
		}
		const api = new Session(own, token);
		const person = { id: user.id, email, name: "Olivia Owner", role: user.role, token, api };
		await use({ person, others });
	},
});

const rows = (page: Page) => page.getByRole("main").getByRole("listitem");
const isOpen = (session: Session) =>
	session.query("session.me").then(
		() => true,
		() => false,
	);

// Each test signs in three times, and the service checks only a few passwords at once.
withSessions.describe.configure({ mode: "default" });

withSessions(
	"shows where the person is signed in, and ends one session",
	async ({ page, signedIn, people: { person, others }, address }) => {
		await signedIn(person);
		await page.goto("/account");
		await page.getByRole("link", { name: "Sessions" }).click();
		await expect(page).toHaveTitle("Sessions · SalesOS");
		await expect(rows(page)).toHaveCount(3);
		const firefox = rows(page).filter({ hasText: "Firefox on Windows" });
		await expect(firefox).toContainText(address);
		await expect(rows(page).filter({ hasText: "This session" })).toContainText("Chrome on Linux");
		await expect(rows(page).filter({ hasText: "This session" }).getByRole("button")).toHaveCount(0);
		await expectAccessibleInBothThemes(page);

		await firefox.getByRole("button", { name: "End session: Firefox on Windows" }).click();
		await expect(page.getByText("The session has ended.")).toBeVisible();
		await expect(rows(page)).toHaveCount(2);
		await expect(page.getByRole("heading", { level: 1 })).toBeFocused();
		expect(await Promise.all(others.map(isOpen))).toEqual([false, true]);
	},
);

withSessions(
	"ends all other sessions by keyboard, after a question",
	async ({ page, signedIn, people: { person, others } }) => {
		await signedIn(person);
		await page.goto(SESSIONS);
		await page.getByRole("button", { name: "End all other sessions" }).focus();
		await page.keyboard.press("Enter");
		const question = page.getByRole("alertdialog", { name: "End all other sessions?" });
		await expect(question).toContainText("2 sessions end at once.");
		await page.keyboard.press("Escape");
		await expect(question).toBeHidden();
		await expect(page.getByRole("button", { name: "End all other sessions" })).toBeFocused();
		expect(await Promise.all(others.map(isOpen))).toEqual([true, true]);

		await page.keyboard.press("Enter");
		await question.getByRole("button", { name: "End all other sessions" }).press("Enter");
		await expect(page.getByText("2 sessions have ended.")).toBeVisible();
		await expect(page.getByText("You are not signed in anywhere else.")).toBeVisible();
		expect(await Promise.all(others.map(isOpen))).toEqual([false, false]);
		expect(await isOpen(person.api)).toBe(true);
	},
);

withSessions(
	"an owner ends the sessions of a member",
	{ tag: "@proof" },
	async ({ page, service, signedIn, people: { person } }) => {
		const email = `ivo-${crypto.randomUUID().slice(0, 8)}@tenant.example`;
		const { link } = await person.api.mutate("members.invite", { email, name: "Ivo Lima", role: "member" });
		const opened = await new Session(service, null).mutate("passwords.set", {
			secret: link.url.split("#")[1] ?? "",
			password: PASSWORD,
		});
		const theirs = new Session(service, opened.token);
		expect(await isOpen(theirs)).toBe(true);

		await signedIn(person);
		await page.goto("/settings/members");
		await page.getByRole("button", { name: "Actions for Ivo Lima" }).press("Enter");
		await page.getByRole("menuitem", { name: "Sessions…" }).press("Enter");
		const dialog = page.getByRole("dialog", { name: "Sessions of Ivo Lima" });
		await expect(dialog.getByRole("listitem")).toHaveCount(1);
		await expectAccessibleInBothThemes(page);
		await dialog.getByRole("button", { name: "End all sessions" }).click();
		await expect(page.getByText("1 session has ended.")).toBeVisible();
		await expect(dialog).toBeHidden();
		expect([await isOpen(theirs), await isOpen(person.api)]).toEqual([false, true]);
	},
);

withSessions.describe("on a phone, in Portuguese", () => {
	withSessions.use({ ...PHONE, locale: "pt-BR" });

	withSessions("fits the screen", { tag: "@proof" }, async ({ page, signedIn, people: { person } }) => {
		await signedIn(person);
		await page.goto(SESSIONS);
		await expect(page.getByRole("heading", { level: 1, name: "Sessões" })).toBeVisible();
		await expect(rows(page)).toHaveCount(3);
		expect(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth)).toBe(true);
		await expectAccessibleInBothThemes(page);
	});
});
