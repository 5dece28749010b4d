/** A sign-in with a password at the same moment as a change of the account: the change wins. */
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { database } from "../../../db/client.ts";
import { auditEvents, sessions, users } from "../../../db/schema.ts";
import { readConfig } from "../../../worker/env.ts";
import { logIn } from "../../../worker/services/session.ts";
import { addTenant, db, product } from "../fixtures.ts";
import { beforeBatch } from "./before-batch.ts";
import { addPerson, PASSWORD } from "./populated-tenant.ts";

const NOW = Date.UTC(2026, 10, 25);
const limit = async () => ({ success: true });

/** Signs in with the right password, while another request makes the change. */
function signIn(email: string, change: () => PromiseLike<unknown>) {
	const deps = {
		db: database(beforeBatch(change)),
		product,
		gates: env.KEY_GATE,
		config: readConfig(env),
		limits: { origin: { limit }, pair: { limit }, account: { limit } },
		hashers: env.PASSWORD_HASHER,
		now: NOW,
	};
	const visitor = { ip: "203.0.113.7", userAgent: null, place: null, device: null, session: null };
	return logIn(deps, visitor, { email, password: PASSWORD });
}

it.each([
	["a reset", (id: string) => db.update(users).set({ passwordHash: "another" }).where(eq(users.id, id))],
	["a deactivation", (id: string) => db.update(users).set({ deactivatedAt: NOW }).where(eq(users.id, id))],
	["a removal", (id: string) => db.delete(users).where(eq(users.id, id))],
])("%s at the same moment leaves no session of the old password", async (_, change) => {
	const { id, email } = await addPerson(await addTenant());
	await expect(signIn(email, () => change(id))).rejects.toMatchObject({
		code: "UNAUTHORIZED",
		message: "Incorrect email or password.",
	});
	expect(await db.select().from(sessions).where(eq(sessions.userId, id))).toEqual([]);
	expect(await db.select().from(auditEvents).where(eq(auditEvents.actor, id))).toEqual([]);
});

it("a change of another person at the same moment doesn't prevent a sign-in", async () => {
	const { id, email } = await addPerson(await addTenant());
	const other = await addPerson(await addTenant());
	const change = () => db.delete(users).where(eq(users.id, other.id));
	expect((await signIn(email, change)).user.id).toBe(id);
	expect(await db.select().from(sessions).where(eq(sessions.userId, id))).toHaveLength(1);
});
