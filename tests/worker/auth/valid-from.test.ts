/** After a restore of the database, sign-ins and links that had ended are back. What is older than the restore is not valid. */
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, expect, it } from "vitest";
import { accessLinks, platformSessions, serviceState, sessions, users } from "../../../db/schema.ts";
import { openPlatformSession, usePlatformSession } from "../../../worker/auth/platform-session.ts";
import { useSession } from "../../../worker/auth/session.ts";
import { readConfig } from "../../../worker/env.ts";
import { findLink, newLink } from "../../../worker/services/access-links.ts";
import { addTenant, db } from "../fixtures.ts";

const NOW = Date.now();
const tenantId = await addTenant();
const userId = "usr_restored";
await db.insert(users).values({
	...{ id: userId, tenantId, email: "restored@acme.example", name: "Ada", passwordHash: "none" },
	...{ role: "admin", capabilities: [], createdAt: NOW },
});
await db
	.insert(sessions)
	.values({ id: "ses_restored", tenantId, userId, createdAt: NOW, expiresAt: NOW + 3_600_000, lastSeenAt: NOW });
const operator = await openPlatformSession(db, env.SERVICE_ROLE_KEY, { ip: null, userAgent: null }, NOW);
const link = newLink("https://keys.example", "invitation", { id: userId, tenantId }, "usr_test", NOW);
await db.insert(accessLinks).values(link.row);

afterEach(async () => {
	await db.delete(serviceState);
});

/** Which of the three credentials are valid. */
async function valid(configured: string | undefined): Promise<boolean[]> {
	const config = readConfig({ ...env, ...(configured === undefined ? {} : { SESSIONS_VALID_FROM: configured }) });
	const session = await useSession(db, { sessionId: "ses_restored", userId, tenantId }, config.sessionsValidFrom, NOW);
	const platform = await usePlatformSession(db, operator, config, NOW);
	const found = await findLink({ db, config, now: NOW }, link.url.split("#")[1] ?? "");
	return [session, platform, found].map((one) => one !== null);
}
const store = (value: number) =>
	db.insert(serviceState).values({ name: "sessions_valid_from", value: String(value), updatedAt: NOW });
const at = (offset: number) => new Date(NOW + offset).toISOString();

it("accepts sign-ins and links while neither the configuration nor the database names an instant", async () => {
	expect(await valid(undefined)).toEqual([true, true, true]);
	expect(await valid("")).toEqual([true, true, true]);
});

it("rejects what is older than the instant in the database, which a restore writes", async () => {
	await store(NOW);
	expect(await valid(undefined)).toEqual([true, true, true]);
	await db
		.update(serviceState)
		.set({ value: String(NOW + 1) })
		.where(eq(serviceState.name, "sessions_valid_from"));
	expect(await valid(undefined)).toEqual([false, false, false]);
	expect(await db.select().from(platformSessions)).toHaveLength(1);
});

it("rejects what is older than the instant in the configuration, which can be set before the restore", async () => {
	expect(await valid(at(0))).toEqual([true, true, true]);
	expect(await valid(at(1))).toEqual([false, false, false]);
	// The later of the two counts.
	await store(NOW - 1_000);
	expect(await valid(at(1))).toEqual([false, false, false]);
});

it("does not start with an invalid instant", () => {
	expect(() => readConfig({ ...env, SESSIONS_VALID_FROM: "yesterday" })).toThrow(
		"SESSIONS_VALID_FROM must be a time in UTC",
	);
	expect(() => readConfig({ ...env, SESSIONS_VALID_FROM: "2026-11-29T04:00:00" })).toThrow("SESSIONS_VALID_FROM");
});
