/** Keys and IP addresses as people and proxies send them get the same verdict on every interface. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { KeyVerifier } from "../../../worker/verifier.ts";
import { addTenant, asIntegration, createKey, mutate, request, token } from "../fixtures.ts";

const admin = await token({ tenantId: await addTenant() });

interface Presentation {
	key: string;
	ip?: string | null;
}

/** The verdict by each interface that takes a key in its input. */
async function verdicts(presentation: Presentation): Promise<[trpc: string, rest: string, verifier: string]> {
	const trpc = await mutate<{ code: string }>(admin, "keys.verify", presentation);
	const rest = await request("/v1/api-keys/verify", {
		method: "POST",
		headers: { authorization: `Bearer ${admin}`, "content-type": "application/json" },
		body: JSON.stringify(presentation),
	});
	const { data } = await rest.json<{ data: { code: string } }>();
	const { key, ip } = presentation;
	const verifier = await new KeyVerifier(createExecutionContext(), env).verify(key, ip === undefined ? {} : { ip });
	return [trpc.data.code, data.code, verifier.code];
}

describe("a key with whitespace around it", () => {
	it.each([
		["a line feed after it", (key: string) => `${key}\n`],
		["a line break after it", (key: string) => `${key}\r\n`],
		["spaces around it", (key: string) => `  ${key} `],
		["a tab before it", (key: string) => `\t${key}`],
	])("is valid with %s", async (_what, written) => {
		const { key } = await createKey(admin);
		expect(await verdicts({ key: written(key) })).toEqual(["VALID", "VALID", "VALID"]);
		// `Headers` removes whitespace around a value.
		expect((await request("/v1/whoami", { headers: { "x-api-key": written(key) } })).status).toBe(200);
	});

	it("is the same key to the memory of refusals", async () => {
		const { key, api_key } = await createKey(admin);
		await mutate(admin, "keys.revoke", { id: api_key.id });
		for (const written of [key, `${key}\n`]) expect(await verdicts({ key: written })).toEqual(Array(3).fill("REVOKED"));
	});

	it("is unknown with whitespace inside", async () => {
		const { key } = await createKey(admin);
		expect(await verdicts({ key: `${key.slice(0, 20)} ${key.slice(20)}` })).toEqual(Array(3).fill("NOT_FOUND"));
	});
});

describe("the IP address of a caller", () => {
	it.each([
		["203.0.113.7:51234", "203.0.113.0/24"],
		["::ffff:203.0.113.7", "203.0.113.0/24"],
		["[2001:db8::7]:443", "2001:db8::/32"],
		["fe80::1%eth0", "fe80::1"],
	])("%s is on an allow-list of %s", async (ip, entry) => {
		const { key } = await createKey(admin, { ip_allowlist: [entry] });
		expect(await verdicts({ key, ip })).toEqual(["VALID", "VALID", "VALID"]);
		expect((await asIntegration(key, "/v1/whoami", { headers: { "cf-connecting-ip": ip } })).status).toBe(200);
	});

	it.each(["unknown", "203.0.113.7, 10.0.0.1", "", "x".repeat(2_000), null])(
		"%s is unknown: a key without an allow-list is valid, and one with an allow-list is refused",
		async (ip) => {
			const [open, restricted] = [await createKey(admin), await createKey(admin, { ip_allowlist: ["203.0.113.7"] })];
			expect(await verdicts({ key: open.key, ip })).toEqual(Array(3).fill("VALID"));
			expect(await verdicts({ key: restricted.key, ip })).toEqual(Array(3).fill("ADDRESS_NOT_ALLOWED"));
		},
	);
});
