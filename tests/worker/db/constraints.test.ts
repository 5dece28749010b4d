/** What the database rejects, independent of the code above it. */
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { runBatch } from "../../../db/client.ts";
import { newId } from "../../../db/ids.ts";
import { activities, apiKeys, collaborators, sessions, tenants, usageHourly, users } from "../../../db/schema.ts";
import { isConstraintFailure } from "../../../worker/errors.ts";
import { addTenant, createKey, db, token } from "../fixtures.ts";
import { apiKeyRow } from "./api-key-row.ts";

const NOW = Date.now();
const tenantId = await addTenant();

/** Valid rows, whose ids tests then make invalid. */
const user = (tenant: string, email = `${newId("usr")}@acme.example`): typeof users.$inferInsert => ({
	id: newId("usr"),
	tenantId: tenant,
	email,
	name: "Ada",
	passwordHash: "none",
	role: "member",
	capabilities: [],
	createdAt: NOW,
});
const collaborator = (tenant: string, email: string): typeof collaborators.$inferInsert => ({
	id: newId("col"),
	tenantId: tenant,
	environment: "live",
	externalId: "17",
	name: "Ana",
	email,
	emailFolded: email,
	createdAt: NOW,
	updatedAt: NOW,
	writtenBy: "key",
});
const activity = (collaboratorId: string, externalId: string): typeof activities.$inferInsert => ({
	id: newId("act"),
	tenantId,
	environment: "live",
	collaboratorId,
	activityCode: "001",
	occurredAt: NOW,
	externalId,
	createdAt: NOW,
	writtenBy: "key",
});

/** Why a statement failed, as the code distinguishes it. */
async function failure(statement: PromiseLike<unknown>): Promise<string> {
	try {
		await statement;
	} catch (thrown) {
		for (const constraint of ["UNIQUE", "FOREIGN KEY"] as const)
			if (isConstraintFailure(thrown, constraint)) return constraint;
		return "something else";
	}
	return "none";
}

describe("a row without its parent", () => {
	it.each([
		["a key of an unknown tenant", () => db.insert(apiKeys).values(apiKeyRow("ten_unknown", NOW))],
		["a user of an unknown tenant", () => db.insert(users).values(user("ten_unknown"))],
		[
			"a collaborator of an unknown tenant",
			() => db.insert(collaborators).values(collaborator("ten_unknown", "a@acme.example")),
		],
		["an activity of an unknown collaborator", () => db.insert(activities).values(activity("col_unknown", "r0"))],
		[
			"a session of an unknown user",
			() =>
				db.insert(sessions).values({ id: "ses_x", tenantId, userId: "usr_unknown", createdAt: NOW, expiresAt: NOW }),
		],
		[
			"usage of an unknown key",
			() =>
				db.insert(usageHourly).values({ keyId: "unknown", hour: 0, tenantId, allowed: 0, rateLimited: 0, denied: 0 }),
		],
	])("is rejected: %s", async (_what, insert) => {
		expect(await failure(insert())).toBe("FOREIGN KEY");
	});

	it("is accepted with its parent", async () => {
		expect(await failure(db.insert(apiKeys).values(apiKeyRow(tenantId, NOW)))).toBe("none");
		expect(await failure(db.insert(users).values(user(tenantId)))).toBe("none");
	});
});

describe("a tenant", () => {
	it("cannot be deleted while it has keys", async () => {
		const full = await addTenant();
		await createKey(await token({ tenantId: full }));
		expect(await failure(db.delete(tenants).where(eq(tenants.id, full)))).toBe("FOREIGN KEY");
	});
});

describe("unique values", () => {
	it("are rejected the second time: a slug, an email of a user or collaborator, an external id", async () => {
		const slug = newId("ten").toLowerCase();
		await db.insert(tenants).values({ id: newId("ten"), name: "Acme", slug, createdAt: NOW });
		expect(await failure(db.insert(tenants).values({ id: newId("ten"), name: "Acme", slug, createdAt: NOW }))).toBe(
			"UNIQUE",
		);
		await db.insert(users).values(user(tenantId, "ada@acme.example"));
		expect(await failure(db.insert(users).values(user(await addTenant(), "ada@acme.example")))).toBe("UNIQUE");

		const person = collaborator(tenantId, "ana@acme.example");
		await db.insert(collaborators).values(person);
		expect(await failure(db.insert(collaborators).values(collaborator(tenantId, "ana@acme.example")))).toBe("UNIQUE");
		await db.insert(activities).values(activity(person.id, "r1"));
		expect(await failure(db.insert(activities).values(activity(person.id, "r1")))).toBe("UNIQUE");
	});
});

describe("a batch", () => {
	it("with one failing statement changes nothing", async () => {
		const good = apiKeyRow(tenantId, NOW);
		const batch = runBatch(db, [
			db.insert(apiKeys).values(good),
			db.insert(apiKeys).values(apiKeyRow("ten_unknown", NOW)),
		]);
		expect(await failure(batch)).toBe("FOREIGN KEY");
		expect(await db.select().from(apiKeys).where(eq(apiKeys.id, good.id))).toEqual([]);
	});
});

describe("deletion", () => {
	it("a key deletes its usage, and a user their sessions", async () => {
		const [key, person] = [apiKeyRow(tenantId, NOW), user(tenantId)];
		await runBatch(db, [
			db.insert(apiKeys).values(key),
			db.insert(usageHourly).values({ keyId: key.id, hour: 0, tenantId, allowed: 1, rateLimited: 0, denied: 0 }),
			db.insert(users).values(person),
			db.insert(sessions).values({ id: "ses_y", tenantId, userId: person.id, createdAt: NOW, expiresAt: NOW }),
			db.delete(apiKeys).where(eq(apiKeys.id, key.id)),
			db.delete(users).where(eq(users.id, person.id)),
		]);
		const { results } = await env.DB.prepare(
			"select (select count(*) from usage_hourly) as usage, (select count(*) from sessions) as sessions",
		).all();
		expect(results).toEqual([{ usage: 0, sessions: 0 }]);
	});
});
