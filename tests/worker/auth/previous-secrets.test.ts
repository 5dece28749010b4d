/** Replacing JWT_SECRET and SERVICE_ROLE_KEY: the previous one works as well, and the trail says where it is still used. */
import { env } from "cloudflare:workers";
import { and, eq } from "drizzle-orm";
import { decodeProtectedHeader } from "jose";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { auditEvents } from "../../../db/schema.ts";
import { createApp } from "../../../worker/app.ts";
import { deviceCookie, deviceOf } from "../../../worker/auth/device.ts";
import { signToken, verifyToken } from "../../../worker/auth/jwt.ts";
import { readConfig } from "../../../worker/env.ts";
import { addTenant, db, ORIGIN } from "../fixtures.ts";

const SECOND_SECRET = "second-jwt-secret-0123456789abcdef0123456";
const SECOND_KEY = "second-service-role-key-0123456789abcdef";

const before = readConfig(env);
/** After a replacement: what was current is now previous. */
const during = readConfig({
	...env,
	JWT_SECRET: SECOND_SECRET,
	JWT_SECRET_PREVIOUS: env.JWT_SECRET,
	SERVICE_ROLE_KEY: SECOND_KEY,
	SERVICE_ROLE_KEY_PREVIOUS: env.SERVICE_ROLE_KEY,
});
/** After the previous ones were deleted. */
const after = readConfig({ ...env, JWT_SECRET: SECOND_SECRET, SERVICE_ROLE_KEY: SECOND_KEY });
const now = Date.now();

describe("JWT_SECRET", () => {
	const tokenOf = (config: typeof before) =>
		signToken({ tenant_id: "ten_a", role: "admin", capabilities: [] }, "usr_a", config.jwt, now, now + 60_000);

	it("is named in each token by a kid, which differs by secret and reveals none", async () => {
		const [first, second] = [
			decodeProtectedHeader(await tokenOf(before)),
			decodeProtectedHeader(await tokenOf(during)),
		];
		expect(first).toEqual({ alg: "HS256", typ: "JWT", kid: expect.stringMatching(/^[0-9a-f]{8}$/) });
		expect(second.kid).not.toBe(first.kid);
		expect(env.JWT_SECRET).not.toContain(first.kid);
	});

	it("accepts tokens of the previous secret until that is deleted, and signs with the current one", async () => {
		const [old, young] = [await tokenOf(before), await tokenOf(during)];
		for (const token of [old, young]) expect((await verifyToken(token, during.jwt, now)).sub).toBe("usr_a");
		expect((await verifyToken(young, after.jwt, now)).sub).toBe("usr_a");
		await expect(verifyToken(old, after.jwt, now)).rejects.toThrow("The token is not valid.");
		await expect(verifyToken(young, before.jwt, now)).rejects.toThrow("The token is not valid.");
	});

	it("accepts device cookies of the previous secret as well", async () => {
		const cookie = await deviceCookie("usr_a", null, before.jwt, now);
		const request = new Request(ORIGIN, { headers: { cookie: cookie.split(";")[0] ?? "" } });
		expect(await deviceOf(request, during.jwt, now)).toMatchObject({ userId: "usr_a" });
		expect(await deviceOf(request, after.jwt, now)).toBeNull();
	});
});

describe("SERVICE_ROLE_KEY", () => {
	let tenantId: string;
	beforeEach(async () => {
		tenantId = await addTenant();
	});
	/** A REST call of the platform with one of its credentials. */
	const call = (config: typeof before, key: string, method: string, path: string, body?: object) =>
		createApp(config).fetch(
			new Request(ORIGIN + path, {
				method,
				headers: { authorization: `Bearer ${key}`, "x-tenant-id": tenantId, "content-type": "application/json" },
				...(body ? { body: JSON.stringify(body) } : {}),
			}),
			env,
		);
	const trail = (action: string) =>
		db
			.select()
			.from(auditEvents)
			.where(and(eq(auditEvents.tenantId, tenantId), eq(auditEvents.action, action)));

	it("is accepted together with the previous one until that is deleted", async () => {
		const status = async (config: typeof before, key: string) =>
			(await call(config, key, "GET", "/v1/api-keys")).status;
		expect([await status(during, SECOND_KEY), await status(during, env.SERVICE_ROLE_KEY)]).toEqual([200, 200]);
		expect([await status(after, SECOND_KEY), await status(after, env.SERVICE_ROLE_KEY)]).toEqual([200, 401]);
		expect(await status(before, SECOND_KEY)).toBe(401);
	});

	it("leaves no name in the trail, but the previous one does", async () => {
		await call(during, SECOND_KEY, "POST", "/v1/api-keys", { name: "Current" });
		await call(during, env.SERVICE_ROLE_KEY, "POST", "/v1/api-keys", { name: "Previous" });
		const made = await trail("api_key.create");
		const credentials = Object.fromEntries(made.map(({ changes }) => [changes.name?.to, changes.credential?.to]));
		expect(credentials).toEqual({ Current: undefined, Previous: "SERVICE_ROLE_KEY_PREVIOUS" });
	});

	it("leaves an event of what it reads in a tenant, one for each operation and hour", async () => {
		vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2031-05-06T10:20:30.000Z") });
		try {
			const read = (path: string) => call(before, env.SERVICE_ROLE_KEY, "GET", path);
			for (let times = 0; times < 3; times++) await read("/v1/api-keys");
			await read("/v1/audit-events");
			expect((await trail("platform.read")).map(({ changes }) => changes.operation?.to).sort()).toEqual([
				"GET /v1/api-keys",
				"GET /v1/audit-events",
			]);
			vi.setSystemTime(Date.now() + 3_600_000);
			await read("/v1/api-keys");
			expect(await trail("platform.read")).toHaveLength(3);
			expect((await trail("platform.read"))[0]).toMatchObject({ actor: "service_role", keyId: null });
		} finally {
			vi.useRealTimers();
		}
	});
});
