/** Every credential against every procedure and every route. */
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterAll, describe, expect, it, vi } from "vitest";
import { apiKeys } from "../../../db/schema.ts";
import { Secret } from "../../../worker/env.ts";
import { mintKey } from "../../../worker/gate/key-material.ts";
import { hourOf } from "../../../worker/gate/window.ts";
import { SCOPES } from "../../../worker/schemas/vocabulary.ts";
import { appRouter } from "../../../worker/trpc/root.ts";
import { addTenant, asIntegration, createKey, db, mutate, ORIGIN, query, request, token } from "../world.ts";
import {
	type Audience,
	CALLS,
	type Credential,
	catchAlls,
	NAMED_CALLS,
	type Outcome,
	outcomeOf,
} from "./auth-matrix.ts";

// The middle of an hour, so that a key whose hour is used up does not get a new one on the way.
vi.useFakeTimers({ toFake: ["Date"], now: hourOf(Date.now()) + 30 * 60_000 });
afterAll(() => vi.useRealTimers());

const tenantId = await addTenant();
const otherTenantId = await addTenant();
const UNKNOWN_TENANT = "ten_00000000000000000000";

const admin = await token({ tenantId });
const owner = await token({ tenantId, role: "owner" });
const member = await token({ tenantId, role: "member" });
const trusted = await token({ tenantId, role: "member", capabilities: ["admin.integrations"] });
const otherwiseTrusted = await token({ tenantId, role: "member", capabilities: ["admin.users", "integrations"] });
const stranger = await token({ tenantId: otherTenantId });
const ended = await token({ tenantId, claims: { session_id: "ses_00000000000000000000" } });

const unrestricted = { scopes: [], rate_limit: 1_000_000 };
const live = await createKey(admin, unrestricted);
const test = await createKey(admin, { ...unrestricted, environment: "test" });
const usedUp = await createKey(admin, { ...unrestricted, rate_limit: 1 });
await asIntegration(usedUp.key);
const elsewhere = await createKey(admin, { ...unrestricted, ip_allowlist: ["203.0.113.7"] });
const revoked = await createKey(admin, unrestricted);
await mutate(admin, "keys.revoke", { id: revoked.api_key.id });
const deleted = await createKey(admin, unrestricted);
await mutate(admin, "keys.delete", { id: deleted.api_key.id });
const expired = await createKey(admin, { ...unrestricted, expires_in_days: 1 });
// Its gate has not seen the key yet, and takes it from here.
await db
	.update(apiKeys)
	.set({ expiresAt: Date.now() - 1 })
	.where(eq(apiKeys.id, expired.api_key.id));
/** Right in every character, but nobody has it. */
const neverIssued = mintKey("live", new Secret(env.KEY_PEPPER)).key;
/** Right but for one character of its tag. */
const forged = live.key.slice(0, -1) + (live.key.endsWith("0") ? "1" : "0");

const bearer = (credential: string, more: Record<string, string> = {}): Credential => ({
	headers: { authorization: `Bearer ${credential}`, ...more },
});
const xApiKey = (key: string): Credential => ({ headers: { "x-api-key": key } });
const platform = bearer(env.SERVICE_ROLE_KEY);
const platformIn = (tenant: string) => bearer(env.SERVICE_ROLE_KEY, { "x-tenant-id": tenant });

/** What a credential may expect. What is public is open to all of them. */
type Expected = Record<Exclude<Audience, "public">, Outcome>;

const NOBODY: Expected = {
	user: "401 UNAUTHORIZED",
	manage: "401 UNAUTHORIZED",
	platform: "401 UNAUTHORIZED",
	integration: "401 UNAUTHORIZED",
};
const KEY: Expected = {
	user: "403 FORBIDDEN",
	manage: "403 FORBIDDEN",
	platform: "403 FORBIDDEN",
	integration: "passes",
};
const MANAGER: Expected = {
	user: "passes",
	manage: "passes",
	platform: "403 FORBIDDEN",
	integration: "401 UNAUTHORIZED",
};
const MEMBER: Expected = { ...MANAGER, manage: "403 FORBIDDEN: admin.integrations" };
const PLATFORM: Expected = {
	user: "403 FORBIDDEN",
	manage: "passes",
	platform: "passes",
	integration: "401 UNAUTHORIZED",
};
const PLATFORM_NOWHERE: Expected = { ...PLATFORM, manage: "400 VALIDATION_ERROR: tenant_id" };
const PLATFORM_LOST: Expected = { ...PLATFORM, manage: "404 NOT_FOUND: tenant" };

const CREDENTIALS: Record<string, [Credential, Expected]> = {
	"nothing at all": [{ headers: {} }, NOBODY],
	"Authorization without a credential": [{ headers: { authorization: "Bearer" } }, NOBODY],
	"an empty Authorization": [{ headers: { authorization: "" } }, NOBODY],
	"two words after Bearer": [{ headers: { authorization: `Bearer ${admin} ${admin}` } }, NOBODY],
	"a token without Bearer": [{ headers: { authorization: admin } }, NOBODY],
	"a key without Bearer": [{ headers: { authorization: live.key } }, NOBODY],
	"the scheme Basic": [{ headers: { authorization: `Basic ${btoa(`admin:${live.key}`)}` } }, NOBODY],
	"a bearer that is nothing": [bearer("something"), NOBODY],
	"an empty X-API-Key": [xApiKey(""), NOBODY],

	"a forged key": [bearer(forged), NOBODY],
	"a forged key as X-API-Key": [xApiKey(forged), NOBODY],
	"a truncated key": [bearer(live.key.slice(0, -1)), NOBODY],
	"a key with something behind it": [bearer(`${live.key}0`), NOBODY],
	"the prefix of a key": [bearer("sk_live_"), NOBODY],
	"a test key that calls itself live": [bearer(test.key.replace("test", "live")), NOBODY],
	"a key that was never issued": [bearer(neverIssued), NOBODY],
	"a revoked key": [bearer(revoked.key), NOBODY],
	"a revoked key as X-API-Key": [xApiKey(revoked.key), NOBODY],
	"an expired key": [bearer(expired.key), NOBODY],
	"a deleted key": [bearer(deleted.key), NOBODY],
	"a live key in the session cookie": [{ headers: { cookie: `__Host-session=${live.key}`, origin: ORIGIN } }, NOBODY],
	"a broken Authorization beside a live key": [{ headers: { authorization: "Bearer", "x-api-key": live.key } }, NOBODY],

	"a live key": [bearer(live.key), KEY],
	"a live key as X-API-Key": [xApiKey(live.key), KEY],
	"a live key after bearer in lower case": [{ headers: { authorization: `bearer ${live.key}` } }, KEY],
	"a live key that names a tenant": [{ ...bearer(live.key, { "x-tenant-id": tenantId }), inUrl: tenantId }, KEY],
	"a test key": [bearer(test.key), KEY],
	"a key whose hour is used up": [bearer(usedUp.key), { ...KEY, integration: "429 RATE_LIMITED" }],
	"a key from an address that is not allowed": [bearer(elsewhere.key), { ...KEY, integration: "403 FORBIDDEN" }],

	"a member's token": [bearer(member), MEMBER],
	"the token of a member with other capabilities": [bearer(otherwiseTrusted), MEMBER],
	"a member's token that names another tenant": [
		{ ...bearer(member, { "x-tenant-id": otherTenantId }), inBody: otherTenantId },
		MEMBER,
	],
	"the token of a member with admin.integrations": [bearer(trusted), MANAGER],
	"an admin's token": [bearer(admin), MANAGER],
	"an admin's token in the session cookie": [
		{ headers: { cookie: `__Host-session=${admin}`, origin: ORIGIN } },
		MANAGER,
	],
	"an admin's token in a cookie of another name": [{ headers: { cookie: `session=${admin}`, origin: ORIGIN } }, NOBODY],
	"an admin's token as X-API-Key": [xApiKey(admin), NOBODY],
	"an admin's token that names an unknown tenant": [
		{ ...bearer(admin, { "x-tenant-id": UNKNOWN_TENANT }), inBody: UNKNOWN_TENANT },
		MANAGER,
	],
	"an owner's token": [bearer(owner), MANAGER],
	"the token of another tenant's admin": [bearer(stranger), MANAGER],
	"the token of a session that has ended": [bearer(ended), NOBODY],

	"service_role without a tenant": [platform, PLATFORM_NOWHERE],
	"service_role with an empty X-Tenant-Id": [platformIn(""), PLATFORM_NOWHERE],
	"service_role with X-Tenant-Id": [platformIn(tenantId), PLATFORM],
	"service_role with tenant_id in the body": [{ ...platform, inBody: tenantId }, PLATFORM],
	"service_role with tenant_id in the query string": [{ ...platform, inUrl: tenantId }, PLATFORM],
	"service_role with one tenant in every place": [
		{ ...platformIn(tenantId), inBody: tenantId, inUrl: tenantId },
		PLATFORM,
	],
	"service_role with another tenant in the body": [
		{ ...platformIn(tenantId), inBody: otherTenantId },
		PLATFORM_NOWHERE,
	],
	"service_role with another tenant in the query string": [
		{ ...platformIn(tenantId), inUrl: otherTenantId },
		PLATFORM_NOWHERE,
	],
	"service_role with an unknown tenant as X-Tenant-Id": [platformIn(UNKNOWN_TENANT), PLATFORM_LOST],
	"service_role with an unknown tenant in the body": [{ ...platform, inBody: UNKNOWN_TENANT }, PLATFORM_LOST],
	"the service_role key with a character too many": [bearer(`${env.SERVICE_ROLE_KEY}0`), NOBODY],
	"the service_role key as X-API-Key": [xApiKey(env.SERVICE_ROLE_KEY), NOBODY],
	"the service_role key in the session cookie": [
		{ headers: { cookie: `__Host-session=${env.SERVICE_ROLE_KEY}`, origin: ORIGIN, "x-tenant-id": tenantId } },
		NOBODY,
	],
};

describe("the matrix", () => {
	it("covers every procedure and every route, and names none that is gone", () => {
		expect(CALLS.map((call) => call.name)).toEqual(expect.arrayContaining(NAMED_CALLS));
		expect(Object.keys(appRouter._def.lazy)).toEqual([]);
		expect(catchAlls()).toEqual(["/trpc/*"]);
	});
});

describe.each(Object.entries(CREDENTIALS))("%s", (_, [credential, expected]) => {
	it("reaches exactly what it may", async () => {
		const outcomes: Record<string, Outcome> = {};
		for (const call of CALLS) outcomes[call.name] = await outcomeOf(await call.send(credential));
		expect(outcomes).toEqual(
			Object.fromEntries(
				CALLS.map(({ name, audience }) => [name, audience === "public" ? "passes" : expected[audience]]),
			),
		);
	});
});

describe("an API key without the scope that a route takes", () => {
	it.each(SCOPES)("is told that it lacks %s", async (missing) => {
		const { key } = await createKey(admin, { scopes: SCOPES.filter((scope) => scope !== missing) });
		const outcomes: Record<string, Outcome> = {};
		const routes = CALLS.filter((call) => call.audience === "integration");
		for (const call of routes) outcomes[call.name] = await outcomeOf(await call.send(bearer(key)));
		expect(outcomes).toEqual(
			Object.fromEntries(
				routes.map(({ name, scope }) => [name, scope === missing ? `403 FORBIDDEN: ${missing}` : "passes"]),
			),
		);
	});
});

describe("an API key on management calls", () => {
	it("is not counted as used by any of them", async () => {
		const { key, api_key } = await createKey(admin, { scopes: [], rate_limit: 5 });
		for (const call of CALLS.filter(({ audience }) => audience !== "integration")) await call.send(bearer(key));
		const { data } = await query(admin, "keys.get", { id: api_key.id });
		expect(data).toMatchObject({ usage_count: 0, last_used_at: null, current_hour: { used: 0 }, recent_callers: [] });
	});
});

describe("a credential in the URL", () => {
	it.each(["api_key", "key", "token", "access_token", "authorization", "x-api-key"])(
		"is none, as %s",
		async (parameter) => {
			for (const credential of [live.key, admin, env.SERVICE_ROLE_KEY]) {
				const search = `?${new URLSearchParams({ [parameter]: credential })}`;
				expect(await outcomeOf(await request(`/v1/whoami${search}`))).toBe("401 UNAUTHORIZED");
				expect(await outcomeOf(await request(`/trpc/keys.list${search}`))).toBe("401 UNAUTHORIZED");
			}
		},
	);
});

describe("several calls in one batch", () => {
	const batch = (who: Credential) =>
		request("/trpc/session.me,keys.list,tenants.list,scopes.list?batch=1&input=%7B%7D", { headers: who.headers });
	const codes = async (response: Response) => {
		// The shape of a batch; what is missing shows as undefined.
		const answers = (await response.json()) as { error?: { data: { code: string } } }[];
		return answers.map((answer) => answer.error?.data.code ?? "passes");
	};

	it("are judged one by one", async () => {
		expect(await codes(await batch(bearer(admin)))).toEqual(["passes", "passes", "FORBIDDEN", "passes"]);
		expect(await codes(await batch(bearer(member)))).toEqual(["passes", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN"]);
		expect(await codes(await batch(platformIn(tenantId)))).toEqual(["FORBIDDEN", "passes", "passes", "passes"]);
		expect(await codes(await batch(bearer(live.key)))).toEqual(Array(4).fill("FORBIDDEN"));
		expect(await codes(await batch({ headers: {} }))).toEqual(Array(4).fill("UNAUTHORIZED"));
	});

	it("say how to authenticate where none has a credential", async () => {
		const response = await batch({ headers: {} });
		expect(response.status).toBe(401);
		expect(response.headers.get("www-authenticate")).toBe("Bearer");
	});
});
