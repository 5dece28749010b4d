/** An object of another tenant gives byte for byte the response of an object that does not exist, and stays unchanged. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { TOKEN_PERMISSIONS } from "../../../db/enums.ts";
import { collaborators } from "../../../db/product-schema.ts";
import { Secret } from "../../../worker/env.ts";
import { mintKey } from "../../../worker/keys/format.ts";
import { hourOf } from "../../../worker/keys/window.ts";
import type { ApiKey, ApiKeyDetail } from "../../../worker/schemas/api-key.ts";
import type { KeyList } from "../../../worker/schemas/key-list.ts";
import { asIntegration, createKey, gateOf, mutate, product, query, sendJson, token } from "../fixtures.ts";
import {
	type Credential,
	fieldsOf,
	isOfIntegrations,
	type Json,
	OPERATIONS,
	type Operation,
	permissionOf,
	send,
} from "../operations.ts";
import { addToken } from "./add-token.ts";
import { expectNoSecrets, UNKNOWN_KEY_ID } from "./auth-matrix.ts";
import {
	addJob,
	addPerson,
	goodInput,
	isOfJobs,
	isOfMembers,
	isOfTokens,
	populatedTenant,
} from "./populated-tenant.ts";
import { everythingStored } from "./stored.ts";

// The middle of an hour, so that no hour begins during a test.
vi.useFakeTimers({ toFake: ["Date"], now: hourOf(Date.now()) + 30 * 60_000 });
afterAll(() => vi.useRealTimers());

const ours = await populatedTenant();
const theirs = await populatedTenant();
const { tenantId, admin } = ours;
const { key, api_key } = ours.keys.live;
// Finished, as `goodInput` leaves every job when it makes room for new ones.
const jobId = await addJob(tenantId, "finished");
const { id: memberId, email: memberEmail } = await addPerson(tenantId);
const { id: tokenId } = await addToken(tenantId);
const program = await addToken(theirs.tenantId);
const stranger = await token({ tenantId: theirs.tenantId, role: "owner", sub: "usr_stranger" });
await asIntegration(key);
await sendJson(key, "POST", "/v1/sync_collaborators", {
	collaborators: [{ external_id: "ours-17", name: "Ana Souza", email: "ana@acme.example" }],
});

const bearer = (credential: string, more: Record<string, string> = {}): Credential => ({
	headers: { authorization: `Bearer ${credential}`, ...more },
});

/** Everybody who may manage keys, only not those of this tenant, and the ways in which they may ask for it. */
const MANAGERS: Record<string, Credential> = {
	"another tenant's owner": bearer(stranger),
	"another tenant's owner who names this tenant in a header": bearer(stranger, { "x-tenant-id": tenantId }),
	"another tenant's owner who names this tenant in the body": { ...bearer(stranger), inBody: tenantId },
	"another tenant's owner who names this tenant in the URL": { ...bearer(stranger), inUrl: tenantId },
	"service_role in another tenant": bearer(env.SERVICE_ROLE_KEY, { "x-tenant-id": theirs.tenantId }),
};
/** The same for a program, which can do less. */
const PROGRAMS: Record<string, Credential> = {
	"another tenant's management token": bearer(program.token),
	"another tenant's management token that names this tenant in a header": bearer(program.token, {
		"x-tenant-id": tenantId,
	}),
	"another tenant's management token that names this tenant in the body": {
		...bearer(program.token),
		inBody: tenantId,
	},
	"another tenant's management token that names this tenant in the URL": { ...bearer(program.token), inUrl: tenantId },
};
/** Keys without restrictions, of another tenant or of the other environment. */
const INTEGRATIONS: Record<string, Credential> = {
	"another tenant's live key": bearer(theirs.keys.live.key),
	"another tenant's test key": bearer(theirs.keys.test.key),
	"a test key of the same tenant": bearer(ours.keys.test.key),
};

/** A value of ours that a field can take, and one that does not exist. */
interface Named {
	field: string;
	ours: string;
	nobodys: string;
}
const OF_MANAGERS: Named[] = [
	{ field: "id", ours: api_key.id, nobodys: UNKNOWN_KEY_ID },
	{ field: "id", ours: jobId, nobodys: "job_00000000000000000000" },
	{ field: "id", ours: memberId, nobodys: "usr_00000000000000000000" },
	{ field: "id", ours: tokenId, nobodys: "tok_00000000000000000000" },
	{ field: "key_id", ours: api_key.id, nobodys: UNKNOWN_KEY_ID },
	{ field: "key", ours: key, nobodys: mintKey("live", new Secret(env.KEY_PEPPER)).key },
	{ field: "actor", ours: ours.adminId, nobodys: "usr_none" },
	{ field: "search", ours: api_key.last_four, nobodys: "none" },
];
const OF_INTEGRATIONS: Named[] = [
	{ field: "id", ours: ours.leads.live.id, nobodys: "lead_00000000000000000000" },
	{ field: "search", ours: ours.leads.live.name, nobodys: "nobody of that name" },
];

/** The whole response: status, headers and body, without the parts that differ between any two requests. */
async function allOf(response: Response, { ours, nobodys }: Named): Promise<string> {
	const text = await response.text();
	expectNoSecrets(text.replaceAll(ours, ""));
	const headers = [...response.headers].filter(([name]) => !/^(x-request-id|date)$|ratelimit/.test(name));
	return JSON.stringify([response.status, headers, text])
		.replaceAll(encodeURIComponent(ours), "<it>")
		.replaceAll(ours, "<it>")
		.replaceAll(nobodys, "<it>")
		.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<request>")
		.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>")
		.replace(/"(remaining|used)\W+\d+/g, "<count>");
}

const isFor =
	(integrations: boolean) =>
	({ audience }: Operation) =>
		integrations ? isOfIntegrations(audience) : permissionOf(audience) !== undefined;

/** The kind of object that an id of ours names, and that the operation takes. */
const kindOf = (id: string) => (id === jobId ? "job" : id === memberId ? "member" : id === tokenId ? "token" : "other");
const kindTaken = (operation: Operation) =>
	isOfJobs(operation) ? "job" : isOfMembers(operation) ? "member" : isOfTokens(operation) ? "token" : "other";

/** Every operation, with every field that identifies an object. */
const asking = (integrations: boolean, names: Named[]) =>
	OPERATIONS.filter(isFor(integrations)).flatMap((operation) =>
		names
			.filter(({ field, ours: id }) => field !== "id" || kindOf(id) === kindTaken(operation))
			.filter(({ field }) => fieldsOf(operation).has(field))
			.map((named) => [operation, named] as const),
	);

// So that no usage is on its way to D1 while a test looks.
beforeEach(async () => {
	await runDurableObjectAlarm(gateOf(api_key.id));
});

/** All that is known of the tenant: in D1, and live in the gate of its key. */
async function everythingOfUs(): Promise<unknown> {
	const stored = await everythingStored();
	const rows = Object.values(stored).flat();
	return [
		rows.filter((row) => row.includes(tenantId) || row.includes(jobId) || row.includes(memberId)),
		(await query<ApiKeyDetail>(admin, "keys.get", { id: api_key.id })).data,
		await gateOf(api_key.id).liveHours(api_key.id, tenantId),
	];
}

async function hearsTheSame(credential: Credential, operation: Operation, named: Named): Promise<void> {
	const about = { keyId: api_key.id, leadId: ours.leads.live.id };
	const input: Json = await goodInput(operation, theirs, about);
	const ofOurs = await send(operation, credential, { ...input, [named.field]: named.ours });
	const ofNobodys = await send(operation, credential, { ...input, [named.field]: named.nobodys });
	expect([operation.name, named.field, await allOf(ofOurs, named)]).toEqual([
		operation.name,
		named.field,
		await allOf(ofNobodys, named),
	]);
	const isOneThing = named.field === "id";
	expect([operation.name, named.field, ofOurs.status]).toEqual([
		operation.name,
		named.field,
		isOneThing ? 404 : expect.toBeOneOf([200, 201]),
	]);
}

const everyone = () => true;
const ofPrograms = ({ audience }: Operation) => TOKEN_PERMISSIONS.some((permission) => permission === audience);
const CALLERS = [
	...Object.entries(MANAGERS).map(([who, credential]) => [who, credential, everyone] as const),
	...Object.entries(PROGRAMS).map(([who, credential]) => [who, credential, ofPrograms] as const),
];

describe.each(CALLERS)("%s", (_, credential, isAllowed) => {
	it("gets the response of an unknown object for each of ours, and changes nothing", async () => {
		const all = asking(false, OF_MANAGERS).filter(([operation]) => isAllowed(operation));
		// Over each interface: six about one key, five about one job, six about one member, three about one token, and what
		// can be looked for. A program may read members and tokens, and not change them.
		const aboutOthers = isAllowed === everyone ? 6 + 3 : 1 + 1;
		expect(all.length).toBeGreaterThanOrEqual(2 * (6 + 5 + aboutOthers) + 2 * 4);
		const before = await everythingOfUs();
		for (const [operation, named] of all) await hearsTheSame(credential, operation, named);
		expect(await everythingOfUs()).toEqual(before);
		expect((await asIntegration(key)).status).toBe(200);
	});

	it("finds nothing of the tenant in lists", async () => {
		const lists = OPERATIONS.filter(isFor(false)).filter((operation) => fieldsOf(operation).has("cursor"));
		expect(lists.length).toBe(12);
		for (const operation of lists) {
			const ofJob = fieldsOf(operation).has("id") ? { id: jobId } : {};
			const text = await (await send(operation, credential, { limit: 100, ...ofJob })).text();
			expectNoSecrets(text);
			expect(text).not.toContain(tenantId);
			expect(text).not.toContain(api_key.id);
			expect(text).not.toContain(jobId);
			expect(text).not.toContain(memberEmail);
			expect(text).not.toContain(tokenId);
		}
	});
});

describe.each(Object.entries(INTEGRATIONS))("%s", (_, credential) => {
	it("gets the response of an unknown object for our live data, and changes nothing", async () => {
		const all = asking(true, OF_INTEGRATIONS);
		expect(all.map(([{ name }, { field }]) => `${name} ${field}`)).toEqual([
			"GET /v1/leads search",
			"GET /v1/leads/{id} id",
			"PATCH /v1/leads/{id} id",
			"DELETE /v1/leads/{id} id",
		]);
		const before = await everythingOfUs();
		for (const [operation, named] of all) await hearsTheSame(credential, operation, named);
		expect(await everythingOfUs()).toEqual(before);
	});

	it("cannot add to what our collaborators did, nor change them by their email", async () => {
		const sendAs = (path: string, body: Json) =>
			sendJson(credential.headers.authorization?.replace("Bearer ", "") ?? "", "POST", path, body);
		const activity = async (email: string) => {
			const item = { activity_code: "001", external_id: `of ${email}`, collaborator_email: email };
			return (await sendAs("/v1/sync_activities", { activities: [item] })).json();
		};
		expect(await activity("ana@acme.example")).toMatchObject({ data: { processed: 0, skipped: 1 } });
		const renamed = { external_id: "ours-17", name: "Renamed", email: "ana@acme.example" };
		const answer = await sendAs("/v1/sync_collaborators", { collaborators: [renamed] });
		// New the first time and existing later, in the caller's own tenant.
		expect(await answer.json()).toMatchObject({ data: { errors: [], total: 1 } });
		const stored = await product.select().from(collaborators);
		const live = stored.filter((row) => row.tenantId === tenantId && row.environment === "live");
		expect(live.map(({ externalId, name }) => [externalId, name])).toEqual([["ours-17", "Ana Souza"]]);
		// So that the next credential of the same tenant is one who has not sent them either.
		await product.delete(collaborators).where(eq(collaborators.name, "Renamed"));
	});

	it("sees none of our leads", async () => {
		const list = (await (await asIntegration(ours.keys.live.key, "/v1/leads")).json()) as { data: { id: string }[] };
		expect(list.data.map(({ id }) => id)).toEqual([ours.leads.live.id]);
		const operation = OPERATIONS.find(({ name }) => name === "GET /v1/leads");
		if (!operation) throw new Error("There is no list of leads.");
		expect(await (await send(operation, credential)).text()).not.toContain(ours.leads.live.id);
	});
});

describe("another tenant's owner", () => {
	it("gets no further with a cursor that another tenant was given", async () => {
		await createKey(admin, { name: "Second" });
		const { data } = await query<KeyList>(admin, "keys.list", { limit: 1 });
		const next = await query<KeyList>(stranger, "keys.list", { cursor: data.next_cursor });
		const idsOf = ({ items }: KeyList) => items.map(({ id }) => id);
		const all = await query<KeyList>(stranger, "keys.list");
		expect(idsOf(all.data)).toEqual(expect.arrayContaining(idsOf(next.data)));
	});

	it("makes keys in their own tenant, whatever tenant they name", async () => {
		const who = { authorization: `Bearer ${stranger}`, "x-tenant-id": tenantId };
		const made = await createKey(who, { tenant_id: tenantId });
		expect(made.api_key.tenant_id).toBe(theirs.tenantId);
		const whoami = (await (await asIntegration(made.key)).json()) as { data: ApiKey };
		expect(whoami.data.tenant_id).toBe(theirs.tenantId);
		await mutate(who, "keys.delete", { id: made.api_key.id, tenant_id: tenantId });
	});
});

describe("a token of a tenant that does not exist", () => {
	it("can make no key", async () => {
		const nowhere = await token({ tenantId: "ten_00000000000000000000" });
		const answer = await mutate(nowhere, "keys.create", { name: "Nowhere" });
		expect(answer.status).toBe(404);
		expect(answer.error.code).toBe("NOT_FOUND");
	});
});
