/** Search in the list of keys: by parts of names in any script, and by what people see of a key. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createKey, query } from "../fixtures.ts";
import { ids, list, NOW, names, newAdmin } from "./key-lists.ts";

vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

describe("search", () => {
	let shop: string;
	beforeAll(async () => {
		const admin = await newAdmin();
		for (const name of ["Integração São Paulo", "Müller CRM", "100% off_er", "it's"]) await createKey(admin, { name });
		await createKey(admin, { name: "Rehearsal", environment: "test" });
		shop = admin;
	});

	it.each([
		["integracao", ["Integração São Paulo"]],
		["INTEGRAÇÃO", ["Integração São Paulo"]],
		["sao paulo", ["Integração São Paulo"]],
		["integrac\u0327a\u0303o", ["Integração São Paulo"]],
		["  muller  ", ["Müller CRM"]],
		["crm", ["Müller CRM"]],
		["%", ["100% off_er"]],
		["'", ["it's"]],
		["sk_test", ["Rehearsal"]],
		["SK_TEST", ["Rehearsal"]],
		["nobody", []],
	])("for %j finds %j", async (search, expected) => {
		expect(names(await list(shop, { search }))).toEqual(expected);
	});

	it("with empty text finds every key", async () => {
		for (const search of ["", "   "]) expect((await list(shop, { search })).items).toHaveLength(5);
	});

	it("finds a key by its prefix and by its last four characters", async () => {
		const admin = shop;
		for (const { id, key_prefix, last_four } of (await list(admin)).items) {
			for (const search of [key_prefix, last_four, last_four.toUpperCase()])
				expect(ids((await list(admin, { search })).items)).toContain(id);
		}
	});
});

describe("search in any script", () => {
	it.each([
		["ΚΩΣΤΑΣ", "ΚΩΣ"],
		["ΚΩΣΤΑΣ", "κωστας"],
		["Straße", "STRASSE"],
		["STRASSE", "straße"],
		["Łódź", "lodz"],
		["Smørrebrød Đà Nẵng", "smorrebrod da nang"],
		["İstanbul", "istanbul"],
		["Œuvre ﬁn", "OEUVRE FIN"],
	])("finds %j by %j", async (name, search) => {
		const admin = await newAdmin();
		await createKey(admin, { name });
		await createKey(admin, { name: "Other" });
		expect(names(await list(admin, { search }))).toEqual([name]);
	});
});

describe("search for a key that someone has seen", () => {
	it("finds it as it is displayed, by its id, and by its beginning in any text, in both environments", async () => {
		const admin = await newAdmin();
		const { api_key } = await createKey(admin, { name: "Seen", environment: "test" });
		await createKey(admin, { name: "Other", environment: "test" });
		const { id, key_prefix, last_four } = api_key;
		for (const search of [
			`${key_prefix}…${last_four}`,
			`${key_prefix}...${last_four}`,
			`(${key_prefix}••••${last_four})`,
			id,
			`sk_test_${id}`,
			`Authorization: Bearer sk_test_${id}`,
			`SALESOS_KEY="sk_test_${id}"`,
		])
			for (const environment of ["live", "test", undefined]) {
				const found = await list(admin, { search, ...(environment ? { environment } : {}) });
				expect([search, environment, names(found)]).toEqual([search, environment, ["Seen"]]);
				expect(found.counts.active).toBe(1);
			}
	});

	it("finds nothing of another tenant by its id", async () => {
		const { api_key } = await createKey(await newAdmin());
		expect(names(await list(await newAdmin(), { search: `sk_live_${api_key.id}` }))).toEqual([]);
	});

	it("finds a name that has the shape of an id", async () => {
		const admin = await newAdmin();
		await createKey(admin, { name: "integrations" });
		expect(names(await list(admin, { search: "integrations" }))).toEqual(["integrations"]);
	});

	it("rejects a whole key, and says what to search for", async () => {
		const admin = await newAdmin();
		const { key } = await createKey(admin);
		const { status, error } = await query(admin, "keys.list", { search: `Bearer ${key}` });
		expect([status, error.details?.[0]?.field]).toEqual([400, "search"]);
		expect(error.message).toContain("first 12 characters");
		expect(JSON.stringify(error)).not.toContain(key);
	});
});
