/** Rows whose text an earlier release has folded are rewritten by the scheduled run, in portions. */
import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { leads } from "../../../db/product-schema.ts";
import { apiKeys } from "../../../db/schema.ts";
import type { Bindings } from "../../../worker/env.ts";
import worker from "../../../worker/index.ts";
import type { KeyList } from "../../../worker/schemas/key-list.ts";
import { foldOldText } from "../../../worker/services/text.ts";
import { addTenant, createKey, db, product, query, sendJson, token } from "../fixtures.ts";

it("old text is folded anew, so that search and order find it", async () => {
	const tenantId = await addTenant();
	const admin = await token({ tenantId });
	const { key } = await createKey(admin, { name: "Straße Zürich", scopes: [] });
	await createKey(admin, { name: "Zebra" });
	await sendJson(key, "POST", "/v1/leads", { name: "Łódź" });
	// What a release before folded: lower case, without the accents that Unicode decomposes.
	await db
		.update(apiKeys)
		.set({ searchText: "straße zurich", nameSort: "", textVersion: 0 })
		.where(eq(apiKeys.name, "Straße Zürich"));
	await product.update(leads).set({ searchText: "łodz", textVersion: 0 }).where(eq(leads.tenantId, tenantId));
	const found = async (search: string) =>
		(await query<KeyList>(admin, "keys.list", { search })).data.items.map(({ name }) => name);
	expect(await found("strasse")).toEqual([]);

	const controller = createScheduledController({ scheduledTime: new Date(), cron: "17 * * * *" });
	// The tests' bindings are those of the Worker.
	await worker.scheduled(controller, env as Bindings);
	expect(await found("strasse")).toEqual(["Straße Zürich"]);
	const sorted = (await query<KeyList>(admin, "keys.list", { sort: "name" })).data.items.map(({ name }) => name);
	expect(sorted).toEqual(["Straße Zürich", "Zebra"]);
	const response = await sendJson(key, "GET", "/v1/leads?search=lodz", undefined);
	expect(((await response.json()) as { data: unknown[] }).data).toHaveLength(1);
	expect(await foldOldText({ db, product })).toEqual({ keys: 0, leads: 0 });
});

it("a row that changes meanwhile keeps its new text", async () => {
	const tenantId = await addTenant();
	const { api_key } = await createKey(await token({ tenantId }), { name: "Old" });
	await db
		.update(apiKeys)
		.set({ textVersion: 0, name: "New", searchText: "new", nameSort: "new" })
		.where(eq(apiKeys.id, api_key.id));
	await foldOldText({ db, product });
	const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, api_key.id));
	expect([row?.nameSort, row?.textVersion]).toEqual(["new", 1]);
});
