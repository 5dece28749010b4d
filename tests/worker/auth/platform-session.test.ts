/** The session of an operator: how it opens, what it may do, and what ends it. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { platformSessions } from "../../../db/schema.ts";
import { createApp } from "../../../worker/app.ts";
import { readConfig } from "../../../worker/env.ts";
import { addTenant, db, mutate, ORIGIN, query, request } from "../fixtures.ts";
import { openSession } from "./populated-tenant.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: NOW }));
afterEach(() => vi.useRealTimers());

let networks = 0;
/** Sign-ins are limited by network. */
const visitor = () => ({ "cf-connecting-ip": `2001:db8:9:${(++networks).toString(16)}::1`, origin: ORIGIN });

/** Signs in, and returns the cookie that the browser sends from then on. */
async function signIn(key = env.SERVICE_ROLE_KEY): Promise<string> {
	const answer = await mutate<{ expires_at: string }>(visitor(), "platform.login", { key });
	expect(answer.status, answer.error?.message).toBe(200);
	expect(answer.data).toEqual({ credential: "current", expires_at: new Date(Date.now() + 3_600_000).toISOString() });
	return answer.headers.get("set-cookie") ?? "";
}
const as = (cookie: string, more: Record<string, string> = {}) => ({
	cookie: cookie.split(";")[0] ?? "",
	"x-salesos-platform": "1",
	origin: ORIGIN,
	...more,
});

describe("an operator who has signed in", () => {
	it("has a cookie that scripts and other sites can't use, and D1 has only its hash", async () => {
		const cookie = await signIn();
		expect(cookie).toMatch(/^__Host-platform=[\w-]{43}; /);
		for (const attribute of ["Path=/", "Secure", "HttpOnly", "SameSite=Strict", "Max-Age=3600"])
			expect(cookie).toContain(attribute);
		const stored = JSON.stringify(await db.select().from(platformSessions));
		expect(stored).not.toContain(cookie.slice(16, 50));
		expect(stored).not.toContain(env.SERVICE_ROLE_KEY);
	});

	it("acts as the platform, in every tenant that the page names, and only if the page asks for it", async () => {
		const cookie = await signIn();
		const tenantId = await addTenant();
		expect((await query(as(cookie), "platform.me")).status).toBe(200);
		expect((await mutate(as(cookie), "tenants.suspend", { id: tenantId })).status).toBe(200);
		expect((await query(as(cookie, { "x-tenant-id": tenantId }), "keys.list")).status).toBe(200);
		const { cookie: alone } = as(cookie);
		expect((await query({ cookie: alone }, "platform.me")).status).toBe(401);
		// Beside the session of a person, the header decides.
		const person = await openSession(tenantId);
		const both = { ...as(cookie), cookie: `${alone}; ${person}` };
		expect((await query(both, "platform.me")).status).toBe(200);
		const { "x-salesos-platform": _, ...withoutHeader } = both;
		expect((await query(withoutHeader, "session.me")).status).toBe(200);
	});

	it("can't be made to act by a page of another site", async () => {
		const cookie = await signIn();
		const foreign = as(cookie, { origin: "https://evil.example" });
		expect((await mutate(foreign, "tenants.suspend", { id: await addTenant() })).status).toBe(403);
		expect(
			(await mutate({ ...visitor(), origin: "https://evil.example" }, "platform.login", { key: "x" })).status,
		).toBe(403);
	});
});

describe("the session ends", () => {
	it("after an hour, after 15 minutes without a request, and by signing out", async () => {
		const status = async (cookie: string) => (await query(as(cookie), "platform.me")).status;
		const [used, idle, closed] = [await signIn(), await signIn(), await signIn()];
		expect((await mutate<{ ended: boolean }>(as(closed), "platform.logout")).data).toEqual({ ended: true });
		expect(await status(closed)).toBe(401);
		for (let minutes = 10; minutes < 60; minutes += 10) {
			vi.setSystemTime(NOW + minutes * 60_000);
			expect(await status(used)).toBe(200);
		}
		expect(await status(idle)).toBe(401);
		vi.setSystemTime(NOW + 60 * 60_000);
		expect(await status(used)).toBe(401);
	});

	it("when its credential is no longer valid, and says while it is the previous one", async () => {
		const cookie = await signIn();
		const second = "second-service-role-key-0123456789abcdef";
		const me = async (settings: object) => {
			const app = createApp(readConfig({ ...env, ...settings }));
			const response = await app.fetch(new Request(`${ORIGIN}/trpc/platform.me`, { headers: as(cookie) }), env);
			return [response.status, (await response.text()).includes('"previous"')];
		};
		expect(await me({ SERVICE_ROLE_KEY: second, SERVICE_ROLE_KEY_PREVIOUS: env.SERVICE_ROLE_KEY })).toEqual([
			200,
			true,
		]);
		expect(await me({ SERVICE_ROLE_KEY: second })).toEqual([401, false]);
	});
});

it("a wrong key opens nothing, and attempts are limited", async () => {
	const from = visitor();
	const statuses: number[] = [];
	for (let attempt = 0; attempt < 11; attempt++)
		statuses.push((await mutate(from, "platform.login", { key: `${env.SERVICE_ROLE_KEY}x` })).status);
	expect(statuses).toEqual([...Array(10).fill(401), 429]);
	expect((await request("/trpc/platform.me", { headers: as("__Host-platform=made-up") })).status).toBe(401);
});
