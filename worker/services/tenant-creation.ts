/** Creates tenants, with their first owner. */
import { createHash } from "node:crypto";
import { and, eq } from "drizzle-orm";
import { type Author, auditEvent, createdWith } from "../../db/audit.ts";
import { runBatch, type Statement } from "../../db/client.ts";
import { ALPHABET, newId } from "../../db/ids.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { tenants, users } from "../../db/schema.ts";
import { AppError, isConstraintFailure } from "../errors.ts";
import { CONFLICTS } from "../gate/protocol.ts";
import type { LinkDelivery } from "../mail.ts";
import type { CreatedTenant, CreateTenant } from "../schemas/tenant.ts";
import { newLink, storeLink } from "./access-links.ts";
import type { Deps } from "./deps.ts";
import { requireJurisdiction } from "./jurisdiction.ts";
import { emailTaken, invitedAccount, memberLink, resetPassword } from "./member-links.ts";
import { getMember } from "./members.ts";
import { listKeysAgain } from "./reconcile.ts";
import { getTenant, NEVER_SUSPENDED, toTenant } from "./tenants.ts";

type PlatformAuthor = Omit<Author, "tenantId">;

/** Characters of a tenant's id after `ten_`, as `newId` makes them. */
const ID_LENGTH = 20;

/**
 * Adds a customer company. With an owner, who is invited by a one-time link. `CONFLICT` if the slug or the owner's email
 * is taken.
 *
 * A retry with the same `idempotencyKey` creates nothing. Its response has a new link for an owner who has not joined yet,
 * because the earlier one is stored nowhere. The tenant's id is derived from the key, so the retry finds it.
 */
export async function createTenant(
	deps: Deps,
	author: PlatformAuthor,
	delivery: LinkDelivery,
	{ id, name, slug, owner, location_hint: locationHint = null }: CreateTenant,
	idempotencyKey?: string,
): Promise<{ created: CreatedTenant; isReplay: boolean }> {
	await requireJurisdiction(deps);
	const { db, now } = deps;
	const row = {
		id: id ?? (idempotencyKey === undefined ? newId("ten") : derivedId(author, idempotencyKey)),
		name,
		slug,
		createdAt: now,
		...NEVER_SUSPENDED,
		locationHint,
	};
	const inTenant = { ...author, tenantId: row.id };
	const account = owner && { ...invitedAccount(row.id, owner.email, now), name: owner.name, role: "owner" as const };
	const link = account && newLink(delivery.origin, "invitation", account, author.actor, now);
	const statements: Statement[] = [
		db.insert(tenants).values(row),
		insertAudit(
			db,
			auditEvent(inTenant, "tenant.create", now, {
				changes: createdWith({ name, slug, ...(locationHint === null ? {} : { location_hint: locationHint }) }),
			}),
		),
	];
	if (account && link) {
		const { id: targetId, email, role } = account;
		const changes = createdWith({ email, name: account.name, role });
		statements.push(
			db.insert(users).values(account),
			...storeLink(db, link),
			insertAudit(db, auditEvent(inTenant, "member.invite", now, { targetId, changes })),
		);
	}
	try {
		await runBatch(db, statements);
	} catch (thrown) {
		if (!isConstraintFailure(thrown, "UNIQUE")) throw thrown;
		if (id !== undefined && idempotencyKey === undefined) await requireUnknown(deps, id);
		return { created: await replay(deps, inTenant, delivery, row, owner), isReplay: true };
	}
	if (id !== undefined) await listKeysAgain(deps, id);
	const invited = account && link ? await memberLink(deps, delivery, account, link) : null;
	return { created: { ...toTenant({ tenant: row, sweep: null }), owner: invited }, isReplay: false };
}

/** Throws `CONFLICT` if there is a tenant with the id that was asked for. */
async function requireUnknown({ db }: Deps, id: string): Promise<void> {
	if ((await db.$count(tenants, eq(tenants.id, id))) === 0) return;
	throw new AppError("CONFLICT", `A tenant with the id ${id} exists already.`, {
		details: [{ field: "id", message: "Already used by another tenant" }],
	});
}

/** What the same request has created before. Throws `CONFLICT` if it was another request. */
async function replay(
	deps: Deps,
	author: Author,
	delivery: LinkDelivery,
	row: typeof tenants.$inferSelect,
	owner: CreateTenant["owner"],
): Promise<CreatedTenant> {
	const { db } = deps;
	const [known] = await db.select().from(tenants).where(eq(tenants.id, row.id));
	if (!known) throw await taken(deps, row.slug, owner?.email);
	const isSame = known.slug === row.slug && known.name === row.name && known.locationHint === row.locationHint;
	if (!isSame) throw new AppError("CONFLICT", CONFLICTS.idempotencyKeyReused.message);
	const tenant = await getTenant(deps, known.id);
	if (!owner) return { ...tenant, owner: null };
	const [account] = await db
		.select({ id: users.id })
		.from(users)
		.where(and(eq(users.tenantId, known.id), eq(users.email, owner.email)));
	if (!account) throw new AppError("CONFLICT", CONFLICTS.idempotencyKeyReused.message);
	const member = await getMember(deps, known.id, account);
	const invited =
		member.status === "invited"
			? await resetPassword(deps, { author, role: null }, delivery, account)
			: { member, link: null };
	return { ...tenant, owner: invited };
}

async function taken({ db }: Deps, slug: string, email: string | undefined): Promise<AppError> {
	const [tenant] = await db.select({ id: tenants.id }).from(tenants).where(eq(tenants.slug, slug));
	if (!tenant && email !== undefined) return emailTaken("owner.email");
	return new AppError("CONFLICT", `The slug ${slug} is already used.`, {
		details: [{ field: "slug", message: "Already used by another tenant" }],
	});
}

function derivedId({ actor }: PlatformAuthor, idempotencyKey: string): string {
	const digest = createHash("sha256")
		.update(JSON.stringify([actor, idempotencyKey]))
		.digest();
	const characters = Array.from(digest.subarray(0, ID_LENGTH), (byte) => ALPHABET[byte % ALPHABET.length]);
	return `ten_${characters.join("")}`;
}
