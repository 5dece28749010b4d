/** The demo tenant that a local start begins with. Never part of a deploy: a production database has no default account. */

import { auditEvent, createdWith } from "../db/audit.ts";
import { type Database, runBatch } from "../db/client.ts";
import type { Role } from "../db/enums.ts";
import { newId } from "../db/ids.ts";
import { insertAudit } from "../db/insert-audit.ts";
import { tenants, users } from "../db/schema.ts";
import { hashPassword } from "../worker/auth/password.ts";

export const DEMO_TENANT = { name: "Acme", slug: "acme" };

/** The demo people: the owner signs in as told, the others with the same password. */
const PEOPLE: { role: Role; name: string; email: (owner: string) => string }[] = [
	{ role: "owner", name: "Olivia Owner", email: (owner) => owner },
	{ role: "admin", name: "Adam Admin", email: (owner) => `admin@${owner.split("@")[1]}` },
	{ role: "member", name: "Mia Member", email: (owner) => `member@${owner.split("@")[1]}` },
];

/** Adds the demo tenant with an owner, an admin and a member, unless there is a tenant already. Says whether it did. */
export async function seed(db: Database, owner: { email: string; password: string }, now: number): Promise<boolean> {
	const existing = await db.select({ id: tenants.id }).from(tenants).limit(1);
	if (existing.length > 0) return false;
	const tenant = { id: newId("ten"), ...DEMO_TENANT, createdAt: now };
	const author = { tenantId: tenant.id, actor: "system", actorEmail: null, ip: null, userAgent: null };
	await runBatch(db, [
		db.insert(tenants).values(tenant),
		insertAudit(db, auditEvent(author, "tenant.create", now, { changes: createdWith(DEMO_TENANT) })),
		...PEOPLE.map(({ role, name, email }) =>
			db.insert(users).values({
				id: newId("usr"),
				tenantId: tenant.id,
				email: email(owner.email),
				name,
				passwordHash: hashPassword(owner.password),
				role,
				capabilities: [],
				createdAt: now,
			}),
		),
	]);
	return true;
}
