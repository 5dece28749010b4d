/** A company with people, keys and data of both environments, and good input for any operation on them. */
import { env } from "cloudflare:workers";
import { eq, inArray } from "drizzle-orm";
import { ENVIRONMENTS, type Environment, type JobState, type Role } from "../../../db/enums.ts";
import { newId } from "../../../db/ids.ts";
import { accessLinks, jobs, managementTokens, NO_PASSWORD, sessions, tenants, users } from "../../../db/schema.ts";
import type { ApiKey } from "../../../worker/schemas/api-key.ts";
import type { Lead } from "../../../worker/schemas/lead.ts";
import { DAY_MS } from "../../../worker/schemas/time.ts";
import { newLink } from "../../../worker/services/access-links.ts";
import { exported, oldKey } from "../../old-key.ts";
import { addTenant, cheapPasswordHash, createKey, db, ORIGIN, sendJson, token } from "../fixtures.ts";
import { fieldsOf, type Json, type Operation } from "../operations.ts";
import { addToken } from "./add-token.ts";

export const PASSWORD = "correct horse battery staple";
const PASSWORD_HASH = cheapPasswordHash(PASSWORD);

/** The name of tokens for calls that may end them. */
const SPARE = "Spare token";

const UNRESTRICTED = { scopes: [], rate_limit: 1_000_000 };

export interface PopulatedTenant {
	tenantId: string;
	admin: string;
	adminId: string;
	keys: Record<Environment, { key: string; api_key: ApiKey }>;
	leads: Record<Environment, Lead>;
}

export async function populatedTenant(): Promise<PopulatedTenant> {
	const tenantId = await addTenant();
	const adminId = newId("usr");
	const admin = await token({ tenantId, sub: adminId });
	const keys = {
		live: await createKey(admin, UNRESTRICTED),
		test: await createKey(admin, { ...UNRESTRICTED, environment: "test" }),
	};
	const leads = {} as PopulatedTenant["leads"];
	for (const environment of ENVIRONMENTS) {
		const made = await sendJson(keys[environment].key, "POST", "/v1/leads", {
			name: `The ${environment} lead of ${tenantId}`,
		});
		leads[environment] = ((await made.json()) as { data: Lead }).data;
	}
	return { tenantId, admin, adminId, keys, leads };
}

/** A person with an account, who can sign in. */
export async function addPerson(tenantId: string, role: Role = "admin") {
	const id = newId("usr");
	const email = `${id}@company.example`.toLowerCase();
	await db.insert(users).values({
		id,
		tenantId,
		email,
		name: "Ana",
		passwordHash: PASSWORD_HASH,
		role,
		capabilities: [],
		createdAt: Date.now(),
	});
	return { id, email };
}

/** The cookie of a person who has just signed in. */
export async function openSession(tenantId: string, role: Role = "admin"): Promise<string> {
	const { id: userId } = await addPerson(tenantId, role);
	const id = newId("ses");
	const now = Date.now();
	await db.insert(sessions).values({ id, tenantId, userId, createdAt: now, expiresAt: now + 600_000, lastSeenAt: now });
	return `__Host-session=${await token({ tenantId, role, sub: userId, claims: { session_id: id } })}`;
}

/** A new key of the tenant, for a call that may end it. */
export const spareKey = ({ admin }: PopulatedTenant) => createKey(admin, UNRESTRICTED);

/** A new lead of the tenant, for a call that may delete it. */
export async function spareLead({ keys }: PopulatedTenant, environment: Environment): Promise<string> {
	const made = await sendJson(keys[environment].key, "POST", "/v1/leads", { name: "Spare lead" });
	return ((await made.json()) as { data: Lead }).data.id;
}

/** A person who was invited to the tenant, with the secret of their link. */
export async function addInvitation(tenantId: string): Promise<{ id: string; email: string; secret: string }> {
	const person = await addPerson(tenantId, "member");
	await db.update(users).set({ passwordHash: NO_PASSWORD }).where(eq(users.id, person.id));
	const link = newLink(ORIGIN, "invitation", { id: person.id, tenantId }, "usr_test", Date.now());
	await db.insert(accessLinks).values(link.row);
	return { ...person, secret: link.url.split("#")[1] ?? "" };
}

/** Whether the operation takes the id of an object of a tenant: a key, a job, a member, a token or a lead. */
export const isAboutOne = (operation: Operation): boolean =>
	operation.audience !== "platform" && operation.audience !== "person" && fieldsOf(operation).has("id");

interface About {
	keyId: string;
	leadId: string;
}

/** Valid input, so that only the credential decides. */
export async function goodInput(operation: Operation, of: PopulatedTenant, { keyId, leadId }: About): Promise<Json> {
	const spare = changesTenantState(operation) ? await spareTenant(operation) : null;
	const isOfLeads = operation.audience === "leads:read" || operation.audience === "leads:write";
	const good: Record<string, () => unknown> = {
		id: async () => {
			if (isOfLeads) return leadId;
			if (isOfJobs(operation)) return addJob(of.tenantId, /resume$/.test(operation.name) ? "stopped" : "running");
			if (isOfMembers(operation)) return (await addPerson(of.tenantId)).id;
			if (isOfTokens(operation)) return (await addToken(of.tenantId, { name: SPARE })).id;
			return operation.audience === "platform" ? (spare?.id ?? of.tenantId) : keyId;
		},
		kind: async () => {
			// A tenant can have only a few unfinished jobs.
			await db.update(jobs).set({ state: "finished" });
			return "revoke_keys";
		},
		permissions: async () => {
			// A tenant can have only a few hundred tokens.
			await db.delete(managementTokens).where(inArray(managementTokens.name, [SPARE, "Named"]));
			return ["keys:read"];
		},
		key: () => (operation.name === "platform.login" ? env.SERVICE_ROLE_KEY : of.keys.live.key),
		keys: () => [exported(oldKey())],
		name: () => "Named",
		object_ids: () => [env.KEY_GATE.idFromName(of.keys.live.api_key.id).toString()],
		key_ids: () => [of.keys.live.api_key.id],
		// Older than any token.
		created_before: () => "2020-01-01T00:00:00.000Z",
		text: () => `A key: ${of.keys.live.key}`,
		slug: () => spare?.slug ?? newId("ten").toLowerCase().replace("_", "-"),
		email: async () => {
			if (operation.name === "session.login") return (await addPerson(of.tenantId)).email;
			return isOfMembers(operation) ? newEmail() : "ana@acme.example";
		},
		role: () => "member",
		secret: async () => (await addInvitation(of.tenantId)).secret,
		password: () => PASSWORD,
		current_password: () => PASSWORD,
		new_password: () => `${PASSWORD}!`,
	};
	const required = Object.values(operation.takes).flatMap((schema) => (schema.required ?? []) as string[]);
	const input: Json = { ...operation.example };
	for (const field of required) {
		const value = good[field];
		if (value) input[field] = await value();
		else if (!(field in input)) throw new Error(`Say what a good ${field} of ${operation.name} is.`);
	}
	if ("owner" in input) input.owner = { email: newEmail(), name: "Olivia" };
	if (fieldsOf(operation).has("filter")) input.ids = [keyId];
	// One of two fields is required, which no list of required fields says.
	if (required.includes("permissions")) input.expires_in_days = 1;
	return input;
}

/** An email that no account has. */
const newEmail = () => `${newId("usr")}@company.example`.toLowerCase();

/** Whether the operation changes the state of a tenant, which would get in the way of all other calls in it. */
export const changesTenantState = ({ name, audience }: Operation) =>
	audience === "platform" && /suspend|resume|delet/i.test(name);

/** A tenant in the state that the operation changes. */
export async function spareTenant({ name }: Operation): Promise<{ id: string; slug: string }> {
	const slug = newId("ten").toLowerCase().replace("_", "-");
	const id = await addTenant(slug);
	const now = Date.now();
	if (/suspend$/.test(name)) return { id, slug };
	const deleteAfter = /cancel/.test(name) ? now + DAY_MS : null;
	await db.update(tenants).set({ suspendedAt: now, suspensionNo: now, deleteAfter }).where(eq(tenants.id, id));
	return { id, slug };
}

export const isOfMembers = ({ name }: Operation) => /\bmembers\b/.test(name);

export const isOfJobs = ({ name }: Operation) => /\bjobs\b/.test(name);

export const isOfTokens = ({ name }: Operation) => /\b(management-)?tokens\b/.test(name);

/** A job with one pending key. */
export async function addJob(tenantId: string, state: JobState): Promise<string> {
	const id = newId("job");
	const now = Date.now();
	await db
		.insert(jobs)
		.values({ id, tenantId, kind: "revoke_keys", state, total: 1, createdAt: now, updatedAt: now, actor: "usr_test" });
	return id;
}
