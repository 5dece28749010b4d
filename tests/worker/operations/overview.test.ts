/** What operators see of the running service. */
import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, describe, expect, it, vi } from "vitest";
import { unlistedKeys } from "../../../db/schema.ts";
import { scheduled } from "../../../worker/scheduled.ts";
import type { OperationsOverview } from "../../../worker/schemas/operations.ts";
import { addTenant, createKey, db, gateOf, query, token } from "../fixtures.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
afterAll(() => vi.useRealTimers());

const overview = async () => (await query<OperationsOverview>(env.SERVICE_ROLE_KEY, "operations.overview")).data;
const everyMinute = (at: number) => createScheduledController({ scheduledTime: new Date(at), cron: "* * * * *" });

describe("the overview", () => {
	it("shows the checks, the version, and that nothing waits", async () => {
		expect(await overview()).toEqual({
			checks: ["database", "schema", "gate", "jurisdiction", "product_data"].map((name) => ({
				name,
				ok: true,
				milliseconds: expect.any(Number),
			})),
			version: { id: env.CF_VERSION_METADATA.id, tag: expect.any(String), created_at: expect.any(String) },
			tasks: [],
			canary: { enabled: false, last: null },
			waiting: { sweeps: 0, failed_gates: 0, stalled_jobs: 0, unlisted_keys: 0 },
		});
	});

	it("shows when each scheduled task last succeeded and failed", async () => {
		await scheduled(everyMinute(NOW), env);
		const broken = { ...env, DB: env.DB };
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		await env.DB.exec("alter table jobs rename to hidden_jobs");
		await expect(scheduled(everyMinute(NOW + 60_000), broken)).rejects.toThrow();
		await env.DB.exec("alter table hidden_jobs rename to jobs");
		vi.restoreAllMocks();
		const { tasks } = await overview();
		const timesOf = (name: string) => tasks.find((task) => task.name === name);
		expect(timesOf("jobs")).toEqual({
			name: "jobs",
			last_success_at: new Date(NOW).toISOString(),
			last_failure_at: new Date(NOW + 60_000).toISOString(),
		});
		expect(timesOf("sweeps")).toMatchObject({
			last_success_at: new Date(NOW + 60_000).toISOString(),
			last_failure_at: null,
		});
	});

	it("counts the keys in use that no list shows", async () => {
		await db
			.insert(unlistedKeys)
			.values({ keyId: "0123456789ab", tenantId: "ten_gone", firstSeenAt: NOW, lastSeenAt: NOW });
		expect((await overview()).waiting.unlisted_keys).toBe(1);
	});
});

describe("a gate", () => {
	it("knows how far D1 is behind, and logs the first failure and the recovery", async () => {
		const lines: Record<string, unknown>[] = [];
		for (const level of ["error", "info"] as const)
			vi.spyOn(console, level).mockImplementation((line) => void lines.push(JSON.parse(line)));
		const tenantId = await addTenant();
		const { api_key } = await createKey(await token({ tenantId }), {});
		const author = { tenantId, actor: "usr_test", actorEmail: null, ip: null, userAgent: null };
		const gate = gateOf(api_key.id);
		await gate.describe(api_key.id, tenantId);
		expect(await gate.deliveryState()).toEqual({
			failures: 0,
			failingSince: null,
			waitingEvents: 0,
			oldestEventAt: null,
		});
		await env.DB.exec("alter table audit_events rename to hidden_events");
		await gate.update({ keyId: api_key.id, author }, { name: "Renamed" }, NOW);
		expect(await gate.deliveryState()).toMatchObject({ failures: 1, failingSince: NOW, waitingEvents: 1 });
		expect(lines.filter(({ event }) => event === "delivery_failed")).toMatchObject([
			{ level: "error", key_id: api_key.id, tenant_id: tenantId, failures: 1, waiting_events: 1 },
		]);
		await env.DB.exec("alter table hidden_events rename to audit_events");
		await gate.update({ keyId: api_key.id, author }, { name: "Renamed again" }, NOW + 90_000);
		expect(lines.filter(({ event }) => event === "delivery_recovered")).toMatchObject([
			{ level: "info", key_id: api_key.id, tenant_id: tenantId, failures: 1, late_ms: 90_000 },
		]);
		expect(await gate.deliveryState()).toMatchObject({ failures: 0, failingSince: null, waitingEvents: 0 });
		vi.restoreAllMocks();
	});
});
