/** The list of audit events with four times as many actions as there are: a page without an action merges all of them. */
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { AUDIT_ACTIONS } from "../../../db/enums.ts";
import { auditEvents, users } from "../../../db/schema.ts";
import { readConfig } from "../../../worker/env.ts";
import { listAuditSchema } from "../../../worker/schemas/audit.ts";
import { listAudit } from "../../../worker/services/audit.ts";
import { addTenant, cheapPasswordHash, db, product } from "../fixtures.ts";
import { metered } from "./metered.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");

const ACTIONS = 60;
const action = (index: number) => `api_key.action_${index}`;

beforeAll(() => {
	// Read-only as a type. The list reads it for each page.
	const actions = AUDIT_ACTIONS as unknown as string[];
	const real = actions.splice(0, actions.length, ...Array.from({ length: ACTIONS }, (_, index) => action(index)));
	return () => actions.splice(0, ACTIONS, ...real);
});

it.each(["usr_ada", "ada@acme.example", "cme.exam"])(
	"pages through the events of 60 actions with every filter, by the actor %s",
	async (actor) => {
		const tenantId = await addTenant();
		await db.insert(users).values({
			id: `usr_${tenantId}`,
			tenantId,
			email: `${tenantId}@acme.example`,
			name: "Ada",
			passwordHash: cheapPasswordHash("correct"),
			role: "admin",
			capabilities: [],
			createdAt: NOW,
		});
		const events = Array.from({ length: ACTIONS }, (_, index) => ({
			id: `evt_${String(index).padStart(2, "0")}_${tenantId}`,
			tenantId,
			at: NOW + (index % 7),
			action: action(index),
			actor: "usr_ada",
			actorEmail: "ada@acme.example",
			keyId: "key_of_all",
			changes: {},
		}));
		for (const event of events) await db.insert(auditEvents).values(event);
		const expected = events.toSorted((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1)).map(({ id }) => id);
		const seen: string[] = [];
		let cursor: string | null = null;
		do {
			const input = listAuditSchema.parse({
				key_id: "key_of_all",
				actor,
				from: new Date(NOW).toISOString(),
				to: new Date(NOW + 7).toISOString(),
				limit: 25,
				...(cursor ? { cursor } : {}),
			});
			const { result, read, trips }: Awaited<ReturnType<typeof page>> = await page(tenantId, input);
			seen.push(...result.items.map(({ id }) => id));
			// An email is looked up in three ways. Each reads its page, and one row ahead of each action.
			expect(read).toBeLessThanOrEqual(3 * (4 * 25 + 2 * ACTIONS));
			expect(trips).toBeLessThanOrEqual(3);
			cursor = result.next_cursor;
		} while (cursor !== null && seen.length < ACTIONS);
		expect(seen).toEqual(expected);
	},
);

const page = (tenantId: string, input: ReturnType<typeof listAuditSchema.parse>) =>
	metered((database) =>
		listAudit({ db: database, product, now: NOW, config: readConfig(env), gates: env.KEY_GATE }, tenantId, input),
	);
