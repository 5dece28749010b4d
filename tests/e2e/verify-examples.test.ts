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

interface Settings {
	url?: string;
	token?: string;
	/** The scope that the guarded handler requires. */
	scope?: string;
}

/** Loads an example as a back end does, with the settings in its environment. */
async function load(file: string, settings: Settings) {
	vi.resetModules();
	vi.stubEnv("SALESOS_URL", settings.url ?? service.url);
	vi.stubEnv("SALESOS_TOKEN", settings.token ?? owner.token ?? "");
	return import(join(EXAMPLES, file));
}

interface Guarded {
	/** Sends a request to the handler behind the example. */
	send(headers?: Record<string, string>, ip?: string): Promise<Response>;
	close(): void;
}

const express = createRequire(import.meta.url)("express");

const GUARDS = {
	"express.mjs": async ({ scope = "leads:read", ...settings }: Settings = {}): Promise<Guarded> => {
		const { requireApiKey } = await load("express.mjs", settings);
		const app = express();
		// The test is the proxy in front, so that it can send any X-Forwarded-For.
		app.set("trust proxy", true);
		const handler = ({ apiKey }: { apiKey: { id: string } }, res: { json(body: unknown): void }) =>
			res.json({ id: apiKey.id });
		app.get("/leads", requireApiKey({ scope }), handler);
		const server: Server = app.listen(0, "127.0.0.1");
		await once(server, "listening");
		const { port } = server.address() as AddressInfo;
		return {
			send: (headers = {}, ip = "127.0.0.1") =>
				fetch(`http://127.0.0.1:${port}/leads`, { headers: { ...headers, "x-forwarded-for": ip } }),
			close: () => server.close(),
		};
	},
	"fetch-handler.mjs": async ({ scope = "leads:read", ...settings }: Settings = {}): Promise<Guarded> => {
		const { withApiKey } = await load("fetch-handler.mjs", settings);
		const handler = withApiKey((_request: Request, apiKey: { id: string }) => Response.json({ id: apiKey.id }), {
			scope,
		});
		return {
			send: (headers = {}, ip = "127.0.0.1") => handler(new Request("https://leads.example/leads", { headers }), ip),
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
	])("admits a key that is sent as %s, and passes the key's object on", async (_way, headers) => {
		const { key, api_key } = await create({ scopes: ["leads:read"], ip_allowlist: ["127.0.0.1"] });
		const response = await guarded.send(headers(key));
		expect(await response.json()).toEqual({ id: api_key.id });
	});

	it("refuses with the status and the challenge of the service", async () => {
		const refused = async (key: string | null) => {
			const response = await guarded.send(key === null ? {} : { authorization: `Bearer ${key}` });
			const { error } = (await response.json()) as { error: { code: string } };
			return [response.status, error.code, response.headers.get("www-authenticate")];
		};
		const revoked = await create({ scopes: ["leads:read"] });
		await owner.mutate("keys.revoke", { id: revoked.api_key.id });
		const elsewhere = await create({ scopes: ["leads:read"], ip_allowlist: ["192.0.2.1"] });
		expect(await refused(null)).toEqual([401, "MISSING", "Bearer"]);
		const invalid = 'Bearer error="invalid_token"';
		expect(await refused("nonsense")).toEqual([401, "NOT_FOUND", invalid]);
		expect(await refused("x".repeat(5_000))).toEqual([401, "NOT_FOUND", invalid]);
		expect(await refused(revoked.key)).toEqual([401, "REVOKED", invalid]);
		const insufficient = 'Bearer error="insufficient_scope", scope="leads:read"';
		expect(await refused((await create({})).key)).toEqual([403, "MISSING_SCOPE", insufficient]);
		expect(await refused(elsewhere.key)).toEqual([403, "ADDRESS_NOT_ALLOWED", null]);
	});

	it("says how long to wait if the limit is used up", async () => {
		const { key } = await create({ scopes: ["leads:read"], rate_limit: 1 });
		const headers = { authorization: `Bearer ${key}` };
		// A new hour may begin between two of them, but not twice.
		const responses = [await guarded.send(headers), await guarded.send(headers), await guarded.send(headers)];
		const limited = responses.find(({ status }) => status === 429);
		const seconds = Number(limited?.headers.get("retry-after"));
		expect(seconds).toBeGreaterThanOrEqual(1);
		expect(seconds).toBeLessThanOrEqual(3_600);
	});

	it.each(["203.0.113.7:51234", "[2001:db8::7]:443", "fe80::1%eth0", "unknown"])(
		"admits a key without an allow-list behind a proxy that names the caller %s",
		async (ip) => {
			const { key } = await create({ scopes: ["leads:read"] });
			const response = await guarded.send({ authorization: `Bearer ${key}` }, ip);
			expect(response.status).toBe(200);
		},
	);

	it("responds 500 and logs the reason if the service rejects the call itself", async () => {
		const logged = vi.spyOn(console, "error").mockImplementation(() => {});
		const misspelt = await start({ scope: "leads:raed" });
		try {
			const { key } = await create({ scopes: ["leads:read"] });
			const response = await misspelt.send({ authorization: `Bearer ${key}` });
			expect(response.status).toBe(500);
			expect(JSON.stringify(logged.mock.calls)).toContain("VALIDATION_ERROR");
			expect(JSON.stringify(logged.mock.calls)).not.toContain(key);
		} finally {
			misspelt.close();
			logged.mockRestore();
		}
	});

	it.each([
		["if the service can't be reached", { url: "http://127.0.0.1:9" }],
		["if the service rejects the back end's token", { token: "wrong" }],
	])("admits no key and responds 503 %s", async (_case, settings) => {
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
