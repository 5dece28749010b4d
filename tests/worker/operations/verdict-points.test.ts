/** The data point of each verdict, as Analytics Engine gets it. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { VERDICT_BLOBS, VERDICT_DOUBLES } from "../../../worker/admission/verdict-columns.ts";
import { type Bindings, readConfig } from "../../../worker/env.ts";
import { createFetchHandler } from "../../../worker/fetch.ts";
import { KeyVerifier } from "../../../worker/verifier.ts";
import { addTenant, createKey, mutate, ORIGIN, token } from "../fixtures.ts";

const IP = "203.0.113.77";
const AGENT = "integration/7";

const written: AnalyticsEngineDataPoint[] = [];
const dataset = { writeDataPoint: (point?: AnalyticsEngineDataPoint) => void (point && written.push(point)) };
beforeEach(() => {
	written.length = 0;
});

const tenantId = await addTenant();
const admin = await token({ tenantId });
const { key, api_key } = await createKey(admin, { scopes: ["leads:read"], rate_limit: 1_000 });
const bound: Bindings = { ...env, ANALYTICS: dataset };

const handlerAt = (rate: string) => createFetchHandler(readConfig({ ...env, ANALYTICS_SAMPLE_RATE: rate }));
const all = handlerAt("1");

/** Sends a request as from outside, to a Worker with the dataset. */
function send(path: string, credential: string | null, init: RequestInit = {}, handler = all): Promise<Response> {
	const headers = {
		"cf-connecting-ip": IP,
		"user-agent": AGENT,
		...(credential === null ? {} : { authorization: `Bearer ${credential}` }),
	};
	return handler(new Request(ORIGIN + path, { ...init, headers }), bound, createExecutionContext());
}

/** The data points by the names of their fields. */
const points = () =>
	written.map(
		({ indexes, blobs = [], doubles = [] }): Record<string, unknown> => ({
			index: indexes?.[0],
			...Object.fromEntries(VERDICT_BLOBS.map((name, i) => [name, blobs[i]])),
			...Object.fromEntries(VERDICT_DOUBLES.map((name, i) => [name, doubles[i]])),
		}),
	);

describe("a verdict on a request", () => {
	it("is one data point with code, tenant, key, endpoint, time and weight", async () => {
		expect((await send("/v1/whoami", key)).status).toBe(200);
		expect(points()).toEqual([
			{
				index: api_key.id,
				code: "VALID",
				tenant: tenantId,
				key: api_key.id,
				endpoint: "GET /v1/whoami",
				colo: "",
				version: env.CF_VERSION_METADATA.id,
				milliseconds: expect.any(Number),
				weight: 1,
			},
		]);
	});

	it("is written once where the app serves the request", async () => {
		expect((await send("/v1/leads", key)).status).toBe(200);
		// A spelling that only the router knows, so the app admits the request.
		expect((await send("/v1/leads/%61", key)).status).toBe(404);
		expect(points().map(({ endpoint }) => endpoint)).toEqual(["GET /v1/leads", "GET /v1/leads/:id"]);
	});

	it("names the key of a refusal only where the service knows the key", async () => {
		const spent = await createKey(admin, { scopes: [], rate_limit: 1 });
		const revoked = await createKey(admin, { scopes: [] });
		await mutate(admin, "keys.revoke", { id: revoked.api_key.id });
		const forged = `${key.slice(0, -6)}000000`;
		await send("/v1/whoami", spent.key);
		await send("/v1/whoami", spent.key);
		await send("/v1/whoami", revoked.key);
		await send("/v1/whoami", forged);
		await send("/v1/whoami", null);
		expect((await send("/v1/leads", key, { method: "POST", body: "{}" })).status).toBe(403);
		expect(points().map(({ index, code, key }) => [index, code, key])).toEqual([
			[spent.api_key.id, "VALID", spent.api_key.id],
			[spent.api_key.id, "RATE_LIMITED", spent.api_key.id],
			[revoked.api_key.id, "REVOKED", revoked.api_key.id],
			["NOT_FOUND", "NOT_FOUND", ""],
			["MISSING", "MISSING", ""],
			[api_key.id, "MISSING_SCOPE", api_key.id],
		]);
	});

	it("holds no secret, no IP address and no user agent, whatever is presented", async () => {
		const imported = `sk_live_${"0123456789abcdef".repeat(2)}`;
		await send("/v1/whoami", key);
		for (const presented of [`${key.slice(0, -6)}000000`, imported, "some-other-secret"])
			await send("/v1/whoami", presented);
		expect(points()).toHaveLength(4);
		const text = JSON.stringify(written);
		for (const secret of [key.slice(20, 30), IP, AGENT, "0123456789", "other-secret"])
			expect(text).not.toContain(secret);
	});

	it("is written by the verification of another back end and of another Worker", async () => {
		const response = await all(
			new Request(`${ORIGIN}/v1/api-keys/verify`, {
				method: "POST",
				headers: { authorization: `Bearer ${admin}`, "content-type": "application/json" },
				body: JSON.stringify({ key, scope: "leads:write" }),
			}),
			bound,
			createExecutionContext(),
		);
		expect(response.status).toBe(200);
		await new KeyVerifier(createExecutionContext(), bound).verify(key, { endpoint: "GET /reports/4711" });
		expect(points()).toMatchObject([
			{ code: "MISSING_SCOPE", tenant: tenantId, key: api_key.id, endpoint: "verify" },
			{ code: "VALID", tenant: tenantId, key: api_key.id, endpoint: "KeyVerifier.verify" },
		]);
	});

	it("is not written without a dataset", async () => {
		const response = await all(
			new Request(`${ORIGIN}/v1/whoami`, { headers: { authorization: `Bearer ${key}` } }),
			env,
			createExecutionContext(),
		);
		expect(response.status).toBe(200);
		expect(points()).toEqual([]);
	});

	it("is decided as always while Analytics Engine fails, and the log says so", async () => {
		const log = vi.spyOn(console, "warn").mockImplementation(() => undefined);
		const failing = {
			writeDataPoint() {
				throw new Error("too many data points");
			},
		};
		const response = await all(
			new Request(`${ORIGIN}/v1/whoami`, { headers: { authorization: `Bearer ${key}` } }),
			{ ...env, ANALYTICS: failing },
			createExecutionContext(),
		);
		expect(response.status).toBe(200);
		expect(log.mock.calls[0]?.[0]).toContain('"event":"analytics_failed"');
		log.mockRestore();
	});
});

describe("sampling", () => {
	/** Request ids whose first digits go through all values evenly. */
	function withEvenIds(): void {
		let next = 0;
		vi.spyOn(crypto, "randomUUID").mockImplementation(() => {
			const digits = ((next++ % 16) * 2 ** 28).toString(16).padStart(8, "0");
			return `${digits}-0000-4000-8000-000000000000`;
		});
	}

	it("writes the share of admissions, each with the weight that makes sums right, and every refusal", async () => {
		withEvenIds();
		const quarter = handlerAt("0.25");
		for (let i = 0; i < 16; i++) await send("/v1/whoami", key, {}, quarter);
		for (let i = 0; i < 16; i++) await send("/v1/whoami", null, {}, quarter);
		vi.restoreAllMocks();
		const weights = (code: string) =>
			points()
				.filter((point) => point.code === code)
				.map(({ weight }) => weight);
		expect(weights("VALID")).toEqual([4, 4, 4, 4]);
		expect(weights("MISSING")).toEqual(Array.from({ length: 16 }, () => 1));
	});

	it("writes no admission at the rate 0", async () => {
		const none = handlerAt("0");
		await send("/v1/whoami", key, {}, none);
		await send("/v1/whoami", null, {}, none);
		expect(points()).toMatchObject([{ code: "MISSING" }]);
	});

	it.each(["-0.1", "1.5", "half"])("rejects the rate %s at the start", (rate) => {
		expect(() => readConfig({ ...env, ANALYTICS_SAMPLE_RATE: rate })).toThrow(
			"ANALYTICS_SAMPLE_RATE must be a number from 0 to 1",
		);
	});
});
