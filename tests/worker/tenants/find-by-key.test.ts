/** The platform finds whose keys a text contains. */
import { env } from "cloudflare:workers";
import { and, eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { auditEvents } from "../../../db/schema.ts";
import type { IssuedKey } from "../../../worker/schemas/api-key.ts";
import type { FoundKeys } from "../../../worker/schemas/leaked-key.ts";
import { exported, oldKey } from "../../old-key.ts";
import { addTenant, asIntegration, createKey, db, fieldsOf, mutate, token } from "../fixtures.ts";

const platform = env.SERVICE_ROLE_KEY;
const find = (text: string) => mutate<FoundKeys>(platform, "tenants.find_by_key", { text });

it("finds live, test, signed and imported keys of several tenants in one text, and repeats none of them", async () => {
	const [first, second] = [await addTenant(), await addTenant()];
	const [ours, theirs] = [await token({ tenantId: first }), await token({ tenantId: second })];
	const live = await createKey(ours, { name: "Live" });
	const test = await createKey(theirs, { name: "Test", environment: "test" });
	const signed = (await createKey(ours, { name: "Signed", authentication: "signed" })) as IssuedKey;
	const imported = oldKey();
	await mutate({ authorization: `Bearer ${platform}`, "x-tenant-id": second }, "keys.import", {
		keys: [exported(imported, { name: "Imported" })],
	});
	await asIntegration(imported);
	await mutate(ours, "keys.revoke", { id: live.api_key.id });

	const deleted = await createKey(ours);
	await mutate(ours, "keys.delete", { id: deleted.api_key.id });
	const leaked = [live.key, test.key, signed.key, imported, deleted.key];
	const text = `KEY=${leaked[0]}\n{"key":"${leaked[1]}"} ${leaked[2]},${leaked[3]};\n${leaked[0]} ${leaked[4]}`;
	const { status, data } = await find(text);
	expect(status).toBe(200);
	expect(data.items.map(({ tenant, api_key }) => [tenant.id, api_key.name, api_key.status]).sort()).toEqual(
		[
			[first, "Live", "revoked"],
			[second, "Test", "active"],
			[first, "Signed", "active"],
			[second, "Imported", "active"],
		].sort(),
	);
	expect(data.unknown).toBe(1);
	for (const key of leaked) expect(JSON.stringify(data)).not.toContain(key);

	const events = await db
		.select()
		.from(auditEvents)
		.where(and(eq(auditEvents.tenantId, first), eq(auditEvents.action, "platform.find_key")));
	expect(events.map(({ keyId }) => keyId).sort()).toEqual([live.api_key.id, signed.api_key.id].sort());
	for (const key of leaked) expect(JSON.stringify(events)).not.toContain(key);
});

it("finds nothing for a key with a wrong tag, or in a text without keys", async () => {
	const { key } = await createKey(await token({ tenantId: await addTenant() }));
	const forged = key.replace(/.$/, (last) => (last === "a" ? "b" : "a"));
	expect((await find(`${forged} and ${key.slice(0, 20)}`)).data).toEqual({ items: [], unknown: 1 });
	expect((await find("no key here")).data).toEqual({ items: [], unknown: 0 });
});

it("rejects a text with too many keys, and an empty one", async () => {
	const many = await find(Array.from({ length: 81 }, () => oldKey()).join("\n"));
	expect([many.status, fieldsOf(many)]).toEqual([400, ["text"]]);
	expect((await find("")).status).toBe(400);
});
