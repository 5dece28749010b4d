/**
 * Every credential on every operation. A rejected call changes nothing. `npm test` tries a sample, in which each credential
 * and each operation still meets every kind of outcome; `npm run test:proofs` tries every pair.
 */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { PERMISSIONS, type Permission, SCOPES, type Scope, TOKEN_PERMISSIONS } from "../../../db/enums.ts";
import { apiKeys } from "../../../db/schema.ts";
import { createApp } from "../../../worker/app.ts";
import { mintManagementToken } from "../../../worker/auth/management-token.ts";
import { openPlatformSession, platformCookie } from "../../../worker/auth/platform-session.ts";
import { readConfig, Secret } from "../../../worker/env.ts";
import { mintKey } from "../../../worker/keys/format.ts";
import { hourOf } from "../../../worker/keys/window.ts";
import type { IssuedKey } from "../../../worker/schemas/api-key.ts";
import { forgetRuns } from "../../../worker/services/people.ts";
import { appRouter } from "../../../worker/trpc/root.ts";
import { oldKey } from "../../old-key.ts";
import { authorizationOf, type ToSign } from "../../sign.ts";
import { asIntegration, createKey, db, gateOf, mutate, ORIGIN, query, request, token } from "../fixtures.ts";
import { importKey } from "../imported/importing.ts";
import {
	type Audience,
	type Credential,
	isOfIntegrations,
	type Json,
	OPERATIONS,
	type Operation,
	permissionOf,
	requestOf,
	send,
} from "../operations.ts";
import { addToken } from "./add-token.ts";
import { AUDIENCES, type Outcome, outcomeOf, UNDOCUMENTED } from "./auth-matrix.ts";
import { cover } from "./cover.ts";
import { forgedTokens } from "./forged-tokens.ts";
import { goodInput, isAboutOne, openSession, populatedTenant, spareKey, spareLead } from "./populated-tenant.ts";
import { everythingStored } from "./stored.ts";

// The middle of an hour, so that no new hour begins for a key that has used up its limit.
vi.useFakeTimers({ toFake: ["Date"], now: hourOf(Date.now()) + 30 * 60_000 });
afterAll(() => vi.useRealTimers());

const ours = await populatedTenant();
const theirs = await populatedTenant();
const { tenantId, admin } = ours;
const UNKNOWN_TENANT = "ten_00000000000000000000";

const owner = await token({ tenantId, role: "owner" });
const member = await token({ tenantId, role: "member" });
const trusted = await token({ tenantId, role: "member", capabilities: ["admin.integrations"] });
const otherwiseTrusted = await token({ tenantId, role: "member", capabilities: ["admin.users", "integrations"] });
const foreignOwner = await token({ tenantId: theirs.tenantId, role: "owner" });
const ended = await token({ tenantId, claims: { session_id: "ses_00000000000000000000" } });

const program = await addToken(tenantId);

const unrestricted = { scopes: [], rate_limit: 1_000_000 };
const { live, test } = ours.keys;
const usedUp = await createKey(admin, { ...unrestricted, rate_limit: 1 });
await asIntegration(usedUp.key);
const elsewhere = await createKey(admin, { ...unrestricted, ip_allowlist: ["203.0.113.7"] });
const revoked = await createKey(admin, unrestricted);
await mutate(admin, "keys.revoke", { id: revoked.api_key.id });
const deleted = await createKey(admin, unrestricted);
await mutate(admin, "keys.delete", { id: deleted.api_key.id });
const expired = await createKey(admin, { ...unrestricted, expires_in_days: 1 });
// Its gate has not loaded the key yet, and reads it from this row.
await db
	.update(apiKeys)
	.set({ expiresAt: Date.now() - 1 })
	.where(eq(apiKeys.id, expired.api_key.id));
const unlimited = { rate_limit: 1_000_000 };
const imported = await importKey(tenantId, unlimited);
const importedTest = await importKey(tenantId, { ...unlimited, environment: "test" });
const importedTheirs = await importKey(theirs.tenantId, unlimited);
const importedReader = await importKey(tenantId, { ...unlimited, scopes: ["leads:read"] });
const importedUnused = await importKey(tenantId, unlimited);
const importedRevoked = await importKey(tenantId, unlimited);
await mutate(admin, "keys.revoke", { id: importedRevoked.id });
const importedDeleted = await importKey(tenantId, unlimited);
await mutate(admin, "keys.delete", { id: importedDeleted.id });
// D1 learns from the first presentation. Here it must not do so while calls that change nothing are checked.
for (const { id, key } of [imported, importedTest, importedTheirs, importedReader, importedRevoked]) {
	await asIntegration(key);
	await runDurableObjectAlarm(gateOf(id));
}
/** Well-formed, with the right tag, but never issued. */
const neverIssued = mintKey("live", new Secret(env.KEY_PEPPER)).key;
/** One character of its tag is wrong. */
const forged = live.key.slice(0, -1) + (live.key.endsWith("0") ? "1" : "0");

/** A new signed key. Each row has its own: the same request under the same key would be a replay. */
const signedKey = async (input: Json = {}) =>
	(await createKey(admin, { ...unrestricted, authentication: "signed", ...input })) as IssuedKey;
const signedBy = (
	{ key, secret }: { key: string; secret?: string | null },
	more: Partial<ToSign> = {},
): Credential => ({
	headers: {},
	sign: (sent) => authorizationOf({ key, secret: secret ?? "", ...sent, ...more }),
});
/** Signs the path without its query. */
const withoutQuery = ({ sign, ...credential }: Credential): Credential => ({
	...credential,
	sign: (sent) => sign?.({ ...sent, path: sent.path.replace(/\?.*/, "") }) ?? "",
});
const WRONG_SECRET = `sks_live_${"0".repeat(48)}`;
const signer = await signedKey();
const signedReader = await signedKey({ scopes: ["leads:read"] });
const signedRevoked = await signedKey();
await mutate(admin, "keys.revoke", { id: signedRevoked.api_key.id });
const signedDeleted = await signedKey();
await mutate(admin, "keys.delete", { id: signedDeleted.api_key.id });

const bearer = (credential: string, more: Record<string, string> = {}): Credential => ({
	headers: { authorization: `Bearer ${credential}`, ...more },
});
const xApiKey = (key: string): Credential => ({ headers: { "x-api-key": key } });
const platform = bearer(env.SERVICE_ROLE_KEY);
const platformIn = (tenant: string) => bearer(env.SERVICE_ROLE_KEY, { "x-tenant-id": tenant });
const inCookie = (value: string, more: Record<string, string> = { origin: ORIGIN }): Credential => ({
	headers: { cookie: `__Host-session=${value}`, ...more },
});
/** Signing out ends a session, so every call gets its own. */
const session = (more: Record<string, string>) => async (): Promise<Credential> => ({
	headers: { cookie: await openSession(tenantId), ...more },
});

/** The session of an operator of the platform, who acts in this tenant. */
const operator = (more: Record<string, string>) => async (): Promise<Credential> => {
	const opened = await openPlatformSession(db, env.SERVICE_ROLE_KEY, { ip: null, userAgent: null }, Date.now());
	const cookie = platformCookie(opened).split(";")[0] ?? "";
	return { headers: { cookie, "x-salesos-platform": "1", "x-tenant-id": tenantId, ...more } };
};

/** What a credential may expect of an operation. */
type Expected = (operation: Operation & { audience: Audience }) => Outcome;

/**
 * The outcome by audience. Public operations always succeed. `inTenant` is for operations that require a permission: one
 * outcome, or the permissions that the caller has. `integration` is for operations of API keys.
 */
const byAudience =
	(person: Outcome, inTenant: Outcome | readonly Permission[], ofPlatform: Outcome, integration: Outcome): Expected =>
	({ audience }) => {
		const permission = permissionOf(audience);
		if (permission !== undefined) {
			if (typeof inTenant === "string") return inTenant;
			return inTenant.includes(permission) ? "success" : `403 FORBIDDEN: ${permission}`;
		}
		switch (audience) {
			case "public":
				return "success";
			case "person":
				return person;
			case "account":
				return person === "success" ? "403 FORBIDDEN" : person;
			case "platform":
				return ofPlatform;
			case "platform in a tenant":
				// Only the platform may call these, and it has to name a tenant, as for operations in a tenant.
				return ofPlatform === "success" && typeof inTenant === "string" ? inTenant : ofPlatform;
			default:
				return integration;
		}
	};

const REJECTED = byAudience("401 UNAUTHORIZED", "401 UNAUTHORIZED", "401 UNAUTHORIZED", "401 UNAUTHORIZED");
const BAD_SIGNATURE: Expected = (operation) =>
	REJECTED(operation) === "success" ? "success" : "401 UNAUTHORIZED: signature";
const NO_CREDENTIAL: Expected = (operation) =>
	REJECTED(operation) === "success" ? "success" : "401 UNAUTHORIZED: no credential";
const KEY = byAudience("403 FORBIDDEN", "403 FORBIDDEN", "403 FORBIDDEN", "success");
const ofKey = (integration: Outcome) => byAudience("403 FORBIDDEN", "403 FORBIDDEN", "403 FORBIDDEN", integration);
const person = (permissions: readonly Permission[]) =>
	byAudience("success", permissions, "403 FORBIDDEN", "401 UNAUTHORIZED");
const MANAGER = person(PERMISSIONS);
const KEY_MANAGER = person(["keys:read", "keys:write", "keys:verify", "audit:read"]);
const MEMBER = person([]);
/** No program is a person. */
const programWith = (permissions: readonly Permission[]) =>
	byAudience("403 FORBIDDEN", permissions, "403 FORBIDDEN", "401 UNAUTHORIZED");
const PROGRAM = programWith(TOKEN_PERMISSIONS);
const PLATFORM = byAudience("403 FORBIDDEN", "success", "success", "401 UNAUTHORIZED");
const ofPlatform = (manager: Outcome) => byAudience("403 FORBIDDEN", manager, "success", "401 UNAUTHORIZED");
const PLATFORM_NOWHERE = ofPlatform("400 VALIDATION_ERROR: tenant_id");
const PLATFORM_LOST = ofPlatform("404 NOT_FOUND: tenant");

/** The same for a person who has signed in here. */
const signedIn =
	(expected: Expected): Expected =>
	(operation) =>
		operation.audience === "account" ? "success" : expected(operation);

/** The same, but a key or lead of this tenant is not found. */
const butNotOurs =
	(expected: Expected): Expected =>
	(operation) =>
		expected(operation) === "success" && isAboutOne(operation) ? "404 NOT_FOUND" : expected(operation);
/** A browser may send the cookie to any operation, but only reads succeed. */
const onlyReading =
	(...butFor: string[]): Expected =>
	(operation) => {
		const { method, name, audience } = operation;
		const isForKeys = REJECTED(operation) === "401 UNAUTHORIZED" && KEY(operation) === "success";
		if (isForKeys) return "401 UNAUTHORIZED: no credential";
		if (method === "GET" || butFor.includes(name)) return MANAGER(operation);
		return isOfIntegrations(audience) ? MANAGER(operation) : "403 FORBIDDEN";
	};

/** A cookie is no credential of an integration. */
const inCookieOnly =
	(expected: Expected): Expected =>
	(operation) =>
		KEY(operation) === "success" && REJECTED(operation) !== "success"
			? "401 UNAUTHORIZED: no credential"
			: expected(operation);

type Row = [Credential | (() => Promise<Credential>), Expected, ("live" | "test")?];

const CREDENTIALS: Record<string, Row> = {
	"no credential": [{ headers: {} }, NO_CREDENTIAL],
	"Authorization without a credential": [{ headers: { authorization: "Bearer" } }, REJECTED],
	"an empty Authorization": [{ headers: { authorization: "" } }, NO_CREDENTIAL],
	"two words after Bearer": [{ headers: { authorization: `Bearer ${admin} ${admin}` } }, REJECTED],
	"a token without Bearer": [{ headers: { authorization: admin } }, NO_CREDENTIAL],
	"a key without Bearer": [{ headers: { authorization: live.key } }, NO_CREDENTIAL],
	"the scheme Basic": [{ headers: { authorization: `Basic ${btoa(`admin:${live.key}`)}` } }, NO_CREDENTIAL],
	"the scheme Basic of a proxy beside a live key": [
		{ headers: { authorization: `Basic ${btoa("staging:secret")}`, "x-api-key": live.key } },
		KEY,
	],
	"the scheme Basic of a proxy beside a session of this site": [
		session({ authorization: `Basic ${btoa("staging:secret")}`, origin: ORIGIN }),
		inCookieOnly(signedIn(MANAGER)),
	],
	"the scheme Basic of a proxy beside a session that another site sends along": [
		session({ authorization: `Basic ${btoa("staging:secret")}`, origin: "https://evil.example" }),
		inCookieOnly(onlyReading()),
	],
	"a malformed Bearer beside a session of this site": [session({ authorization: "Bearer", origin: ORIGIN }), REJECTED],
	"an unknown bearer": [bearer("something"), REJECTED],
	"a bearer of 100 kB": [bearer("x".repeat(100_000)), REJECTED],
	"an empty X-API-Key": [xApiKey(""), NO_CREDENTIAL],

	...Object.fromEntries(
		Object.entries(await forgedTokens(tenantId)).flatMap(([what, forgery]): [string, Row][] => [
			[`a token with ${what}`, [bearer(forgery), REJECTED]],
		]),
	),
	"a forged token in the session cookie": [
		inCookie((await forgedTokens(tenantId))["alg none"] ?? ""),
		inCookieOnly(REJECTED),
	],

	"a forged key": [bearer(forged), REJECTED],
	"a forged key as X-API-Key": [xApiKey(forged), REJECTED],
	"a truncated key": [bearer(live.key.slice(0, -1)), REJECTED],
	"a key with a character too many": [bearer(`${live.key}0`), REJECTED],
	"the prefix of a key": [bearer("sk_live_"), REJECTED],
	"a test key that calls itself live": [bearer(test.key.replace("test", "live")), REJECTED],
	"a live key that calls itself test": [bearer(live.key.replace("live", "test")), REJECTED],
	"a key that was never issued": [bearer(neverIssued), REJECTED],
	"a revoked key": [bearer(revoked.key), REJECTED],
	"a revoked key as X-API-Key": [xApiKey(revoked.key), REJECTED],
	"an expired key": [bearer(expired.key), REJECTED],
	"a deleted key": [bearer(deleted.key), REJECTED],
	"a live key in the session cookie": [inCookie(live.key), inCookieOnly(REJECTED)],
	"a broken Authorization beside a live key": [
		{ headers: { authorization: "Bearer", "x-api-key": live.key } },
		REJECTED,
	],

	"an unrestricted key": [bearer(live.key), KEY],
	"an unrestricted key as X-API-Key": [xApiKey(live.key), KEY],
	"an unrestricted key after bearer in lower case": [{ headers: { authorization: `bearer ${live.key}` } }, KEY],
	"an unrestricted key that names a tenant": [
		{ ...bearer(live.key, { "x-tenant-id": theirs.tenantId }), inUrl: theirs.tenantId },
		KEY,
	],
	"a live key on test data": [bearer(live.key), butNotOurs(KEY), "test"],
	"a test key on live data": [bearer(test.key), butNotOurs(KEY)],
	"a test key on test data": [bearer(test.key), KEY, "test"],
	"an imported key": [bearer(imported.key), KEY],
	"an imported key as X-API-Key": [xApiKey(imported.key), KEY],
	"an imported test key on live data": [bearer(importedTest.key), butNotOurs(KEY)],
	"another tenant's imported key": [bearer(importedTheirs.key), butNotOurs(KEY)],
	"an imported key that was revoked": [bearer(importedRevoked.key), REJECTED],
	"an imported key that was deleted": [bearer(importedDeleted.key), REJECTED],
	"an imported key without scopes for anything but leads:read": [
		bearer(importedReader.key),
		(operation) =>
			SCOPES.some((scope) => scope === operation.audience && scope !== "leads:read")
				? `403 FORBIDDEN: ${operation.audience as Scope}`
				: KEY(operation),
	],
	"text of the form of an imported key": [bearer(oldKey()), REJECTED],
	"an imported key with another character at its end": [bearer(`${imported.key.slice(0, -1)}!`), REJECTED],
	"another key with the prefix of one that was not presented yet": [
		bearer(importedUnused.key.slice(0, 20) + oldKey().slice(20)),
		REJECTED,
	],

	"a signed request": [signedBy(await signedKey()), KEY],
	"a request that is signed with its path alone": [withoutQuery(signedBy(await signedKey())), KEY],
	"a signed request of a test key on live data": [signedBy(await signedKey({ environment: "test" })), butNotOurs(KEY)],
	"a signed request of a test key on test data": [signedBy(await signedKey({ environment: "test" })), KEY, "test"],
	"a signed request without scopes for anything but leads:read": [
		signedBy(signedReader),
		(operation) =>
			SCOPES.some((scope) => scope === operation.audience && scope !== "leads:read")
				? `403 FORBIDDEN: ${operation.audience as Scope}`
				: KEY(operation),
	],
	"a signed key without a signature": [bearer(signer.key), REJECTED],
	"a signed key without a signature as X-API-Key": [xApiKey(signer.key), REJECTED],
	"the secret of a signed key": [bearer(signer.secret ?? ""), REJECTED],
	"a signature with another secret": [signedBy({ key: signer.key, secret: WRONG_SECRET }), BAD_SIGNATURE],
	"a signature with another secret beside a live key": [
		{ ...signedBy({ key: signer.key, secret: WRONG_SECRET }), headers: { "x-api-key": live.key } },
		BAD_SIGNATURE,
	],
	"a signature with another secret beside a session of this site": [
		async () => ({
			...signedBy({ key: signer.key, secret: WRONG_SECRET }),
			headers: { cookie: await openSession(tenantId), origin: ORIGIN },
		}),
		BAD_SIGNATURE,
	],
	"a signature for another path": [signedBy(signer, { path: "/v1/nothing" }), BAD_SIGNATURE],
	"a signature for another method": [signedBy(signer, { method: "PUT" }), BAD_SIGNATURE],
	"a signature for another body": [signedBy(signer, { body: "{}{}" }), BAD_SIGNATURE],
	"a signature that has expired": [signedBy(signer, { at: Math.floor(Date.now() / 1_000) - 31 }), BAD_SIGNATURE],
	"a signature from the future": [signedBy(signer, { at: Math.floor(Date.now() / 1_000) + 31 }), BAD_SIGNATURE],
	"a signature of a bearer key": [signedBy({ key: live.key, secret: live.key }), BAD_SIGNATURE],
	"a malformed signature": [{ headers: { authorization: `P2S-SIGN-V1 ${signer.key}` } }, BAD_SIGNATURE],
	"a signature of another version": [
		{ headers: {}, sign: (sent) => signedBy(signer).sign?.(sent).replace("V1", "V2") ?? "" },
		NO_CREDENTIAL,
	],
	"a signed request of a revoked key": [signedBy(signedRevoked), REJECTED],
	"a signed request of a deleted key": [signedBy(signedDeleted), REJECTED],

	"another tenant's key": [bearer(theirs.keys.live.key), butNotOurs(KEY)],
	"a key whose hour is used up": [bearer(usedUp.key), ofKey("429 RATE_LIMITED")],
	"a key from an address that is not allowed": [bearer(elsewhere.key), ofKey("403 FORBIDDEN")],
	...Object.fromEntries(
		await Promise.all(
			SCOPES.flatMap((scope) => [
				keyWith(`a key with nothing but ${scope}`, [scope]),
				keyWith(
					`a key with everything but ${scope}`,
					SCOPES.filter((other) => other !== scope),
				),
			]),
		),
	),

	"a member's token": [bearer(member), MEMBER],
	"the token of a member with other capabilities": [bearer(otherwiseTrusted), MEMBER],
	"a member's token that names another tenant": [
		{ ...bearer(member, { "x-tenant-id": theirs.tenantId }), inBody: theirs.tenantId },
		MEMBER,
	],
	"the token of a member with admin.integrations": [bearer(trusted), KEY_MANAGER],
	"an admin's token": [bearer(admin), MANAGER],
	"an admin's token in a cookie of another name": [
		{ headers: { cookie: `session=${admin}`, origin: ORIGIN } },
		NO_CREDENTIAL,
	],
	"an admin's token as X-API-Key": [xApiKey(admin), REJECTED],
	"an admin's token that names an unknown tenant": [
		{ ...bearer(admin, { "x-tenant-id": UNKNOWN_TENANT }), inBody: UNKNOWN_TENANT },
		MANAGER,
	],
	"an owner's token": [bearer(owner), MANAGER],
	"the token of a session that has ended": [bearer(ended), REJECTED],

	"another tenant's owner": [bearer(foreignOwner), butNotOurs(MANAGER)],
	"another tenant's owner who names this one in a header": [
		bearer(foreignOwner, { "x-tenant-id": tenantId }),
		butNotOurs(MANAGER),
	],
	"another tenant's owner who names this one in the body": [
		{ ...bearer(foreignOwner), inBody: tenantId },
		butNotOurs(MANAGER),
	],
	"another tenant's owner who names this one in the URL": [
		{ ...bearer(foreignOwner), inUrl: tenantId },
		butNotOurs(MANAGER),
	],

	...Object.fromEntries(
		await Promise.all(
			TOKEN_PERMISSIONS.map(async (permission): Promise<[string, Row]> => {
				const { token } = await addToken(tenantId, { permissions: [permission] });
				return [`a management token with nothing but ${permission}`, [bearer(token), programWith([permission])]];
			}),
		),
	),
	"a management token with every permission": [bearer(program.token), PROGRAM],
	"a management token whose row has been given permissions that no token can have": [
		bearer((await addToken(tenantId, { permissions: [...PERMISSIONS] })).token),
		PROGRAM,
	],
	"a management token on its allow-list": [
		bearer((await addToken(tenantId, { ipAllowlist: ["2001:db8::/32"] })).token),
		PROGRAM,
	],
	"a management token outside of its allow-list": [
		bearer((await addToken(tenantId, { ipAllowlist: ["203.0.113.7"] })).token),
		byAudience("403 FORBIDDEN", "403 FORBIDDEN", "403 FORBIDDEN", "401 UNAUTHORIZED"),
	],
	"a management token that names another tenant": [
		{ ...bearer(program.token, { "x-tenant-id": theirs.tenantId }), inBody: theirs.tenantId, inUrl: theirs.tenantId },
		PROGRAM,
	],
	"another tenant's management token": [bearer((await addToken(theirs.tenantId)).token), butNotOurs(PROGRAM)],
	"an expired management token": [bearer((await addToken(tenantId, { expiresAt: Date.now() })).token), REJECTED],
	"a revoked management token": [bearer((await addToken(tenantId, { revokedAt: Date.now() })).token), REJECTED],
	"a management token that was never issued": [bearer(mintManagementToken(new Secret(env.KEY_PEPPER)).token), REJECTED],
	"a management token with another character at its end": [
		bearer(program.token.slice(0, -1) + (program.token.endsWith("0") ? "1" : "0")),
		REJECTED,
	],
	"a truncated management token": [bearer(program.token.slice(0, -1)), REJECTED],
	"the prefix of a management token": [bearer("smt_"), REJECTED],
	"a management token as X-API-Key": [xApiKey(program.token), REJECTED],
	"a management token in the session cookie": [inCookie(program.token), inCookieOnly(REJECTED)],

	"a session of this site": [session({ origin: ORIGIN }), inCookieOnly(signedIn(MANAGER))],
	"a session that another site sends along": [session({ origin: "https://evil.example" }), onlyReading()],
	"a session that a site of a similar name sends along": [session({ origin: `${ORIGIN}.evil.example` }), onlyReading()],
	"a session that this site sends without TLS": [session({ origin: ORIGIN.replace("https", "http") }), onlyReading()],
	"a session sent by a page without an origin": [session({ origin: "null" }), onlyReading()],
	// A program that signs in sends no Origin, which a browser always does.
	"a session without Origin": [
		session({}),
		onlyReading("session.login", "passwords.readLink", "passwords.set", "passwords.forgot", "platform.login"),
	],

	"service_role without a tenant": [platform, PLATFORM_NOWHERE],
	"an operator's session": [operator({ origin: ORIGIN }), inCookieOnly(PLATFORM)],
	"an operator's session that another site sends along": [
		operator({ origin: "https://evil.example" }),
		inCookieOnly((operation) => (operation.method === "GET" ? PLATFORM(operation) : "403 FORBIDDEN")),
	],
	"service_role with an empty X-Tenant-Id": [platformIn(""), PLATFORM_NOWHERE],
	"service_role with X-Tenant-Id": [platformIn(tenantId), PLATFORM],
	"service_role with tenant_id in the body": [{ ...platform, inBody: tenantId }, PLATFORM],
	"service_role with tenant_id in the query string": [{ ...platform, inUrl: tenantId }, PLATFORM],
	"service_role with one tenant in every place": [
		{ ...platformIn(tenantId), inBody: tenantId, inUrl: tenantId },
		PLATFORM,
	],
	"service_role in another tenant": [platformIn(theirs.tenantId), butNotOurs(PLATFORM)],
	"service_role with another tenant in the body": [
		{ ...platformIn(tenantId), inBody: theirs.tenantId },
		PLATFORM_NOWHERE,
	],
	"service_role with another tenant in the query string": [
		{ ...platformIn(tenantId), inUrl: theirs.tenantId },
		PLATFORM_NOWHERE,
	],
	"service_role with two tenants in one header": [platformIn(`${tenantId}, ${theirs.tenantId}`), PLATFORM_NOWHERE],
	"service_role with an unknown tenant as X-Tenant-Id": [platformIn(UNKNOWN_TENANT), PLATFORM_LOST],
	"service_role with an unknown tenant in the body": [{ ...platform, inBody: UNKNOWN_TENANT }, PLATFORM_LOST],
	"service_role with an unknown tenant in the query string": [{ ...platform, inUrl: UNKNOWN_TENANT }, PLATFORM_LOST],
	"the service_role key with a character too many": [bearer(`${env.SERVICE_ROLE_KEY}0`), REJECTED],
	"the service_role key in capitals": [bearer(env.SERVICE_ROLE_KEY.toUpperCase()), REJECTED],
	"the service_role key as X-API-Key": [xApiKey(env.SERVICE_ROLE_KEY), REJECTED],
	"the service_role key in the session cookie": [
		inCookie(env.SERVICE_ROLE_KEY, { origin: ORIGIN, "x-tenant-id": tenantId }),
		inCookieOnly(REJECTED),
	],
};

async function keyWith(what: string, scopes: readonly string[]): Promise<[string, Row]> {
	const { key } = await createKey(admin, { scopes, rate_limit: 1_000_000 });
	const expected: Expected = (operation) => {
		const scope = SCOPES.find((known) => known === operation.audience);
		return scope === undefined || scopes.includes(scope) ? KEY(operation) : `403 FORBIDDEN: ${scope}`;
	};
	return [what, [bearer(key), expected]];
}

/** The operations with a decided audience. */
const decided = OPERATIONS.flatMap((operation) => {
	const [audience] = (Object.keys(AUDIENCES) as Audience[]).filter((one) => AUDIENCES[one].includes(operation.name));
	return audience === undefined ? [] : [{ ...operation, audience }];
});

describe("every operation", () => {
	it("declares the audience that was decided, and no decided operation is missing", () => {
		const declared = OPERATIONS.map(({ name, audience }) => `${name}: ${audience}`).sort();
		const expected = (Object.keys(AUDIENCES) as Audience[]).flatMap((audience) =>
			AUDIENCES[audience].map((name) => `${name}: ${audience}`),
		);
		expect(declared).toEqual(expected.sort());
	});

	it("is in the router or in the document", () => {
		expect(Object.keys(appRouter._def.lazy)).toEqual([]);
		const { routes } = createApp(readConfig(env));
		const named = (path: string) => path.replace(/:(\w+)(\{.*?\})?/g, "{$1}");
		const single = routes
			.filter(({ method }) => method !== "ALL")
			.map(({ method, path }) => `${method} ${named(path)}`);
		const known = OPERATIONS.filter(({ api }) => api === "rest").map(({ name }) => name);
		expect([...new Set(single)].sort()).toEqual([...known, ...UNDOCUMENTED].sort());
		// A route for every method is middleware, rejects other methods, or serves tRPC.
		const paths = new Set(routes.filter(({ method }) => method !== "ALL").map(({ path }) => path));
		const rest = routes.filter(({ method, path }) => method === "ALL" && !paths.has(path)).map(({ path }) => path);
		expect([...new Set(rest)].filter((path) => path !== "/*" && path !== "*")).toEqual(["/trpc/*"]);
	});
});

/**
 * Pairs are of one kind if interface, audience and outcome are the same. Whether a credential is valid is decided before the
 * audience plays a part, in a different place for operations of integrations.
 */
function kindOf({ api, audience }: (typeof decided)[number], outcome: Outcome): string {
	const identified = isOfIntegrations(audience) ? "an integration" : "a person or the platform";
	return `${api} ${outcome.startsWith("401") ? identified : audience} ${outcome}`;
}

/** Every pair of a credential and an operation. */
const pairs = Object.entries(CREDENTIALS).flatMap(([credential, [, expected]]) =>
	decided.map((operation) => ({
		row: credential,
		column: operation,
		kind: kindOf(operation, expected(operation)),
	})),
);
const tried = Map.groupBy(inject("matrix").everyPair ? pairs : cover(pairs), ({ row }) => row);

describe("the pairs that are tried", () => {
	it("include every kind of outcome of each credential and of each operation", () => {
		const kinds = (of: Iterable<(typeof pairs)[number]>) =>
			new Set([...of].flatMap(({ row, column, kind }) => [`${row}: ${kind}`, `${column.name}: ${kind}`]));
		expect(kinds([...tried.values()].flat())).toEqual(kinds(pairs));
	});
});

/** Each call comes from its own IP address, so that sign-ins are not throttled. */
let calls = 0;
const fromSomewhere = (): Record<string, string> => ({ "cf-connecting-ip": `2001:db8:0:${(++calls).toString(16)}::1` });

describe.each(Object.entries(CREDENTIALS))("%s", (name, [credential, expected, environment = "live"]) => {
	const operations = (tried.get(name) ?? []).map(({ column }) => column);
	// All credentials together exceed what a tenant may export and delete in a minute.
	beforeEach(() => forgetRuns(db, ours.tenantId));

	/** Prepares the call with valid input about this key. Calling the result only sends it. */
	async function prepared(operation: (typeof decided)[number], keyId: string): Promise<() => Promise<Outcome>> {
		const { headers, inBody, inUrl, sign } = typeof credential === "function" ? await credential() : credential;
		// Only callers who act in a tenant may name one. Operations of integrations and public ones have no such field.
		const mayName = operation.audience !== "public" && !isOfIntegrations(operation.audience);
		// Routes of REST that act in no tenant reject a parameter that they don't describe.
		const mayNameInUrl = operation.api === "trpc" || !["public", "platform"].includes(operation.audience);
		// What a call without a body names is in its URL.
		const mayNameInBody = mayName && (operation.hasBody || mayNameInUrl);
		const tenant = { ...(mayNameInBody && inBody ? { inBody } : {}), ...(mayNameInUrl && inUrl ? { inUrl } : {}) };
		const deletesLead = operation.method === "DELETE" && operation.audience === "leads:write";
		const leadId = deletesLead ? await spareLead(ours, environment) : ours.leads[environment].id;
		const input = await goodInput(operation, ours, { keyId, leadId });
		const sent = { headers: { ...fromSomewhere(), ...headers }, ...tenant, ...(sign ? { sign } : {}) };
		return async () => outcomeOf(operation, await send(operation, sent, input));
	}

	it("reaches exactly the operations that it may, and changes nothing with the others", async () => {
		const may = operations.filter((operation) => expected(operation) === "success");
		const mayNot = operations.filter((operation) => expected(operation) !== "success");
		const outcomes: Record<string, Outcome> = {};

		const { id: untouched } = (await spareKey(ours)).api_key;
		const refused = await Promise.all(mayNot.map((operation) => prepared(operation, untouched)));
		const before = await everythingStored();
		for (const [index, { name }] of mayNot.entries()) outcomes[name] = (await refused[index]?.()) ?? "unexpected: none";
		expect(await everythingStored()).toEqual(before);
		expect(await gateState(untouched)).toMatchObject({ status: "active", usage_count: 0, recent_callers: [] });

		for (const operation of may) {
			const mayEnd = isAboutOne(operation) && operation.method !== "GET";
			const { id } = mayEnd ? (await spareKey(ours)).api_key : live.api_key;
			outcomes[operation.name] = await (await prepared(operation, id))();
		}
		expect(outcomes).toEqual(Object.fromEntries(operations.map((operation) => [operation.name, expected(operation)])));
	});
});

const gateState = async (id: string) => (await query(admin, "keys.get", { id })).data;

describe("an API key on management calls", () => {
	it("is not counted as used by any of them", async () => {
		const { key, api_key } = await createKey(admin, { scopes: [], rate_limit: 5 });
		const management = decided.filter((operation) => KEY(operation) === "403 FORBIDDEN");
		expect(management.length).toBeGreaterThan(20);
		for (const operation of management) {
			const input = await goodInput(operation, ours, { keyId: api_key.id, leadId: ours.leads.live.id });
			expect((await send(operation, bearer(key), input)).status, operation.name).toBe(403);
		}
		expect(await gateState(api_key.id)).toMatchObject({
			usage_count: 0,
			last_used_at: null,
			current_hour: { used: 0 },
			recent_callers: [],
		});
	});
});

describe("a signed request that is sent a second time", () => {
	it("is refused by every operation, and changes nothing", async () => {
		const key = await signedKey();
		const admitted = decided.filter((operation) => REJECTED(operation) !== "success" && KEY(operation) === "success");
		expect(admitted.length).toBeGreaterThan(8);
		for (const operation of admitted) {
			const leadId = operation.method === "DELETE" ? await spareLead(ours, "live") : ours.leads.live.id;
			const input = await goodInput(operation, ours, { keyId: live.api_key.id, leadId });
			const sent = requestOf(operation, signedBy(key), input);
			expect(await outcomeOf(operation, await request(...sent)), operation.name).toBe("success");
			const before = await everythingStored();
			expect(await outcomeOf(operation, await request(...sent)), operation.name).toBe("401 UNAUTHORIZED: signature");
			expect(await everythingStored(), operation.name).toEqual(before);
		}
		expect(await gateState(key.api_key.id)).toMatchObject({ current_hour: { used: admitted.length } });
	});
});

describe("a credential in the URL", () => {
	it.each(["api_key", "key", "token", "access_token", "authorization", "x-api-key"])(
		"is none, as %s",
		async (parameter) => {
			for (const credential of [live.key, admin, env.SERVICE_ROLE_KEY]) {
				const search = `?${new URLSearchParams({ [parameter]: credential })}`;
				for (const path of ["/v1/whoami", "/v1/api-keys", "/trpc/keys.list"])
					expect((await request(path + search)).status, path).toBe(401);
			}
		},
	);
});

describe("several calls in one batch", () => {
	const batch = (who: Credential) =>
		request("/trpc/session.me,keys.list,tenants.list,scopes.list?batch=1&input=%7B%7D", { headers: who.headers });
	const codes = async (response: Response) => {
		// The shape of a batch. A missing part shows as undefined.
		const answers = (await response.json()) as { error?: { data: { code: string } } }[];
		return answers.map((answer) => answer.error?.data.code ?? "passes");
	};

	it("are authorized one by one", async () => {
		expect(await codes(await batch(bearer(admin)))).toEqual(["passes", "passes", "FORBIDDEN", "passes"]);
		expect(await codes(await batch(bearer(member)))).toEqual(["passes", "FORBIDDEN", "FORBIDDEN", "FORBIDDEN"]);
		expect(await codes(await batch(platformIn(tenantId)))).toEqual(["FORBIDDEN", "passes", "passes", "passes"]);
		expect(await codes(await batch(bearer(live.key)))).toEqual(Array(4).fill("FORBIDDEN"));
		expect(await codes(await batch({ headers: {} }))).toEqual(Array(4).fill("UNAUTHORIZED"));
	});

	it("get a challenge if none has a credential", async () => {
		const response = await batch({ headers: {} });
		expect(response.status).toBe(401);
		expect(response.headers.get("www-authenticate")).toBe("Bearer");
	});
});
