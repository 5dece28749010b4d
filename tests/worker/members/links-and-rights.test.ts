/** Links don't outlive the rights of the person they are for, nor those of their maker. */
import { describe, expect, it } from "vitest";
import type { MemberLink } from "../../../worker/schemas/member.ts";
import { mutate } from "../fixtures.ts";
import { invite, type Person, secretOf, signedIn, tenantWithPeople } from "./tenant-with-people.ts";

let visitors = 0;
/** Each visitor has an IP address of its own, so that attempts are not throttled. */
const visitor = () => ({ "cf-connecting-ip": `2001:db8:9:${(++visitors).toString(16)}::1` });

const works = async (link: MemberLink) =>
	(await mutate(visitor(), "passwords.readLink", { secret: secretOf(link) })).status === 200;
const update = async (who: Person, input: Record<string, unknown>) =>
	expect((await mutate(who.session, "members.update", input)).status).toBe(200);

describe("the links of a person", () => {
	it("end with a promotion: who has invited them must not become an owner with the link", async () => {
		const { owner, admin } = await tenantWithPeople();
		const { data } = await invite(admin);
		expect(await works(data)).toBe(true);
		await update(owner, { id: data.member.id, role: "owner" });
		expect(await works(data)).toBe(false);
		const used = await mutate(visitor(), "passwords.set", {
			secret: secretOf(data),
			password: "sete cavalos azuis dormem",
		});
		expect(used.status).toBe(404);
	});

	it("end with other capabilities, and not with another name", async () => {
		const { owner, admin } = await tenantWithPeople();
		const { data } = await invite(admin);
		await update(owner, { id: data.member.id, name: "Ines" });
		expect(await works(data)).toBe(true);
		await update(owner, { id: data.member.id, capabilities: ["admin.integrations"] });
		expect(await works(data)).toBe(false);
	});
});

describe("the links that an owner has made for others", () => {
	/** An owner who has made a link for a member, and another owner. */
	async function withLinks() {
		const { tenantId, owner, admin, member } = await tenantWithPeople();
		const maker = await signedIn(tenantId, "owner");
		const link = (await mutate<MemberLink>(maker.session, "members.resetPassword", { id: member.id })).data;
		const other = (await mutate<MemberLink>(owner.session, "members.resetPassword", { id: admin.id })).data;
		return { owner, maker, link, other };
	}

	it.each<[string, string, Record<string, unknown>]>([
		["a demotion", "members.update", { role: "admin" }],
		["a deactivation", "members.deactivate", {}],
		["a removal", "members.remove", {}],
	])("end with %s, and those of others stay", async (_, operation, input) => {
		const { owner, maker, link, other } = await withLinks();
		expect(await works(link)).toBe(true);
		expect((await mutate(owner.session, operation, { id: maker.id, ...input })).status).toBe(200);
		expect(await works(link)).toBe(false);
		expect(await works(other)).toBe(true);
	});

	it("stay with another name, and with a promotion", async () => {
		const { owner, admin } = await tenantWithPeople();
		const { data } = await invite(admin);
		await update(owner, { id: admin.id, name: "Ines" });
		await update(owner, { id: admin.id, role: "owner" });
		expect(await works(data)).toBe(true);
	});
});
