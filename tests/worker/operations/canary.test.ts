/** The canary: what it measures, what it sees, what it leaves behind, and what `/status` publishes of it. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { asc, eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { CANARY_TENANT_ID } from "../../../db/ids.ts";
import { apiKeys, auditEvents, canaryRuns, serviceState, tenants } from "../../../db/schema.ts";
import { readConfig } from "../../../worker/env.ts";
import { keyGates } from "../../../worker/namespaces.ts";
import type { ServiceStatus } from "../../../worker/schemas/status.ts";
import { forgetCanaryRuns, runCanary } from "../../../worker/services/canary/run.ts";
import { keepCanaryDays, publishStatus, readStatus, recentStatus } from "../../../worker/services/canary/status.ts";
import type { Deps } from "../../../worker/services/deps.ts";
import { addTenant, createKey, db, gateOf, mutate, ORIGIN, product, query, request, token } from "../fixtures.ts";

const START = Date.parse("2031-05-06T10:20:00.000Z");
const MINUTE = 60_000;
const DAY = 86_400_000;
vi.useFakeTimers({ toFake: ["Date"], now: START });
afterAll(() => vi.useRealTimers());

let minute = START;
const lines: Record<string, unknown>[] = [];
beforeEach(() => {
	minute += MINUTE;
	vi.setSystemTime(minute);
	lines.length = 0;
	for (const level of ["error", "warn", "info"] as const)
		vi.spyOn(console, level).mockImplementation((line) => void lines.push(JSON.parse(line)));
});

const config = readConfig({ ...env, CANARY: "on", PUBLIC_URL: ORIGIN });
const deps = (now = minute): Deps => ({ db, product, gates: keyGates(env), config, now });
const runs = () => db.select().from(canaryRuns).orderBy(asc(canaryRuns.minute));
const lastRun = async () => (await runs()).at(-1);
const alarms = () => lines.filter(({ event }) => event === "guarantee_broken" || event === "canary_failed");

/** The service with a fault: `replace` may give another response than the service has given. */
const faulty = (replace: (request: Request, response: Response) => Response | Promise<Response>) => {
	return async (sent: Request) => replace(sent, await request(sent.clone() as Request));
};
const isAdmission = ({ url }: Request) => url.endsWith("/v1/whoami");

describe("a run", () => {
	it("admits exactly the limit, refuses at once after the revocation, and writes one row", async () => {
		await runCanary(deps(), (sent) => request(sent));
		expect(await runs()).toEqual([
			{
				minute,
				error: null,
				refusedAfterMs: expect.any(Number),
				lateAdmissions: 0,
				rateLimit: 20,
				admitted: 20,
				admissionMs: Array.from({ length: 20 }, () => expect.any(Number)),
			},
		]);
		expect(alarms()).toEqual([]);
	});

	it("leaves no key in the database and nothing on the disk of a gate", async () => {
		const ids: string[] = [];
		await runCanary(deps(), async (sent) => {
			const response = await request(sent);
			if (sent.method === "POST" && sent.url.endsWith("/v1/api-keys"))
				ids.push(((await response.clone().json()) as { data: { api_key: { id: string } } }).data.api_key.id);
			return response;
		});
		expect(ids).toHaveLength(2);
		expect(await db.$count(apiKeys, eq(apiKeys.tenantId, CANARY_TENANT_ID))).toBe(0);
		for (const id of ids) {
			const [stored, alarm] = await runInDurableObject(gateOf(id), async (_, state) => [
				[...state.storage.kv.list()].length,
				await state.storage.getAlarm(),
			]);
			expect([stored, alarm]).toEqual([0, null]);
		}
	});

	it("deletes the keys that a run has left behind, and leaves those of a run in progress", async () => {
		const dying = runCanary(deps(), async (sent) => {
			if (sent.method === "DELETE") throw new Error("The run dies");
			return request(sent);
		});
		await dying;
		expect(await db.$count(apiKeys, eq(apiKeys.tenantId, CANARY_TENANT_ID))).toBe(2);
		await runCanary(deps(minute + MINUTE), (sent) => request(sent));
		expect(await db.$count(apiKeys, eq(apiKeys.tenantId, CANARY_TENANT_ID))).toBe(2);
		await runCanary(deps(minute + 3 * MINUTE), (sent) => request(sent));
		expect(await db.$count(apiKeys, eq(apiKeys.tenantId, CANARY_TENANT_ID))).toBe(0);
		minute += 3 * MINUTE;
	});

	it("does nothing unless the configuration switches it on", async () => {
		const before = await db.$count(canaryRuns);
		await runCanary({ ...deps(), config: readConfig({ ...env, CANARY: "off" }) }, (sent) => request(sent));
		expect(await db.$count(canaryRuns)).toBe(before);
	});

	it("needs a public URL", () => {
		expect(() => readConfig({ ...env, CANARY: "on", PUBLIC_URL: "" })).toThrow("CANARY needs PUBLIC_URL");
	});

	it("keeps the first row of a minute that is run twice", async () => {
		await runCanary(deps(), (sent) => request(sent));
		const first = await lastRun();
		await runCanary(deps(), (sent) => request(sent));
		expect(await lastRun()).toEqual(first);
	});
});

describe("a fault", () => {
	it("of two admissions after a revocation is seen, logged and published", async () => {
		let valid: Response | undefined;
		let revoked = false;
		let late = 0;
		await runCanary(
			deps(),
			faulty((sent, response) => {
				if (sent.url.endsWith("/revoke")) revoked = true;
				if (!isAdmission(sent)) return response;
				if (!revoked) valid = response.clone();
				return revoked && late++ < 2 && valid ? valid.clone() : response;
			}),
		);
		expect(await lastRun()).toMatchObject({ minute, error: null, lateAdmissions: 2 });
		expect(alarms()).toMatchObject([{ event: "guarantee_broken", guarantee: "immediate", late_admissions: 2 }]);
		expect((await readStatus(deps(minute + 2 * MINUTE))).late_admissions).toBe(2);
	});

	it("of a key that is never refused is seen", async () => {
		let valid: Response | undefined;
		await runCanary(
			deps(),
			faulty((sent, response) => {
				if (!isAdmission(sent)) return response;
				if (response.status === 200) valid = response.clone();
				return response.status === 401 && valid ? valid.clone() : response;
			}),
		);
		expect(await lastRun()).toMatchObject({ lateAdmissions: 5, refusedAfterMs: null });
	});

	it("of a limit that admits one too many is seen, logged and published", async () => {
		const before = (await readStatus(deps())).limit_error;
		let valid: Response | undefined;
		let over = 0;
		await runCanary(
			deps(),
			faulty((sent, response) => {
				if (!isAdmission(sent)) return response;
				if (response.status === 200) valid = response.clone();
				return response.status === 429 && over++ === 0 && valid ? valid.clone() : response;
			}),
		);
		expect(await lastRun()).toMatchObject({ minute, rateLimit: 20, admitted: 21 });
		expect(alarms()).toMatchObject([{ event: "guarantee_broken", guarantee: "exact", rate_limit: 20, admitted: 21 }]);
		expect((await readStatus(deps(minute + 2 * MINUTE))).limit_error).toBe(before + 1);
	});

	it("that keeps it from measuring is a row with the code of the error, and a minute without a measurement", async () => {
		const before = await readStatus(deps(minute + MINUTE));
		await runCanary(
			deps(),
			faulty((sent, response) =>
				isAdmission(sent) ? Response.json({ error: { code: "UNAVAILABLE" } }, { status: 503 }) : response,
			),
		);
		expect(await lastRun()).toMatchObject({ minute, error: "UNAVAILABLE", lateAdmissions: 0, admitted: null });
		expect(alarms()).toMatchObject([{ event: "canary_failed", code: "UNAVAILABLE" }]);
		const after = await readStatus(deps(minute + 2 * MINUTE));
		expect(after.missing_minutes).toBe(before.missing_minutes + 1);
		expect(after.measured_minutes).toBe(before.measured_minutes);
		expect(await db.$count(apiKeys, eq(apiKeys.tenantId, CANARY_TENANT_ID))).toBe(0);
	});

	it("of a late admission is seen although a later request of the run fails", async () => {
		let valid: Response | undefined;
		let revoked = false;
		let after = 0;
		await runCanary(
			deps(),
			faulty((sent, response) => {
				if (sent.url.endsWith("/revoke")) revoked = true;
				if (!isAdmission(sent)) return response;
				if (!revoked && response.status === 200) valid = response.clone();
				if (!revoked || !valid) return response;
				return after++ === 0 ? valid.clone() : Response.json({ error: { code: "UNAVAILABLE" } }, { status: 503 });
			}),
		);
		expect(await lastRun()).toMatchObject({
			error: "UNAVAILABLE",
			lateAdmissions: 1,
			refusedAfterMs: null,
			admitted: 20,
		});
		expect(alarms()).toMatchObject([{ event: "canary_failed" }, { event: "guarantee_broken", late_admissions: 1 }]);
	});

	it("of too many admissions is seen although a request fails, and too few then don't count as a fault of the limit", async () => {
		let valid: Response | undefined;
		const failing = (admitAll: boolean) => {
			let count = 0;
			return faulty((sent, response) => {
				if (!isAdmission(sent)) return response;
				if (response.status === 200) valid = response.clone();
				if (count++ === 0) return Response.json({ error: { code: "UNAVAILABLE" } }, { status: 503 });
				return admitAll && response.status === 429 && valid ? valid.clone() : response;
			});
		};
		await runCanary(deps(), failing(true));
		expect(await lastRun()).toMatchObject({ error: "UNAVAILABLE", admitted: 24, rateLimit: 20 });
		minute += MINUTE;
		await runCanary(deps(), failing(false));
		expect(await lastRun()).toMatchObject({ error: "UNAVAILABLE", admitted: null, rateLimit: null });
	});

	it("of the network has a code of its own, and the row says nothing else", async () => {
		await runCanary(deps(), () => Promise.reject(new Error("no route to 10.0.0.1")));
		expect(await lastRun()).toMatchObject({ error: "UNREACHABLE" });
	});

	it("is not reported where the hour changes between the requests", async () => {
		let sent = 0;
		await runCanary(
			deps(),
			faulty((asked, response) => {
				if (!isAdmission(asked) || ++sent !== 10) return response;
				return new Response(response.body, {
					status: response.status,
					headers: { ...Object.fromEntries(response.headers), "x-ratelimit-reset": "1" },
				});
			}),
		);
		expect(await lastRun()).toMatchObject({ error: null, rateLimit: null, admitted: null, lateAdmissions: 0 });
		expect(alarms()).toEqual([]);
	});
});

describe("the canary's tenant", () => {
	it("is found by its id, and is not among the companies", async () => {
		const list = await query<{ items: { id: string }[] }>(env.SERVICE_ROLE_KEY, "tenants.list", { limit: 100 });
		expect(list.data.items.map(({ id }) => id)).not.toContain(CANARY_TENANT_ID);
		const found = await query<{ items: { id: string }[] }>(env.SERVICE_ROLE_KEY, "tenants.list", {
			search: CANARY_TENANT_ID,
		});
		expect(found.data.items.map(({ id }) => id)).toEqual([CANARY_TENANT_ID]);
		expect(await db.$count(tenants, eq(tenants.id, CANARY_TENANT_ID))).toBe(1);
	});

	it("keeps audit events for a day and runs for 30 days, and other tenants keep theirs", async () => {
		const other = await addTenant();
		await createKey(await token({ tenantId: other }), {});
		const eventsOf = (tenantId: string) => db.$count(auditEvents, eq(auditEvents.tenantId, tenantId));
		expect(await eventsOf(CANARY_TENANT_ID)).toBeGreaterThan(0);
		await forgetCanaryRuns(deps(minute + DAY / 2));
		expect(await eventsOf(CANARY_TENANT_ID)).toBeGreaterThan(0);
		await forgetCanaryRuns(deps(minute + 2 * DAY));
		expect([await eventsOf(CANARY_TENANT_ID), await eventsOf(other)]).toEqual([0, 1]);
		expect((await runs()).length).toBeGreaterThan(0);
		await forgetCanaryRuns(deps(minute + 31 * DAY));
		expect(await runs()).toEqual([]);
	});

	it("is the only one whose gates forget a key, and only a deleted one", async () => {
		const admin = await token({ tenantId: await addTenant() });
		const { api_key } = await createKey(admin, {});
		expect((await mutate(admin, "keys.delete", { id: api_key.id })).status).toBe(200);
		expect(await gateOf(api_key.id).forgetCanary()).toBe(false);
		const stored = await runInDurableObject(gateOf(api_key.id), (_, state) => [...state.storage.kv.list()].length);
		expect(stored).toBeGreaterThan(0);
	});
});

describe("/status", () => {
	const today = Date.parse("2032-01-31T12:00:00.000Z");
	/** Fills `days` days before today: every tenth minute, with admissions of 1 to 10 ms. */
	async function fill(days: number): Promise<void> {
		await db.delete(canaryRuns);
		await db.delete(serviceState);
		const begin = Math.floor(today / DAY) * DAY - days * DAY;
		if (days > 0) await db.insert(serviceState).values({ name: "canary since", value: String(begin), updatedAt: 0 });
		for (let day = 1; day <= days; day++) {
			const start = Math.floor(today / DAY) * DAY - day * DAY;
			await db.insert(canaryRuns).values(
				Array.from({ length: 10 }, (_, i) => ({
					minute: start + i * 10 * MINUTE,
					error: null,
					refusedAfterMs: day,
					lateAdmissions: day === 3 && i === 0 ? 1 : 0,
					rateLimit: 20,
					admitted: 20,
					admissionMs: [1, 2, 3, 4, 5, 6, 7, 8, 9, 100],
				})),
			);
		}
	}
	const at = (now: number) => readStatus({ db, now });

	it("is empty before the first run", async () => {
		await fill(0);
		expect(await at(today)).toMatchObject({ since: null, measured_minutes: 0, missing_minutes: 0, days: [] });
	});

	it("shows percentiles, late admissions and minutes without a measurement, by day and in total", async () => {
		await fill(2);
		await keepCanaryDays({ db, now: today });
		const status = await at(today);
		expect(status.days.map(({ date }) => date)).toEqual(["2032-01-31", "2032-01-30", "2032-01-29"]);
		expect(status.days[1]).toEqual({
			date: "2032-01-30",
			measured_minutes: 10,
			missing_minutes: 1_430,
			late_admissions: 0,
			limit_error: 0,
			admission_ms: { p50: 5, p99: 100 },
		});
		expect(status).toMatchObject({
			since: "2032-01-29T00:00:00.000Z",
			measured_minutes: 20,
			missing_minutes: 2_860 + 719,
			admission_ms: { p50: 5, p99: 100 },
			refused_after_ms: { p50: 1, p99: 2 },
		});
	});

	it("is the same before and after the days that are over are summed up, of which 30 stay", async () => {
		await fill(29);
		for (let day = 29; day >= 0; day--) await keepCanaryDays({ db, now: today - day * DAY });
		const status = await at(today);
		expect([status.days.length, status.measured_minutes, status.late_admissions]).toEqual([30, 290, 1]);
		// The sums stay although the runs are gone.
		await db.delete(canaryRuns);
		expect(await at(today)).toEqual({ ...status, last_measured_at: null });
		// Days without a run are missing as a whole.
		await keepCanaryDays({ db, now: today + 40 * DAY });
		expect(await at(today + 40 * DAY)).toMatchObject({ measured_minutes: 0, missing_minutes: 29 * 1_440 + 719 });
	});

	it("is one read of one row, and stays while the database fails", async () => {
		await fill(1);
		await publishStatus({ db, now: today });
		const later = today + 10 * DAY;
		await recentStatus({ db, now: later });
		const reads = vi.spyOn(env.DB, "prepare");
		const all = await Promise.all(Array.from({ length: 20 }, () => recentStatus({ db, now: later + 2 * MINUTE })));
		expect(reads).toHaveBeenCalledTimes(1);
		expect(all[0]).toMatchObject({ measuring: false });
		// Ten days without a run.
		expect(all[0]?.missing_minutes).toBeGreaterThan(10 * 1_440);
		reads.mockImplementation(() => {
			throw new Error("no route to the database");
		});
		expect(await recentStatus({ db, now: later + 4 * MINUTE })).toMatchObject({ measured_minutes: 10 });
		vi.restoreAllMocks();
	});

	it("is JSON for programs and a page without scripts for browsers, in their language", async () => {
		// After every result that is used again.
		const shown = today + 20 * DAY;
		vi.setSystemTime(shown);
		const json = await request("/v1/status");
		expect(json.status).toBe(200);
		expect(Object.keys(((await json.json()) as { data: ServiceStatus }).data)).toContain("late_admissions");
		expect(((await (await request("/status")).json()) as { data: ServiceStatus }).data).toHaveProperty("days");
		const texts = { en: "Minutes without a measurement", "pt-BR": "Minutos sem medição" };
		vi.setSystemTime(shown + 2 * MINUTE);
		await db
			.insert(canaryRuns)
			.values({ minute: today, lateAdmissions: 7, admissionMs: [5], rateLimit: 20, admitted: 20 });
		await publishStatus({ db, now: today + 2 * MINUTE });
		for (const [language, text] of Object.entries(texts)) {
			const page = await request("/status", { headers: { accept: "text/html", "accept-language": `${language},*` } });
			expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
			expect(page.headers.get("content-security-policy")).toMatch(
				/^default-src 'none'; style-src 'self'; img-src 'self'/,
			);
			expect(page.headers.get("cache-control")).toBe("public, max-age=60");
			const html = await page.text();
			expect(html).toContain(`<html lang="${language}">`);
			expect(html).toContain(text);
			expect(html).not.toContain("<script");
			expect(html).not.toContain(CANARY_TENANT_ID);
		}
	});
});
