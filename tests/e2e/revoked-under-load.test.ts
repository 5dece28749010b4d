/** A change has taken effect when its call returns, also for a key under full load. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, Service } from "../harness.ts";
import { Session } from "../session.ts";
import { Load, type Outcome, send, whoami, withStatus } from "./load.ts";

const LOOPS = 32;
const PATIENCE_MS = 60_000;
/** Number of requests before the change, and of requests that start after it. */
const ENOUGH = 200;

let service: Service;
let owner: Session;

beforeAll(async () => {
	service = await Service.start();
	owner = await service.signIn();
});
afterAll(() => service?.dispose());

/** Creates a key whose limit is never reached. */
const createKey = () => owner.mutate("keys.create", { name: "Under load", rate_limit: 1_000_000 });

/** Makes the change under load. Returns the requests that were sent after the change had returned. */
async function sentAfter(change: () => Promise<unknown>, request: () => Promise<Outcome>): Promise<Outcome[]> {
	const load = new Load(LOOPS, request);
	try {
		await eventually("enough requests were admitted", PATIENCE_MS, () => load.admitted >= ENOUGH);
		await change();
		const returned = Date.now();
		// Strictly greater: within the same millisecond the order is unknown.
		const later = () => load.outcomes.filter(({ startedAt }) => startedAt > returned);
		await eventually("enough requests were sent after the change", PATIENCE_MS, () => later().length >= ENOUGH);
		return later();
	} finally {
		await load.stop();
	}
}

it("admits no request that is sent after a revocation has returned", async () => {
	const { key, api_key } = await createKey();
	const later = await sentAfter(
		() => owner.mutate("keys.revoke", { id: api_key.id }),
		() => whoami(service, key),
	);
	expect(withStatus(later, 401).length).toBe(later.length);
	expect(later.at(-1)?.body).toContain("revoked");
});

it("admits no request that is sent after a deletion has returned", async () => {
	const { key, api_key } = await createKey();
	const later = await sentAfter(
		() => owner.mutate("keys.delete", { id: api_key.id }),
		() => whoami(service, key),
	);
	expect(withStatus(later, 401).length).toBe(later.length);
});

it("rejects every request for a scope once the update that removed it has returned", async () => {
	const { key, api_key } = await createKey();
	const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
	const post = (path: string, body: unknown) =>
		send(service, path, { method: "POST", headers, body: JSON.stringify(body) });
	const person = { external_id: "crm-1", name: "Jane Doe", email: "jane@acme.example" };
	expect((await post("/v1/sync_collaborators", { collaborators: [person] })).status).toBe(200);

	// The reference makes repeated requests idempotent.
	const activity = { activity_code: "001", external_id: "call-1", collaborator_email: person.email };
	const later = await sentAfter(
		() => owner.mutate("keys.update", { id: api_key.id, scopes: ["leads:read"] }),
		() => post("/v1/sync_activities", { activities: [activity] }),
	);
	expect(withStatus(later, 403).length).toBe(later.length);
	expect(later.at(-1)?.body).toContain("default:sync");
	// The key itself still works.
	expect((await whoami(service, key)).status).toBe(200);
});

it("admits no request of any key that is sent after a suspension of its tenant has returned", async () => {
	const made = await Promise.all(Array.from({ length: 12 }, createKey));
	const { user } = await owner.query("session.me");
	const platform = new Session(service, service.vars.SERVICE_ROLE_KEY ?? "");
	// Before the change, half of the keys are in use. The gates of the others are called for the first time after it.
	let keys = made.slice(0, 6);
	let sent = 0;
	const later = await sentAfter(
		async () => {
			const { state } = await platform.mutate("tenants.suspend", { id: user.tenant_id });
			expect(state).toBe("suspended");
			keys = made;
		},
		() => whoami(service, keys[sent++ % keys.length]?.key ?? ""),
	);
	expect(withStatus(later, 403).length).toBe(later.length);
	expect(later.at(-1)?.body).toContain("suspended");

	await platform.mutate("tenants.resume", { id: user.tenant_id });
	const resumed = await Promise.all(made.map(({ key }) => whoami(service, key)));
	expect(withStatus(resumed, 200).length).toBe(12);
});
