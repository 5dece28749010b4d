/** People sign in to the dashboard in a browser, with a real OpenID provider on another site. */
import { type Browser, type BrowserContext, chromium, type Page } from "@playwright/test";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { prepareChromium } from "../chromium.ts";
import { Service } from "../harness.ts";
import { Session } from "../session.ts";
import { DASHBOARD_CLIENT, type OpenIdProvider, startOpenIdProvider } from "./openid-provider.ts";

let provider: OpenIdProvider;
let service: Service;
let browser: Browser;

beforeAll(async () => {
	provider = await startOpenIdProvider();
	// Before the service starts: unpacking the browser moves the temporary folder for a moment.
	browser = await chromium.launch(await prepareChromium());
	service = await Service.start({
		settings: {
			// 127.0.0.1 and localhost are different sites, so cookies that are SameSite=Strict don't pass between them.
			OIDC_ISSUER: provider.issuer,
			OIDC_CLIENT_ID: DASHBOARD_CLIENT.id,
			OIDC_CLIENT_SECRET: DASHBOARD_CLIENT.secret,
			OIDC_NAME: "Acme Login",
			PASSWORD_SIGN_IN: "off",
		},
	});
	provider.addDashboard(service.url);
}, 180_000);
afterAll(async () => {
	await browser?.close();
	await service?.dispose();
	provider?.close();
});

let people = 0;
/** A company with an owner who is invited and has an account at the provider. */
async function invitedOwner() {
	const email = `owner-${people}@acme.example`;
	const account = `acme|${people++}`;
	const platform = new Session(service, service.vars.SERVICE_ROLE_KEY ?? "");
	const { id: tenantId } = await platform.mutate("tenants.create", {
		name: "Northwind Sales",
		slug: `northwind-${people}`,
		owner: { email, name: "Olivia Owner" },
	});
	provider.addAccount(account, { email, email_verified: true, name: "Olivia", tenant_id: tenantId });
	return { email, account, tenantId };
}

async function inWindow(use: (page: Page, context: BrowserContext) => Promise<void>): Promise<void> {
	// The platform's edge sets this header. Here it gives each window a throttle of its own.
	const extraHTTPHeaders = { "cf-connecting-ip": `2001:db8:${people}:${Date.now().toString(16).slice(-4)}::1` };
	const context = await browser.newContext({ locale: "en-US", extraHTTPHeaders });
	try {
		await use(await context.newPage(), context);
	} finally {
		await context.close();
	}
}

async function logInAtProvider(page: Page, account: string): Promise<void> {
	await page.getByRole("link", { name: "Sign in with Acme Login" }).click();
	await page.getByLabel("Account").fill(account);
	await page.getByRole("button", { name: "Log in" }).click();
}

describe("signing in with the provider", () => {
	it("leads to the wanted screen, and signing out ends the session on both sides", async () => {
		const { account, email } = await invitedOwner();
		await inWindow(async (page, context) => {
			await page.goto(`${service.url}/settings/sessions`);
			await page.waitForURL(/\/sign-in\?to=/);
			expect(await page.getByLabel("Password").count()).toBe(0);
			await logInAtProvider(page, account);
			await page.waitForURL(`${service.url}/settings/sessions`);
			await page.getByText("This session").waitFor();
			const cookies = await context.cookies(service.url);
			expect(cookies.map(({ name, sameSite, httpOnly }) => [name, sameSite, httpOnly])).toEqual([
				["__Host-session", "Strict", true],
			]);

			await page.goto(`${service.url}/account`);
			await page.getByText(email).first().waitFor();
			await page.getByRole("button", { name: "Sign out" }).click();
			await page.waitForURL((url) => url.href.startsWith(`${provider.issuer}/session/end`));
			await page.getByRole("button", { name: /yes/i }).click();
			await page.waitForURL((url) => url.origin === service.url && url.pathname === "/sign-in");
			await page.goto(`${service.url}/account`);
			await page.waitForURL(/\/sign-in/);
			// The provider asks who it is again.
			await page.getByRole("link", { name: "Sign in with Acme Login" }).click();
			await page.getByLabel("Account").waitFor();
		});
	});

	it("shows strangers in their language why they can't", async () => {
		const { tenantId } = await invitedOwner();
		provider.addAccount("stranger", { email: "stranger@acme.example", email_verified: true, tenant_id: tenantId });
		await inWindow(async (page) => {
			await page.goto(`${service.url}/sign-in`);
			await logInAtProvider(page, "stranger");
			await page.getByText("You have not been invited yet.").waitFor();
			expect(await page.getByRole("link", { name: "Sign in with Acme Login" }).isVisible()).toBe(true);
		});
	});

	it("refuses an email that the provider has not verified", async () => {
		const { email } = await invitedOwner();
		provider.addAccount("impostor", { email, email_verified: false });
		await inWindow(async (page) => {
			await page.goto(`${service.url}/sign-in`);
			await logInAtProvider(page, "impostor");
			await page.getByText("Acme Login has not verified your email.").waitFor();
		});
	});

	it("refuses the callback of another browser, and one that is opened a second time", async () => {
		const { account } = await invitedOwner();
		let callback = "";
		await inWindow(async (page) => {
			page.on("request", (request) => {
				if (request.url().includes("/auth/sso/callback")) callback = request.url();
			});
			await page.goto(`${service.url}/sign-in`);
			await logInAtProvider(page, account);
			await page.waitForURL(`${service.url}/integrations/api-keys`);
			await page.goto(callback);
			await page.getByText("This sign-in is no longer valid").waitFor();
		});
		await inWindow(async (page, context) => {
			await page.goto(callback);
			await page.getByText("This sign-in is no longer valid").waitFor();
			expect(await context.cookies(service.url)).toEqual([]);
		});
	});
});
