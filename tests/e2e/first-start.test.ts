/** `npm run dev` in a fresh clone. tests/proofs/preview.test.ts starts `npm run preview` after it. */
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Service } from "../harness.ts";
import { CallRefused, type Session } from "../session.ts";
import { expectOddRequestsServed, ODD_REQUESTS } from "./odd-requests.ts";
import { formsOf, search } from "./secret-forms.ts";

let service: Service;
/** By role. Sign-in is throttled, so each person signs in once. */
const sessions = new Map<string, Session>();

async function as(role: "owner" | "admin" | "member"): Promise<Session> {
	const session = sessions.get(role) ?? (await service.signIn(`${role}@acme.example`));
	sessions.set(role, session);
	return session;
}

beforeAll(async () => {
	service = await Service.start({ way: "dev" });
});
afterAll(() => service?.dispose());

describe("the first start", () => {
	it("makes secrets that are long, all different, and readable by their owner only", () => {
		const { JWT_SECRET, SERVICE_ROLE_KEY, KEY_PEPPER, SIGNING_KEY, DEMO_OWNER_PASSWORD } = service.vars;
		const secrets = [JWT_SECRET, SERVICE_ROLE_KEY, KEY_PEPPER, SIGNING_KEY];
		for (const secret of secrets) expect(secret?.length).toBeGreaterThanOrEqual(32);
		expect(DEMO_OWNER_PASSWORD?.length).toBeGreaterThanOrEqual(12);
		expect(new Set([...secrets, DEMO_OWNER_PASSWORD]).size).toBe(5);
		expect(statSync(service.secretsFile).mode & 0o777).toBe(0o600);
	});

	it("prints its URL and a sign-in that works", async () => {
		const printed = (label: string) => service.output().match(new RegExp(`^ *${label} +(\\S+)$`, "m"))?.[1];
		expect(printed("Open")).toBe(service.url);
		expect(printed("Sign in")).toBe(service.vars.DEMO_OWNER_EMAIL);
		// The output has the password and no other secret.
		const { DEMO_OWNER_EMAIL: _email, ...secrets } = service.vars;
		const sought = new Map(Object.entries(secrets).map(([name, secret]) => [name, formsOf(secret)]));
		expect(search("output", service.output(), sought)).toEqual([{ secret: "DEMO_OWNER_PASSWORD", place: "output" }]);

		const email = printed("Sign in");
		const password = printed("Password");
		const response = await service.fetch("/trpc/session.login", {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ email, password }),
		});
		expect(response.status).toBe(200);
		expect(response.headers.get("set-cookie")).toMatch(/^__Host-session=.+HttpOnly.+Secure.+SameSite=Strict/i);
		expect(await response.json()).toMatchObject({ result: { data: { user: { email, role: "owner" } } } });
	});

	it("serves the page and every script that the page names", async () => {
		const page = await service.fetch("/");
		expect(page.status).toBe(200);
		expect(page.headers.get("content-type")).toMatch(/^text\/html/);

		const scripts = Array.from((await page.text()).matchAll(/<script[^>]+src="([^"]+)"/g), ([, src]) => src ?? "");
		expect(scripts).not.toEqual([]);
		for (const src of scripts) {
			const script = await service.fetch(src);
			expect([src, script.status]).toEqual([src, 200]);
			// For an unknown path the dev server would send the page.
			expect(script.headers.get("content-type")).toMatch(/^(text|application)\/javascript/);
			expect((await script.text()).length).toBeGreaterThan(0);
		}
	});

	it("is healthy", async () => {
		const response = await service.fetch("/healthz");
		expect(response.status).toBe(200);
		expect(await response.json()).toMatchObject({ data: { status: "ok" } });
	});

	it(ODD_REQUESTS, () => expectOddRequestsServed(service));

	it("has an owner, an admin and a member in the tenant acme, all with the same password", async () => {
		for (const role of ["owner", "admin", "member"] as const) {
			const session = await as(role);
			const me = await session.query("session.me");
			expect(me).toMatchObject({ user: { role }, tenant: { slug: "acme" } });
		}
	});

	it("lets owner and admin manage keys, and names the missing permission to the member", async () => {
		for (const role of ["owner", "admin"] as const) {
			const session = await as(role);
			expect(await session.query("keys.list")).toMatchObject({ counts: { active: 0, revoked: 0, expired: 0 } });
		}
		const member = await as("member");
		const refusal = await member.query("keys.list").catch((error: unknown) => error);
		expect(refusal).toBeInstanceOf(CallRefused);
		expect(refusal).toMatchObject({ status: 403, message: expect.stringContaining("keys:read") });
	});
});

describe("a start with secrets that are too short", () => {
	it("stops, and names each of them but shows none", async () => {
		const names = ["JWT_SECRET", "SERVICE_ROLE_KEY", "KEY_PEPPER", "SIGNING_KEY"];
		await service.stop();
		const known = readFileSync(service.secretsFile, "utf8");
		writeFileSync(service.secretsFile, known.replace(new RegExp(`^(${names.join("|")})=.*$`, "gm"), "$1=tooshort"));

		await expect(service.restart()).rejects.toThrow("did not start");

		for (const name of names) expect(service.output()).toContain(`${name} is shorter than 32 characters`);
		expect(service.output()).not.toContain("tooshort");
		await expect(service.fetch("/healthz")).rejects.toThrow();
	});
});
