/** The documentation's examples for back ends elsewhere, in front of real handlers. */
import { once } from "node:events";
import type { Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { Service } from "../harness.ts";
import type { InputOf, Session } from "../session.ts";

const EXAMPLES = join(import.meta.dirname, "../../docs/examples");

let service: Service;
let owner: Session;

beforeAll(async () => {
	service = await Service.start();
	owner = await service.signIn();
});
afterAll(() => service?.dispose());

const create = (input: Omit<InputOf<"keys.create">, "name">) =>
	owner.mutate("keys.create", { name: "Behind an example", ...input });

/** An example as somebody's back end loads it: with the settings in its environment. */
async function load(file: string, settings: { url?: string; token?: string } = {}) {
	vi.resetModules();
	vi.stubEnv("SALESOS_URL", settings.url ?? service.url);
	vi.stubEnv("SALESOS_TOKEN", settings.token ?? owner.token ?? "");
	return import(join(EXAMPLES, file));
}

interface Guarded {
	/** Sends a request to the handler behind the example. */
	send(headers?: Record<string, string>): Promise<Response>;
	close(): void;
}

const express = createRequire(import.meta.url)("express");

const GUARDS = {
	"express.mjs": async (settings?: object): Promise<Guarded> => {
		const { requireApiKey } = await load("express.mjs", settings);
		const app = express();
		const handler = ({ apiKey }: { apiKey: { id: string } }, res: { json(body: unknown): void }) =>
			res.json({ id: apiKey.id });
		app.get("/leads", requireApiKey({ scope: "leads:read" }), handler);
		const server: Server = app.listen(0, "127.0.0.1");
		await once(server, "listening");
		const { port } = server.address() as AddressInfo;
		return {
			send: (headers = {}) => fetch(`http://127.0.0.1:${port}/leads`, { headers }),
			close: () => server.close(),
		};
	},
	"fetch-handler.mjs": async (settings?: object): Promise<Guarded> => {
		const { withApiKey } = await load("fetch-handler.mjs", settings);
		const handler = withApiKey((_request: Request, apiKey: { id: string }) => Response.json({ id: apiKey.id }), {
			scope: "leads:read",
		});
		return {
			send: (headers = {}) => handler(new Request("https://leads.example/leads", { headers }), "127.0.0.1"),
			close() {},
		};
	},
};

describe.each(Object.entries(GUARDS))("%s", (_file, start) => {
	let guarded: Guarded;
	beforeAll(async () => {
		guarded = await start();
	});
	afterAll(() => guarded.close());

	it.each([
		["Authorization", (key: string) => ({ authorization: `Bearer ${key}` })],
		["X-API-Key", (key: string) => ({ "x-api-key": key })],
	])("lets a key through that comes as %s, and says whose it is", async (_way, headers) => {
		const { key, api_key } = await create({ scopes: ["leads:read"], ip_allowlist: ["127.0.0.1"] });
		const response = await guarded.send(headers(key));
		expect(await response.json()).toEqual({ id: api_key.id });
	});

	it("refuses as the service itself would", async () => {
		const refused = async (key: string | null) => {
			const response = await guarded.send(key === null ? {} : { authorization: `Bearer ${key}` });
			const { error } = (await response.json()) as { error: { code: string } };
			return [response.status, error.code, response.headers.get("www-authenticate")];
		};
		const revoked = await create({ scopes: ["leads:read"] });
		await owner.mutate("keys.revoke", { id: revoked.api_key.id });
		const elsewhere = await create({ scopes: ["leads:read"], ip_allowlist: ["192.0.2.1"] });
		expect(await refused(null)).toEqual([401, "MISSING", "Bearer"]);
		expect(await refused("nonsense")).toEqual([401, "NOT_FOUND", "Bearer"]);
		expect(await refused("x".repeat(5_000))).toEqual([401, "NOT_FOUND", "Bearer"]);
		expect(await refused(revoked.key)).toEqual([401, "REVOKED", "Bearer"]);
		expect(await refused((await create({})).key)).toEqual([403, "MISSING_SCOPE", null]);
		expect(await refused(elsewhere.key)).toEqual([403, "ADDRESS_NOT_ALLOWED", null]);
	});

	it("says how long to wait once the hour is used up", async () => {
		const { key } = await create({ scopes: ["leads:read"], rate_limit: 1 });
		const headers = { authorization: `Bearer ${key}` };
		// The hour may turn between two of them, but not twice.
		const responses = [await guarded.send(headers), await guarded.send(headers), await guarded.send(headers)];
		const limited = responses.find(({ status }) => status === 429);
		const seconds = Number(limited?.headers.get("retry-after"));
		expect(seconds).toBeGreaterThanOrEqual(1);
		expect(seconds).toBeLessThanOrEqual(3_600);
	});

	it.each([
		["when the service is not there", { url: "http://127.0.0.1:9" }],
		["when the service does not know the back end", { token: "wrong" }],
	])("lets nobody in %s", async (_case, settings) => {
		const { key } = await create({ scopes: ["leads:read"] });
		const cutOff = await start(settings);
		try {
			const response = await cutOff.send({ authorization: `Bearer ${key}` });
			expect(response.status).toBe(503);
		} finally {
			cutOff.close();
		}
	});
});
