/** Tests of the fixtures: each test has its own tenant, and its browser the chosen person's session. */
import { openBarePage } from "./bare-page.ts";
import { expect, LAPTOP, PHONE, test } from "./fixtures.ts";

/** Calls the service from inside the page, so with the cookie alone. */
const me = () => fetch("/trpc/session.me").then((answer) => answer.json());

test("the browser is signed in as the tenant's admin, with a cookie that scripts cannot read", async ({
	page,
	tenant,
	signedIn,
}) => {
	const person = await signedIn();
	await openBarePage(page);
	const { result } = await page.evaluate(me);
	expect(result.data).toMatchObject({
		user: { id: person.id, email: person.email, role: "admin", capabilities: ["admin.integrations"] },
		tenant: { id: tenant.id, name: "Northwind Sales" },
	});
	expect(await page.evaluate(() => document.cookie)).toBe("");
});

test("other windows have other people's sessions", async ({ page, tenant, signedIn, newWindow }) => {
	await signedIn();
	const windows = [page, await newWindow(), await newWindow()] as const;
	const [, member, trusted] = windows;
	await signedIn({ role: "member" }, member);
	await signedIn(await tenant.person({ role: "member", capabilities: ["admin.integrations"] }), trusted);
	const seen = [];
	for (const window of windows) {
		await openBarePage(window);
		seen.push((await window.evaluate(me)).result.data.user);
	}
	expect(seen).toMatchObject([
		{ role: "admin" },
		{ role: "member", capabilities: [] },
		{ role: "member", capabilities: ["admin.integrations"] },
	]);
	expect(new Set(seen.map(({ id }) => id)).size).toBe(3);
});

for (const turn of ["first", "second"])
	test(`a tenant is empty at the start of its test, the ${turn}`, async ({ tenant }) => {
		expect((await tenant.admin.api.query("keys.list")).items).toEqual([]);
		await tenant.createKey({ name: "CRM" });
		expect((await tenant.admin.api.query("keys.list")).items.map(({ name }) => name)).toEqual(["CRM"]);
	});

test("an integration calls from the given IP address", async ({ tenant, integration }) => {
	const { key, api_key } = await tenant.createKey({ name: "Office", ip_allowlist: ["192.0.2.7"] });
	expect((await integration(key, "192.0.2.7").whoami()).status).toBe(200);
	expect((await integration(key).whoami()).status).toBe(403);
	expect((await tenant.admin.api.query("keys.get", { id: api_key.id })).current_hour.used).toBe(1);
});

test("an integration sends an API key and JSON", async ({ tenant, integration }) => {
	const { key } = await tenant.createKey({ name: "CRM" });
	const collaborators = [{ external_id: "17", name: "Ana Souza", email: "ana@acme.example" }];
	const answer = await integration(key).post("/v1/sync_collaborators", { collaborators });
	expect(await answer.json()).toMatchObject({ data: { created: 1 } });
	expect((await integration(key).get("/v1/leads")).status).toBe(403);
});

test("the browser has the test's own IP address", async ({ page, tenant, signedIn, address }) => {
	const person = await signedIn();
	await openBarePage(page);
	await page.evaluate(() => {
		const body = JSON.stringify({ name: "By hand" });
		return fetch("/trpc/keys.create", { method: "POST", headers: { "content-type": "application/json" }, body }).then(
			(answer) => answer.text(),
		);
	});
	const { items } = await tenant.admin.api.query("audit.list", { action: "api_key.create" });
	expect(items).toMatchObject([{ actor: person.id, ip: address }]);
});

for (const [name, size, touch] of [
	["laptop", LAPTOP, false],
	["phone", PHONE, true],
] as const)
	test.describe(() => {
		test.use(size);
		test(`the ${name} has the right size`, async ({ page }) => {
			await openBarePage(page);
			const seen = await page.evaluate(() => [innerWidth, innerHeight, matchMedia("(pointer: coarse)").matches]);
			expect(seen).toEqual([size.viewport.width, size.viewport.height, touch]);
		});
	});

test("the page's clock can be moved", async ({ page }) => {
	await page.clock.install({ time: "2026-03-01T10:00:00Z" });
	await openBarePage(page);
	await page.clock.pauseAt("2026-03-01T11:00:00Z");
	expect(await page.evaluate(() => new Date().toISOString())).toBe("2026-03-01T11:00:00.000Z");
});
