/** Tokens of a real OpenID provider, whose claims have names of their own (JWT_CLAIMS), and a JWT_CLAIMS that is wrong. */
import { appendFileSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Service } from "../harness.ts";
import { CallRefused, Session } from "../session.ts";
import { AUDIENCE, type OpenIdProvider, startOpenIdProvider } from "./openid-provider.ts";

const TENANT = "https://salesos.example/tenant_id";
const ROLES = "https://salesos.example/roles";
const EXAMPLES = join(import.meta.dirname, "../../docs/examples");
const JWT_CLAIMS = JSON.stringify(JSON.parse(readFileSync(join(EXAMPLES, "jwt-claims.json"), "utf8")));

let provider: OpenIdProvider;
let service: Service;
let tenantId: string;

beforeAll(async () => {
	provider = await startOpenIdProvider();
	service = await Service.start({
		settings: {
			JWT_ISSUER: provider.issuer,
			JWT_AUDIENCE: AUDIENCE,
			JWKS_URL: provider.jwksUrl,
			JWT_CLAIMS,
		},
	});
	const owner = await service.signIn();
	tenantId = (await owner.query("session.me")).user.tenant_id;
}, 180_000);
afterAll(async () => {
	await service?.dispose();
	provider?.close();
});

let people = 0;
/** The session of a new person, whose token has these claims. */
async function personWith(claims: Record<string, unknown>): Promise<Session> {
	const { accessToken } = await provider.signIn(`auth0|${people++}`, claims);
	return new Session(service, accessToken);
}

describe("a person of the provider", () => {
	it.each([
		["a list of roles under a URL", { [ROLES]: ["admin"] }, "admin"],
		["the highest of several roles", { [ROLES]: ["sales_rep", "owner", "manager"] }, "owner"],
		["a role of the provider's own", { [ROLES]: ["manager"] }, "member"],
		["a role beside roles of other services", { [ROLES]: ["billing:admin", "sales_rep"] }, "member"],
		["one role as text", { role: "admin" }, "admin"],
	])("has the mapped role: %s", async (_, roles, role) => {
		const person = await personWith({ [TENANT]: tenantId, ...roles });
		expect(await person.query("session.me")).toMatchObject({ user: { role, tenant_id: tenantId } });
	});

	it("manages keys as an admin, and is named in the audit log by a verified email", async () => {
		const email = "ana@acme.example";
		const named = { "https://salesos.example/email": email, "https://salesos.example/email_verified": true };
		const person = await personWith({ org_id: tenantId, role: "admin", ...named });
		const { api_key } = await person.mutate("keys.create", { name: "By a person of the provider" });
		const { items } = await person.query("audit.list", { key_id: api_key.id });
		expect(items).toMatchObject([{ action: "api_key.create", actor_email: email }]);
	});

	it("manages keys as a member only with the capability, in the claim that holds it", async () => {
		const roles = { [TENANT]: tenantId, [ROLES]: ["sales_rep"] };
		const granted = await personWith({ ...roles, permissions: ["admin.integrations"] });
		expect((await granted.query("keys.list")).items).toBeDefined();
		// The default claim doesn't count if another one is configured.
		const ignored = await personWith({ ...roles, capabilities: ["admin.integrations"] });
		await expect(ignored.query("keys.list")).rejects.toMatchObject({ status: 403 });
	});
});

describe("the Action for Auth0", () => {
	it("adds the claims that the service reads", async () => {
		const { onExecutePostLogin } = createRequire(import.meta.url)(join(EXAMPLES, "auth0-action.cjs"));
		const claims: Record<string, unknown> = {};
		const email = "ana@acme.example";
		await onExecutePostLogin(
			{
				user: { email, email_verified: true, app_metadata: { tenant_id: tenantId } },
				authorization: { roles: ["admin"] },
			},
			{ accessToken: { setCustomClaim: (name: string, value: unknown) => Object.assign(claims, { [name]: value }) } },
		);
		const me = await (await personWith(claims)).query("session.me");
		expect(me).toMatchObject({ user: { role: "admin", email }, tenant: { id: tenantId } });
	});
});

describe("a person of a tenant that doesn't exist", () => {
	it("sees nothing and creates nothing", async () => {
		const person = await personWith({ [TENANT]: "ten_unknown", role: "owner" });
		expect(await person.query("session.me")).toMatchObject({ user: { role: "owner" }, tenant: null });
		expect(await person.query("keys.list")).toMatchObject({ items: [], counts: { active: 0 } });
		await expect(person.mutate("keys.create", { name: "x" })).rejects.toMatchObject({ status: 404 });
	});
});

describe("a token of the provider", () => {
	it.each<[string, Record<string, unknown>, string]>([
		["no tenant", { role: "admin" }, `no claim ${TENANT} or org_id`],
		["the tenant in the default claim", { tenant_id: "ten_1", role: "admin" }, `no claim ${TENANT} or org_id`],
		["two tenants", { [TENANT]: "ten_1", org_id: "ten_2", role: "admin" }, "name different tenants"],
		[
			"a list of tenants",
			{ [TENANT]: ["ten_1", "ten_2"], role: "admin" },
			`claim ${TENANT} must be the id of one tenant`,
		],
		["no role", { [TENANT]: "ten_1" }, `no claim ${ROLES} or roles or role`],
		["a role that is a number", { [TENANT]: "ten_1", [ROLES]: 7 }, `claim ${ROLES} must be text or a list of texts`],
		["a role in an object", { [TENANT]: "ten_1", [ROLES]: [{}] }, `claim ${ROLES} must be text or a list of texts`],
		["unknown roles", { [TENANT]: "ten_1", [ROLES]: ["member", "root"] }, "names no role that this service knows"],
		["a role of the prototype", { [TENANT]: "ten_1", role: "__proto__" }, "names no role that this service knows"],
		[
			"capabilities as text",
			{ [TENANT]: "ten_1", role: "admin", permissions: "x" },
			"claim permissions must be a list",
		],
	])("is rejected with the name of the claim: %s", async (_, claims, message) => {
		const person = await personWith(claims);
		const refusal = await person.query("session.me").catch((error: unknown) => error);
		expect(refusal).toBeInstanceOf(CallRefused);
		expect(refusal).toMatchObject({ status: 401, message: expect.stringContaining(message) });
	});

	it("is rejected if it is for the client and not for this service", async () => {
		const { idToken } = await provider.signIn("auth0|id", { [TENANT]: tenantId, role: "admin" });
		await expect(new Session(service, idToken).query("session.me")).rejects.toMatchObject({ status: 401 });
	});
});

describe("a JWT_CLAIMS that is wrong", () => {
	it("stops the start, and each field is named", async () => {
		const wrong = { tenant: "a", role: [], capabilities: 7, role_names: { manager: "boss" } };
		appendFileSync(service.secretsFile, `\nJWT_CLAIMS=${JSON.stringify(wrong)}\n`);
		await expect(service.restart()).rejects.toThrow("did not start");
		for (const problem of [
			"JWT_CLAIMS.tenant is unknown",
			"JWT_CLAIMS.role must be the name of a claim",
			"JWT_CLAIMS.capabilities must be the name of a claim",
			"JWT_CLAIMS.role_names.manager must be owner, admin, member",
		])
			expect(service.output()).toContain(problem);
	});
});
