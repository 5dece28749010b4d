/** Fills the local demo tenant with API keys. */
import { and, asc, eq, inArray, lte } from "drizzle-orm";
import type { Author } from "../../db/audit.ts";
import type { Database } from "../../db/client.ts";
import { apiKeys, tenants, users } from "../../db/schema.ts";
import type { Secret } from "../../worker/env.ts";
import { mintKey } from "../../worker/keys/format.ts";
import { DEMO_TENANT } from "../seed.ts";
import { demoKeys } from "./keys.ts";
import { randomOf, seeded } from "./random.ts";
import { type Written, writeDemo } from "./write.ts";

/** Any constant, so that two machines show the same demo. */
const SEED = 2_026;

/**
 * Adds this number of keys to the demo tenant, created with the pepper by the users who manage its keys. Null, and
 * nothing is written, if there is no demo tenant.
 */
export async function fillDemo(db: Database, count: number, now: number, pepper: Secret): Promise<Written | null> {
	const [first, ...others] = await managers(db);
	if (!first) return null;
	const keys = demoKeys(count, {
		now,
		random: randomOf(seeded(SEED)),
		authors: [first, ...others],
		mint: (environment) => mintKey(environment, pepper).material,
	});
	const written = await writeDemo(db, keys);
	// Keys that have ended since their creation get their standing before the first list.
	await db.update(apiKeys).set({ settledAt: now }).where(lte(apiKeys.turnsAt, now));
	return written;
}

/** The users of the demo tenant who manage keys, with IP addresses of an office. */
async function managers(db: Database): Promise<Author[]> {
	const people = await db
		.select({ actor: users.id, actorEmail: users.email, tenantId: users.tenantId })
		.from(users)
		.innerJoin(tenants, eq(tenants.id, users.tenantId))
		.where(and(eq(tenants.slug, DEMO_TENANT.slug), inArray(users.role, ["owner", "admin"])))
		.orderBy(asc(users.email));
	return people.map((person, index) => ({
		...person,
		ip: `203.0.113.${10 + index}`,
		userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
	}));
}
