/** A tenant with people who have signed in, for the tests of members. */
import { and, eq } from "drizzle-orm";
import type { Role } from "../../../db/enums.ts";
import { newId } from "../../../db/ids.ts";
import { auditEvents, sessions, users } from "../../../db/schema.ts";
import type { Member, MemberLink } from "../../../worker/schemas/member.ts";
import { addPerson } from "../auth/populated-tenant.ts";
import { addTenant, db, mutate, ORIGIN, query, token } from "../fixtures.ts";

export interface Person {
	id: string;
	email: string;
	/** Headers of a browser with their session. */
	session: Record<string, string>;
}

export async function signedIn(tenantId: string, role: Role): Promise<Person> {
	const { id, email } = await addPerson(tenantId, role);
	const now = Date.now();
	const sessionId = newId("ses");
	await db
		.insert(sessions)
		.values({ id: sessionId, tenantId, userId: id, createdAt: now, expiresAt: now + 600_000, lastSeenAt: now });
	const made = await token({ tenantId, role, sub: id, claims: { session_id: sessionId, email } });
	return { id, email, session: { cookie: `__Host-session=${made}`, origin: ORIGIN } };
}

export interface People {
	tenantId: string;
	owner: Person;
	admin: Person;
	member: Person;
}

export async function tenantWithPeople(): Promise<People> {
	const tenantId = await addTenant();
	return {
		tenantId,
		owner: await signedIn(tenantId, "owner"),
		admin: await signedIn(tenantId, "admin"),
		member: await signedIn(tenantId, "member"),
	};
}

export const newEmail = () => `${newId("usr")}@company.example`.toLowerCase();

export const invite = (who: Person, input: Record<string, unknown> = {}) =>
	mutate<MemberLink>(who.session, "members.invite", { email: newEmail(), name: "Ivo", role: "member", ...input });

export const secretOf = ({ link }: MemberLink) => link.url.split("#")[1] ?? "";

export const memberOf = async (who: Person, id: string) =>
	(await query<Member>(who.session, "members.get", { id })).data;

export const stored = async (id: string) => (await db.select().from(users).where(eq(users.id, id)))[0];

/** The events about a person, oldest first: the action, the actor and the changes. */
export async function trailOf(tenantId: string, targetId: string) {
	const events = await db
		.select()
		.from(auditEvents)
		.where(and(eq(auditEvents.tenantId, tenantId), eq(auditEvents.targetId, targetId)))
		.orderBy(auditEvents.at);
	return events.map(({ action, actor, changes }) => ({ action, actor, changes }));
}
