/** The demo tenant that a local start begins with. Never part of a deploy: a production database has no default account. */

import { and, eq } from "drizzle-orm";
import { auditEvent, createdWith } from "../db/audit.ts";
import { type Database, runBatch } from "../db/client.ts";
import type { Role } from "../db/enums.ts";
import { newId } from "../db/ids.ts";
import { insertAudit } from "../db/insert-audit.ts";
import { tenants, users } from "../db/schema.ts";

export const DEMO_TENANT = { name: "Acme", slug: "acme" };

/** How the demo owner signs in. The other demo people have the same password. */
export interface OwnerSignIn {
	email: string;
	passwordHash: string;
}

/** The demo people. */
const PEOPLE: { role: Role; name: string; email: (owner: string) => string }[] = [
	{ role: "owner", name: "Olivia Owner", email: (owner) => owner },
	{ role: "admin", name: "Adam Admin", email: (owner) => `admin@${owner.split("@")[1]}` },
	{ role: "member", name: "Mia Member", email: (owner) => `member@${owner.split("@")[1]}` },
];

/** Adds the demo tenant with an owner, an admin and a member, unless there is a tenant already. Says whether it did. */
export async function seed(db: Database, owner: OwnerSignIn, now: number): Promise<boolean> {
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
				passwordHash: owner.passwordHash,
				role,
				capabilities: [],
				createdAt: now,
			}),
		),
	]);
	return true;
}

/** Gives the demo people the emails and the password of a new `.dev.vars`, so that its sign-in works. */
export async function resetSignIns(db: Database, owner: OwnerSignIn): Promise<void> {
	const [tenant] = await db.select({ id: tenants.id }).from(tenants).where(eq(tenants.slug, DEMO_TENANT.slug));
	if (!tenant) return;
	for (const { role, name, email } of PEOPLE)
		await db
			.update(users)
			.set({ email: email(owner.email), passwordHash: owner.passwordHash })
			.where(and(eq(users.tenantId, tenant.id), eq(users.role, role), eq(users.name, name)));
}
