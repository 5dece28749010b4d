/** Runs the clients of a history in workerd, on the real Worker and its gates, with a clock that can be set. */
import { createExecutionContext, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { vi } from "vitest";
import type { Scope } from "../../../db/enums.ts";
import { apiKeys, auditEvents } from "../../../db/schema.ts";
import { snapshotOf, toApiKey } from "../../../worker/keys/snapshot.ts";
import { KeyVerifier } from "../../../worker/verifier.ts";
import type { Stored } from "../../history/agreement.ts";
import { Clients, type Controls, type Plan } from "../../history/clients.ts";
import type { CallResponse } from "../../history/operations.ts";
import { type Presented, ServiceCalls, verdictOf } from "../../history/service-calls.ts";
import { addToken } from "../auth/add-token.ts";
import { addTenant, db, gateOf, request } from "../fixtures.ts";

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 86_400_000;

/** Admission through a service binding, without HTTP. */
async function admit(key: string, { scope, address, consume }: Presented): Promise<CallResponse | null> {
	const verifier = new KeyVerifier(createExecutionContext(), env);
	const verdict = await verifier.verify(key, {
		consume,
		// Plans draw it from the known scopes.
		...(scope === null ? {} : { scope: scope as Scope }),
		...(address === null ? {} : { ip: address }),
	});
	if (verdict.code === "UNAVAILABLE") return null;
	if (verdict.code === "MISSING") throw new Error("A key was presented");
	return verdictOf({ code: verdict.code, ...(verdict.rate_limit ? { rate_limit: verdict.rate_limit } : {}) });
}

/** Creates clients in a new tenant. Their clock starts shortly before the end of an hour. */
export async function clientsInWorkerd(plan: Plan, more: Partial<Controls> & { startAt?: number } = {}) {
	const { startAt = Date.now(), ...others } = more;
	vi.useFakeTimers({ toFake: ["Date"], now: startAt - (startAt % HOUR_MS) + HOUR_MS - 10_000 });
	const tenantId = await addTenant();
	// The histories against the running service have a person.
	const { token: admin } = await addToken(tenantId, { expiresAt: Date.now() + YEAR_MS });
	const credentials = { admin, platform: env.SERVICE_ROLE_KEY, tenantId };
	const clients = new Clients(plan, new ServiceCalls({ fetch: request }, credentials), {
		now: Date.now,
		// Another client may have set it to a later time already.
		setClock: (now) => void vi.setSystemTime(Math.max(now, Date.now())),
		admit,
		...others,
	});
	return { clients, tenantId };
}

/** Lets the gates deliver, and returns the contents of D1 afterwards. */
export async function delivered(clients: Clients, tenantId: string): Promise<Stored> {
	for (const keyId of clients.known.keys()) await runDurableObjectAlarm(gateOf(keyId));
	return storedOf(tenantId);
}

/** The contents of D1 for the tenant. */
export async function storedOf(tenantId: string): Promise<Stored> {
	const rows = await db.select().from(apiKeys).where(eq(apiKeys.tenantId, tenantId));
	const events = await db.select().from(auditEvents).where(eq(auditEvents.tenantId, tenantId));
	return {
		rows: new Map(rows.map((row) => [row.id, toApiKey(snapshotOf(row), row, Date.now())])),
		events: events.map((event) => ({ ...event, key_id: event.keyId })),
	};
}
