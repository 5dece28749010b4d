/** Routes that take a key: the hot path, the router and the OpenAPI document agree on them. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { KEY_ROUTES, keyRouteOf } from "../../../worker/admission/key-routes.ts";
import { createApp } from "../../../worker/app.ts";
import { readConfig } from "../../../worker/env.ts";
import { addTenant, asIntegration, createKey, gateOf, ORIGIN, request, token } from "../fixtures.ts";

const tenantId = await addTenant();
const admin = await token({ tenantId });

it("the document describes every route that takes a key, with its scope, and no other", () => {
	const { definitions } = createApp(readConfig(env)).openAPIRegistry;
	const documented = definitions.flatMap((definition) => {
		if (definition.type !== "route") return [];
		const { method, path, security = [] } = definition.route;
		const scopes = security.find((scheme) => "apiKey" in scheme)?.apiKey;
		return scopes ? [{ method, path, scope: scopes[0] ?? null }] : [];
	});
	expect(new Set(documented)).toEqual(new Set(Object.values(KEY_ROUTES)));
});

describe("a path", () => {
	const routeOf = (method: string, path: string) => keyRouteOf(new Request(ORIGIN + path, { method }))?.endpoint;

	it.each([
		["GET", "/v1/whoami", "GET /v1/whoami"],
		["GET", "/v1/whoami?verbose=1", "GET /v1/whoami"],
		["GET", "/v1/leads?search=a/b", "GET /v1/leads"],
		["PATCH", "/v1/leads/lead_1?x", "PATCH /v1/leads/:id"],
	])("%s %s matches the route %s", (method, path, endpoint) => {
		expect(routeOf(method, path)).toBe(endpoint);
	});

	it.each([
		["HEAD", "/v1/whoami"],
		["POST", "/v1/whoami"],
		["GET", "/v1/whoami/"],
		["GET", "/v1/leads/"],
		["GET", "/v1/leads/a/b"],
		["GET", "/v1/leads/%2e"],
		["GET", "/?/v1/whoami"],
		["GET", "/v1/api-keys"],
	])("%s %s is left to the router", (method, path) => {
		expect(routeOf(method, path)).toBeUndefined();
	});
});

it.each([
	["GET", "/v1/whoami"],
	["HEAD", "/v1/whoami"],
	["GET", "/v1/%77hoami"],
	["GET", "/v1/leads"],
	["POST", "/v1/leads"],
	["GET", "/v1/leads/lead_1"],
	["GET", "/v1/leads/%61"],
	["POST", "/v1/sync_activities"],
	["POST", "/functions/v1/default-integration"],
])("a request for %s %s counts once, and takes a key", async (method, path) => {
	const { key, api_key } = await createKey(admin, { scopes: [] });
	await asIntegration(key, path, { method });
	const described = await gateOf(api_key.id).describe(api_key.id, tenantId);
	expect(described).toMatchObject({ value: { current_hour: { used: 1 }, recent_callers: [{ count: 1 }] } });
	expect((await request(path, { method })).status).toBe(401);
});

it("concurrent responses each have their own request id and rate limit", async () => {
	const { key } = await createKey(admin, { rate_limit: 20 });
	const answers = await Promise.all(
		Array.from({ length: 40 }, async () => {
			const response = await asIntegration(key);
			const { status, headers } = response;
			const body = await response.json<{
				meta: { request_id: string };
				data?: { current_hour: { remaining: number } };
			}>();
			expect(headers.get("x-request-id")).toBe(body.meta.request_id);
			expect(headers.has("retry-after")).toBe(status === 429);
			const remaining = Number(headers.get("x-ratelimit-remaining"));
			expect(remaining).toBe(body.data?.current_hour.remaining ?? 0);
			return { id: headers.get("x-request-id"), remaining };
		}),
	);
	expect(new Set(answers.map(({ id }) => id)).size).toBe(40);
	expect(new Set(answers.map(({ remaining }) => remaining)).size).toBe(20);
});
