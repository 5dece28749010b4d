/**
 * Fuzzes every operation. No request may make the service fail, hang or reveal a secret, and nothing that it stores may
 * break a later read. Requests are derived from the schemas of the operations and mixed with hostile input.
 * `FUZZ_REQUESTS` sets their number and `FUZZ_SEED` the seed: the same seed makes the same requests.
 */
import { env } from "cloudflare:workers";
import fc from "fast-check";
import { beforeAll, describe, expect, inject, it } from "vitest";
import { TOKEN_PERMISSIONS } from "../../../db/enums.ts";
import { ERRORS } from "../../../worker/errors.ts";
import { addToken } from "../auth/add-token.ts";
import { expectNoSecrets } from "../auth/auth-matrix.ts";
import {
	addInvitation,
	addJob,
	addPerson,
	changesTenantState,
	isAboutOne,
	isOfJobs,
	isOfMembers,
	isOfTokens,
	openSession,
	type PopulatedTenant,
	populatedTenant,
	spareKey,
	spareLead,
	spareTenant,
} from "../auth/populated-tenant.ts";
import { mutate, ORIGIN, request } from "../fixtures.ts";
import { importKey } from "../imported/importing.ts";
import { fieldsOf, type Json, OPERATIONS, type Operation, permissionOf, send } from "../operations.ts";
import { Pools } from "./pools.ts";
import { type Hostile, hostileRequests } from "./requests.ts";
import { POOLED } from "./values.ts";

const { requests, seed } = inject("fuzz");
/** Concurrent requests. */
const AT_ONCE = 8;
/** A request hangs if so many later requests got their response before it. */
const OVERTAKEN_MAX = 400;

let pools = new Pools();
let ours: PopulatedTenant;
/** A job of ours, whose items are one of the lists that are read. */
let job: string;
/** A management token of ours with every permission. */
let programToken: string;
let sent = 0;

/** Creates new tenants, so that lists are short and nothing was revoked or deleted yet. */
async function newTenants(): Promise<void> {
	const theirs = await populatedTenant();
	ours = await populatedTenant();
	pools = new Pools();
	pools.add("id", theirs.keys.live.api_key.id, (await spareKey(ours)).api_key.id);
	pools.add("lead", theirs.leads.live.id, ours.leads.test.id, ours.leads.live.id);
	pools.add("key", theirs.keys.live.key, ours.keys.test.key, ours.keys.live.key);
	const imported = await importKey(ours.tenantId);
	pools.add("key", imported.key);
	pools.add("id", imported.id);
	pools.add("tenant", theirs.tenantId, ours.tenantId);
	job = await createJob(ours);
	pools.add("job", await createJob(theirs), job);
	pools.add("member", (await addPerson(theirs.tenantId)).id);
	for (let number = 0; number < 8; number++) {
		pools.add("member", (await addPerson(ours.tenantId)).id);
		pools.add("link", (await addInvitation(ours.tenantId)).secret);
	}
	const program = await addToken(ours.tenantId);
	programToken = program.token;
	pools.add("token", (await addToken(theirs.tenantId)).id, program.id);
	// Sign-in is limited by account and by network.
	for (let number = 0; number < 12; number++) {
		pools.add("email", (await addPerson(ours.tenantId)).email);
		pools.add("session", await openSession(ours.tenantId));
	}
	addNetwork();
}

/** Most calls that change a state succeed once for each tenant. The slug of a deletion must be that of the tenant. */
async function addSpareTenants(operation: Operation): Promise<void> {
	const confirms = fieldsOf(operation).has("slug");
	for (let count = 0; count < (confirms ? 1 : 8); count++) {
		const { id, slug } = await spareTenant(operation);
		pools.add("spareTenant", id);
		pools.add("slug", slug);
	}
}

let networks = 0;
/** Adds the IP address of a network that nothing was sent from yet. */
const addNetwork = () => pools.add("address", `2001:db8:0:${(++networks).toString(16)}::1`);

/** Creates a job that has not begun, and returns its id. */
async function createJob(tenant: PopulatedTenant): Promise<string> {
	const ids = [(await spareKey(tenant)).api_key.id];
	return (await mutate<{ id: string }>(tenant.admin, "jobs.create", { kind: "revoke_keys", ids })).data.id;
}

/** The credentials that the operation accepts. */
function credentials({ audience }: Operation): Record<string, string>[] {
	if (permissionOf(audience) !== undefined)
		return [
			{ authorization: `Bearer ${ours.admin}` },
			...(TOKEN_PERMISSIONS.some((permission) => permission === audience)
				? [{ authorization: `Bearer ${programToken}` }]
				: []),
			{ authorization: `Bearer ${env.SERVICE_ROLE_KEY}`, "x-tenant-id": ours.tenantId },
		];
	switch (audience) {
		case "public":
			return [{ "cf-connecting-ip": POOLED.address }];
		case "account":
			return [{ cookie: POOLED.session, origin: ORIGIN, "cf-connecting-ip": POOLED.address }];
		case "person":
			return [{ authorization: `Bearer ${ours.admin}` }];
		case "platform in a tenant":
			return [{ authorization: `Bearer ${env.SERVICE_ROLE_KEY}`, "x-tenant-id": ours.tenantId }];
		case "platform":
			return [{ authorization: `Bearer ${env.SERVICE_ROLE_KEY}` }];
		default:
			return [{ authorization: `Bearer ${ours.keys.live.key}` }, { "x-api-key": ours.keys.live.key }];
	}
}

/** The request to send; null if `fetch` refuses to send it. */
function prepared({ method, address, headers, body }: Hostile): Request | null {
	const filled = Object.entries(headers).map(([name, value]): [string, string] => [name, pools.fill(value)]);
	try {
		return new Request(ORIGIN + pools.fill(address), {
			method,
			headers: filled,
			body: typeof body === "string" ? pools.fill(body) : body,
		});
	} catch (refused) {
		if (refused instanceof TypeError) return null;
		throw refused;
	}
}

/** Expects a response that is documented, has the right shape and reveals no secret. Returns the body of a success. */
async function wellBehaved(operation: Operation, method: string, response: Response): Promise<string> {
	const { status, headers } = response;
	const text = await response.text();
	expect(status).toBeLessThan(500);
	expect(headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
	expect(headers.get("x-injected")).toBeNull();
	if (!/"key":"sk_|"token":"/.test(text)) expectNoSecrets(text);
	if (method === "HEAD" || status === 204) return "";
	// Lines of JSON, which no schema describes.
	if (response.headers.get("content-type")?.startsWith("application/x-ndjson")) return text;
	const body = JSON.parse(text) as unknown;
	if (status >= 400) {
		for (const failed of Array.isArray(body) ? body : [body]) {
			const { error } = failed as { error?: Json & { data?: Json } };
			if (!error && Array.isArray(body)) continue;
			const code = String((error?.data ?? error)?.code);
			expect(Object.keys(ERRORS)).toContain(code);
			if (!Array.isArray(body)) expect(ERRORS[code as keyof typeof ERRORS].status).toBe(status);
		}
		return "";
	}
	if (operation.method !== method || Array.isArray(body)) return text;
	fits(operation, status, body);
	return text;
}

/** Expects that a success matches the schema of the operation. */
function fits({ answers, api, name }: Operation, status: number, body: unknown): void {
	const data = api === "trpc" ? (body as { result: { data: unknown } }).result.data : body;
	const checked = answers[status]?.safeParse(data);
	expect([name, status, checked?.error?.issues ?? []]).toEqual([name, status, []]);
	expect(checked).toBeDefined();
}

/** The credential that reads what was stored. For a tenant it is the platform's, because the tenant's own calls have a quota. */
const reader = (operation: Operation): Record<string, string> => credentials(operation).at(-1) ?? {};

/** With a limit: the export of a tenant has a cursor too, and is no list. */
const lists = OPERATIONS.filter(
	(operation) => operation.method === "GET" && fieldsOf(operation).has("cursor") && fieldsOf(operation).has("limit"),
);

/** Reads a page of a list, which must succeed. */
async function page(operation: Operation, input: Json): Promise<{ text: string; next: string | null }> {
	// The only lists of something are those of a job's items.
	const about = fieldsOf(operation).has("id") ? { id: job } : {};
	const response = await send(operation, { headers: reader(operation) }, { ...about, ...input });
	const text = await response.text();
	expect([operation.name, response.status, text.slice(0, 200).toWellFormed()]).toEqual([
		operation.name,
		200,
		expect.stringMatching(/^[[{]/),
	]);
	const body = JSON.parse(text) as { result?: { data: Json }; meta?: Json };
	fits(operation, 200, body);
	const next = (body.result?.data ?? body.meta)?.next_cursor;
	return { text, next: typeof next === "string" ? next : null };
}

const one = (operation: Operation, id: string) => send(operation, { headers: reader(operation) }, { id });

/** The operations that read one object, by its kind. */
const READS = {
	id: ["keys.get", "GET /v1/api-keys/{id}"],
	lead: ["GET /v1/leads/{id}"],
	job: ["jobs.get", "GET /v1/jobs/{id}"],
	member: ["members.get", "GET /v1/members/{id}"],
	token: ["tokens.get", "GET /v1/management-tokens/{id}"],
};

function kindOf(id: string): keyof typeof READS {
	if (id.length === 36) return "lead";
	if (id.startsWith("job_")) return "job";
	if (id.startsWith("tok_")) return "token";
	return id.startsWith("usr_") ? "member" : "id";
}

/** After a change: the changed object can still be read, on its own and in lists, over REST and tRPC. */
async function stillReadable(operation: Operation, text: string): Promise<void> {
	const made = /"id":"([0-9A-Za-z]{12}|[0-9a-f-]{36}|(?:job|usr|tok)_\w+)"/.exec(text)?.[1];
	const kind = made === undefined ? "id" : kindOf(made);
	if (made) pools.add(kind, made);
	const key = /"key":"(sk_(?:live|test)_\w{48})"/.exec(text)?.[1];
	if (key) pools.add("key", key);
	const reads = OPERATIONS.filter(({ name }) => READS[kind].includes(name));
	// REST and tRPC in turn.
	const read = made === undefined ? undefined : reads[sent % reads.length];
	if (read && made !== undefined) {
		const response = await one(read, made);
		expect([operation.name, read.name, response.status]).toEqual([
			operation.name,
			read.name,
			expect.toBeOneOf([200, 404]),
		]);
		if (response.status === 200) fits(read, 200, await response.json());
	}
	const list = lists[(sent / 4) % lists.length];
	if (!list) return;
	const { next } = await page(list, { limit: 3 });
	if (next !== null) pools.add("cursor", next);
}

/** Sends the requests, several at once. Fails on the first bad response or missing response. */
async function bombard(operation: Operation, all: readonly Hostile[]): Promise<Record<number, number>> {
	const statuses: Record<number, number> = {};
	const underWay = new Map<number, Hostile>();
	let next = 0;
	let answered = 0;
	async function worker(): Promise<void> {
		for (let turn = next++; turn < all.length; turn = next++) {
			const hostile = all[turn];
			const made = hostile && prepared(hostile);
			if (!hostile || !made) continue;
			if (operation.audience === "public" || operation.audience === "account") addNetwork();
			underWay.set(turn, hostile);
			sent += 1;
			const shown = { ...hostile, body: String(hostile.body).slice(0, 500), address: hostile.address.slice(0, 1_000) };
			try {
				const response = await request(made);
				statuses[response.status] = (statuses[response.status] ?? 0) + 1;
				const text = await wellBehaved(operation, made.method, response);
				const isChange = response.ok && made.method !== "GET" && made.method !== "HEAD";
				if (isChange) await stillReadable(operation, text);
			} catch (thrown) {
				throw new Error(`FUZZ_SEED=${seed}, request ${turn} on ${operation.name}: ${JSON.stringify(shown)}`, {
					cause: thrown,
				});
			}
			underWay.delete(turn);
			answered += 1;
			const [oldest] = underWay.keys();
			expect(oldest === undefined || turn - oldest < OVERTAKEN_MAX, `${operation.name} hangs`).toBe(true);
			if (operation.name === "passwords.set" && turn % 3 === 0)
				pools.add("link", (await addInvitation(ours.tenantId)).secret);
			// Some requests end keys and jobs, so add new ones from time to time.
			if (isAboutOne(operation) && turn % 10 === 0) {
				pools.add("id", (await spareKey(ours)).api_key.id);
				if (operation.audience === "leads:write") pools.add("lead", await spareLead(ours, "live"));
				if (isOfMembers(operation)) pools.add("member", (await addPerson(ours.tenantId)).id);
				if (isOfTokens(operation)) pools.add("token", (await addToken(ours.tenantId)).id);
				if (isOfJobs(operation))
					pools.add("job", await addJob(ours.tenantId, /resume$/.test(operation.name) ? "stopped" : "running"));
			}
		}
	}
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
	if (operation.audience?.startsWith("leads:")) await spareLead(ours, "live");
	expect(underWay.size).toBe(0);
	expect(answered).toBeGreaterThan(all.length * 0.8);
	return statuses;
}

const perOperation = Math.ceil((requests * 1.05) / OPERATIONS.length);
/** About one in ten requests is valid, so at least one of this many is. */
const ENOUGH_FOR_A_GOOD_ONE = 150;

/** Reads a list from the first page to the last. */
async function readToTheEnd(list: Operation): Promise<void> {
	const seen = new Set<string>();
	for (let cursor: string | undefined; ; ) {
		const { text, next } = await page(list, { limit: 100, ...(cursor === undefined ? {} : { cursor }) });
		for (const [, id] of text.matchAll(/"(?:key_)?id":"([^"]+)"/g)) seen.add(id ?? "");
		if (next === null) break;
		expect([list.name, next === cursor]).toEqual([list.name, false]);
		cursor = next;
	}
	expect(seen.size, list.name).toBeGreaterThan(0);
}

/** The tests of one interface. Each has its own file, so that the two run in parallel. */
export function fuzzEveryOperation(api: Operation["api"]): void {
	const isRead = ({ method }: Operation) => method === "GET";
	// Reads first: they store nothing, so that they share their tenants.
	const operations = OPERATIONS.filter((operation) => operation.api === api).toSorted(
		(a, b) => Number(isRead(b)) - Number(isRead(a)),
	);
	let sentBefore = 0;

	beforeAll(() => {
		console.info(`FUZZ_SEED=${seed} FUZZ_REQUESTS=${requests}`);
		sentBefore = sent;
	});

	describe.each(operations.map((operation) => [operation.name, operation] as const))("%s", (_, operation) => {
		it("survives hostile requests, and everything that it has stored can be read", async () => {
			if (isRead(operation) && operation !== operations[0]) addNetwork();
			else await newTenants();
			if (changesTenantState(operation)) await addSpareTenants(operation);
			const arbitrary = fc.oneof(...credentials(operation).map((headers) => hostileRequests(operation, headers)));
			// Draws more while every request is rejected: such requests test only the validation.
			let good = 0;
			for (let drawn = 0; drawn === 0 || (good === 0 && drawn < ENOUGH_FOR_A_GOOD_ONE); drawn += perOperation) {
				const hostile = fc.sample(arbitrary, { numRuns: perOperation, seed: seed + drawn });
				const statuses = await bombard(operation, hostile);
				good += [200, 201, 204].reduce((sum, status) => sum + (statuses[status] ?? 0), 0);
			}
			expect(good).toBeGreaterThan(perOperation / 100);
			if (!isRead(operation)) for (const list of lists) await readToTheEnd(list);
		}, 600_000);
	});

	describe("afterwards", () => {
		it("this interface's share of the requests has been sent", () => {
			expect(sent - sentBefore).toBeGreaterThanOrEqual((requests * operations.length) / OPERATIONS.length);
		});

		it("no object prototype has been polluted", () => {
			expect(Object.keys(Object.getPrototypeOf({}))).toEqual([]);
			expect(({} as Json).polluted).toBeUndefined();
			expect(({} as Json).isAdmin).toBeUndefined();
		});
	});
}
