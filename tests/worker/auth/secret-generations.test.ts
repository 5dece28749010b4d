/** What depends on the previous secrets, and when they can be removed: shown to the platform while a secret is rotated. */
import { env } from "cloudflare:workers";
import { eq, like } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { apiKeys, managementTokens, serviceState } from "../../../db/schema.ts";
import { createApp } from "../../../worker/app.ts";
import { signToken } from "../../../worker/auth/jwt.ts";
import { type Bindings, readConfig } from "../../../worker/env.ts";
import type { IssuedKey } from "../../../worker/schemas/api-key.ts";
import type { IssuedToken } from "../../../worker/schemas/management-token.ts";
import type { OperationsSecrets, SecretState } from "../../../worker/schemas/operations.ts";
import { operationsSecrets, recordSecrets } from "../../../worker/services/secrets.ts";
import { addTenant, createKey, db, mutate, ORIGIN, query, token } from "../fixtures.ts";

const DAY_MS = 86_400_000;
const SECOND = {
	JWT_SECRET: "second-jwt-secret-0123456789abcdef0123456",
	SERVICE_ROLE_KEY: "second-service-role-key-0123456789abcdef",
	KEY_PEPPER: "second-key-pepper-0123456789abcdef012345",
	SIGNING_KEY: "second-signing-key-0123456789abcdef01234",
};
const PREVIOUS = {
	JWT_SECRET_PREVIOUS: env.JWT_SECRET,
	SERVICE_ROLE_KEY_PREVIOUS: env.SERVICE_ROLE_KEY,
	KEY_PEPPER_PREVIOUS: env.KEY_PEPPER,
	SIGNING_KEY_PREVIOUS: env.SIGNING_KEY,
};
const configWith = (more: Partial<Bindings>) => readConfig({ ...env, ...more });
const before = readConfig(env);
const during = configWith({ ...SECOND, ...PREVIOUS });
const after = configWith(SECOND);

const stateOf = async (name: SecretState["name"], config = during, now = Date.now()) => {
	const { secrets } = await operationsSecrets({ db, config, now });
	return secrets.find((secret) => secret.name === name);
};
const call = (config: typeof before, credential: string, path: string, tenantId?: string) =>
	createApp(config).fetch(
		new Request(ORIGIN + path, {
			headers: { authorization: `Bearer ${credential}`, ...(tenantId ? { "x-tenant-id": tenantId } : {}) },
		}),
		env,
	);

beforeEach(async () => {
	await db.delete(serviceState).where(like(serviceState.name, "secret %"));
	await db.delete(apiKeys);
	await db.delete(managementTokens);
});

it("only the platform reads them, and they contain no secret", async () => {
	const { data } = await query<OperationsSecrets>(env.SERVICE_ROLE_KEY, "operations.secrets");
	expect(data.secrets.map(({ name, previous, missing }) => [name, previous, missing])).toEqual([
		["JWT_SECRET", null, []],
		["SERVICE_ROLE_KEY", null, []],
		["KEY_PEPPER", null, []],
		["SIGNING_KEY", null, []],
	]);
	for (const { id } of data.secrets) expect(id).toMatch(/^[0-9a-f]{8}$/);
	for (const secret of [env.JWT_SECRET, env.SERVICE_ROLE_KEY, env.KEY_PEPPER, env.SIGNING_KEY])
		expect(JSON.stringify(data)).not.toContain(secret.slice(0, 12));
	const admin = await token({ tenantId: await addTenant(), role: "owner" });
	expect((await query(admin, "operations.secrets")).status).toBe(403);
});

it("a secret is in use since it was first seen, and keeps that time when it becomes the previous one", async () => {
	const [start, rotated] = [Date.UTC(2031, 0, 1), Date.UTC(2031, 5, 1)];
	await recordSecrets({ db, config: before, now: start });
	await recordSecrets({ db, config: before, now: start + DAY_MS });
	const state = await stateOf("KEY_PEPPER", during, rotated);
	expect([state?.since, state?.previous?.since]).toEqual(["2031-06-01T00:00:00.000Z", "2031-01-01T00:00:00.000Z"]);
});

it("a secret that is accepted before it is used can't be removed, and the one that it replaces then shows when it can", async () => {
	const now = Date.UTC(2031, 5, 1);
	const names = ["JWT_SECRET", "SERVICE_ROLE_KEY", "KEY_PEPPER", "SIGNING_KEY"] as const;
	await recordSecrets({ db, config: before, now });
	const accepting = configWith(Object.fromEntries(names.map((name) => [`${name}_PREVIOUS`, SECOND[name]] as const)));
	for (const name of names)
		for (const later of [now + 60_000, now + 30 * DAY_MS])
			expect([name, (await stateOf(name, accepting, later))?.previous?.removable_at]).toEqual([name, null]);
	for (const name of names)
		expect([name, (await stateOf(name, during, now + 31 * DAY_MS))?.previous?.removable_at]).toEqual([
			name,
			expect.any(String),
		]);
});

describe("the previous pepper", () => {
	it("counts the active keys and management tokens that depend on it, by tenant, and can be removed when there are none", async () => {
		const [many, few] = [await addTenant(), await addTenant()];
		const admin = await token({ tenantId: many });
		for (let n = 0; n < 3; n++) await createKey(admin);
		const revoked = await createKey(admin);
		await mutate(admin, "keys.revoke", { id: revoked.api_key.id });
		await createKey(admin, { authentication: "signed" });
		await createKey(await token({ tenantId: few }));
		const made = await mutate<IssuedToken>(admin, "tokens.create", {
			name: "CI",
			permissions: ["keys:read"],
			expires_in_days: 9,
		});
		expect(made.status).toBe(200);

		expect((await stateOf("KEY_PEPPER"))?.previous).toMatchObject({
			dependents: { api_keys: 4, management_tokens: 1 },
			tenants: [
				{ id: many, api_keys: 3, management_tokens: 1 },
				{ id: few, api_keys: 1, management_tokens: 0 },
			],
			removable_at: null,
		});
		expect((await stateOf("SIGNING_KEY"))?.previous).toMatchObject({
			dependents: { api_keys: 1, management_tokens: 0 },
			removable_at: null,
		});
		// With the previous pepper removed, the same keys are missing theirs.
		expect((await stateOf("KEY_PEPPER", after))?.missing).toMatchObject([{ api_keys: 4 }]);
		expect((await stateOf("SIGNING_KEY", after))?.missing).toMatchObject([{ api_keys: 1 }]);

		await db.update(apiKeys).set({ revokedAt: 1 });
		await mutate(admin, "tokens.revoke", { id: made.data.management_token.id });
		const now = Date.now();
		expect((await stateOf("KEY_PEPPER", during, now))?.previous).toMatchObject({
			dependents: { api_keys: 0, management_tokens: 0 },
			removable_at: new Date(now).toISOString(),
		});
	});

	it("can't be removed while it has dependents, although keys of another secret fill what is counted", async () => {
		const admin = await token({ tenantId: await addTenant() });
		for (let n = 0; n < 3; n++) await createKey(admin);
		await createKey(await token({ tenantId: await addTenant() }), { authentication: "signed" });
		const { secrets } = await operationsSecrets({ db, config: during, now: Date.now() }, 2);
		const previous = (of: string) => secrets.find(({ name }) => name === of)?.previous;
		expect(previous("KEY_PEPPER")?.dependents).toMatchObject({ api_keys: 2, is_lower_bound: true });
		expect(previous("SIGNING_KEY")).toMatchObject({
			dependents: { api_keys: 1, is_lower_bound: false },
			removable_at: null,
		});
	});

	it("counts a management token of an earlier release until it shows its pepper by a use", async () => {
		const tenantId = await addTenant();
		const admin = await token({ tenantId });
		const made = await mutate<IssuedToken>(admin, "tokens.create", {
			name: "CI",
			permissions: ["keys:read"],
			expires_in_days: 9,
		});
		const { id } = made.data.management_token;
		await db.update(managementTokens).set({ pepperId: null }).where(eq(managementTokens.id, id));
		const withNoPrevious = async () =>
			(await stateOf("KEY_PEPPER", configWith({ KEY_PEPPER: SECOND.KEY_PEPPER })))?.previous;
		expect(await withNoPrevious()).toBeNull();
		expect((await stateOf("KEY_PEPPER"))?.previous?.dependents?.management_tokens).toBe(1);
		expect((await call(before, made.data.token, "/v1/api-keys")).status).toBe(200);
		const shown = await query<{ pepper_id: string }>(admin, "tokens.get", { id });
		expect(shown.data.pepper_id).toMatch(/^[0-9a-f]{8}$/);
	});
});

describe("the previous token secret", () => {
	const signed = (config: typeof before, tenantId: string, issued: number, ends: number) =>
		signToken({ tenant_id: tenantId, role: "admin", capabilities: [] }, "usr_a", config.jwt, issued, ends);

	it("can be removed a day after the change, because no token lives longer", async () => {
		const now = Date.UTC(2031, 5, 1);
		expect((await stateOf("JWT_SECRET", during, now))?.previous).toMatchObject({
			last_used_at: null,
			removable_at: "2031-06-02T00:00:00.000Z",
			dependents: null,
		});
	});

	it("can be removed only after the last token ends that another back end has signed with it", async () => {
		const tenantId = await addTenant();
		const now = Date.now();
		await recordSecrets({ db, config: during, now: now - 3 * DAY_MS });
		const ends = Math.floor(now / 1_000) * 1_000 + DAY_MS / 2;
		const old = await signed(before, tenantId, now, ends);
		expect((await call(during, old, "/v1/api-keys")).status).toBe(200);
		const { previous } = (await stateOf("JWT_SECRET")) ?? {};
		expect(previous?.removable_at).toBe(new Date(ends).toISOString());
		expect(Date.parse(previous?.last_used_at ?? "")).toBeGreaterThanOrEqual(now);
	});

	it("can be removed a day after a change back, not a day after the secret was first in use", async () => {
		const start = Date.UTC(2031, 0, 1);
		const back = configWith({ JWT_SECRET_PREVIOUS: SECOND.JWT_SECRET });
		await recordSecrets({ db, config: before, now: start });
		await recordSecrets({ db, config: during, now: start + 90 * DAY_MS });
		const now = start + 90 * DAY_MS + 7_200_000;
		const state = await stateOf("JWT_SECRET", back, now);
		expect(state?.since).toBe(new Date(now).toISOString());
		expect(state?.previous?.removable_at).toBe(new Date(now + DAY_MS).toISOString());
	});

	it("can't be removed after a change back that no run has seen, because it may be the next secret", async () => {
		const start = Date.UTC(2031, 0, 1);
		await recordSecrets({ db, config: before, now: start });
		const now = start + 90 * DAY_MS;
		const state = await stateOf("JWT_SECRET", configWith({ JWT_SECRET_PREVIOUS: SECOND.JWT_SECRET }), now);
		expect(state?.previous?.removable_at).toBeNull();
	});

	it("is not used by tokens of the current one", async () => {
		const tenantId = await addTenant();
		const now = Date.now();
		expect((await call(during, await signed(during, tenantId, now, now + 60_000), "/v1/api-keys")).status).toBe(200);
		expect((await stateOf("JWT_SECRET"))?.previous?.last_used_at).toBeNull();
	});
});

describe("the previous service key", () => {
	it("can be removed once it was unused for longer than a week", async () => {
		const tenantId = await addTenant();
		await recordSecrets({ db, config: during, now: Date.now() - 30 * DAY_MS });
		const unused = (await stateOf("SERVICE_ROLE_KEY"))?.previous;
		expect(unused?.last_used_at).toBeNull();
		expect(Date.parse(unused?.removable_at ?? "")).toBeLessThan(Date.now());
		expect((await call(during, env.SERVICE_ROLE_KEY, "/v1/api-keys", tenantId)).status).toBe(200);
		const used = (await stateOf("SERVICE_ROLE_KEY"))?.previous;
		expect(Date.parse(used?.removable_at ?? "")).toBe(Date.parse(used?.last_used_at ?? "") + 8 * DAY_MS);
		expect((await call(during, SECOND.SERVICE_ROLE_KEY, "/v1/api-keys", tenantId)).status).toBe(200);
	});
});

it("every credential works while all secrets are rotated at once, and without the previous ones exactly the old fail", async () => {
	const tenantId = await addTenant();
	const now = Date.now();
	const userToken = (config: typeof before) =>
		signToken({ tenant_id: tenantId, role: "admin", capabilities: [] }, "usr_a", config.jwt, now, now + 60_000);
	const make = async (config: typeof before, platform: string) => {
		const post = async <T>(path: string, body: object) => {
			const response = await createApp(config).fetch(
				new Request(ORIGIN + path, {
					method: "POST",
					headers: {
						authorization: `Bearer ${platform}`,
						"x-tenant-id": tenantId,
						"content-type": "application/json",
					},
					body: JSON.stringify(body),
				}),
				env,
			);
			// A test asserts what it needs of the shape.
			return ((await response.json()) as { data: T }).data;
		};
		const { key } = await post<IssuedKey>("/v1/api-keys", { name: "A", scopes: [] });
		const made = await post<IssuedToken>("/v1/management-tokens", {
			name: "CI",
			permissions: ["keys:read"],
			expires_in_days: 9,
		});
		return { key, management: made.token, user: await userToken(config), platform };
	};
	const old = await make(before, env.SERVICE_ROLE_KEY);
	const young = await make(during, SECOND.SERVICE_ROLE_KEY);
	const statuses = async (config: typeof before, { key, management, user, platform }: typeof old) =>
		Promise.all(
			[
				call(config, key, "/v1/whoami"),
				call(config, management, "/v1/api-keys"),
				call(config, user, "/v1/api-keys"),
				call(config, platform, "/v1/api-keys", tenantId),
			].map(async (response) => (await response).status),
		);
	const ALL = [200, 200, 200, 200];
	expect(await statuses(during, old)).toEqual(ALL);
	expect(await statuses(during, young)).toEqual(ALL);
	expect(await statuses(after, young)).toEqual(ALL);
	expect(await statuses(after, old)).toEqual([401, 401, 401, 401]);
});
