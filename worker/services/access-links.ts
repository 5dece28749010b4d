/**
 * One-time links with which a person sets their password: invitations and resets. The secret is in the URL's fragment, so
 * no server, log or referrer gets it until the page sends it in a body. At rest there is only its SHA-256.
 */
import { createHash } from "node:crypto";
import { and, eq, gt, inArray, isNull, type SQL, sql } from "drizzle-orm";
import { type Database, insertRows, type Statement } from "../../db/client.ts";
import type { LinkPurpose } from "../../db/enums.ts";
import { newId, randomText } from "../../db/ids.ts";
import { accessLinks, users } from "../../db/schema.ts";
import { isValidSince } from "../auth/valid-from.ts";
import { AppError } from "../errors.ts";
import { logError } from "../log.ts";
import type { LinkDelivery, Mailer } from "../mail.ts";
import { linkMail } from "../mail-texts.ts";
import type { AccessLink } from "../schemas/member.ts";
import { DAY_MS, HOUR_MS, toTimestamp } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import type { Account } from "./session-opening.ts";

/** How long a link works. An invitation may wait over a weekend; a person who asks for a reset is waiting for the link. */
const LIFE_MS: Record<LinkPurpose, number> = { invitation: 7 * DAY_MS, password_reset: HOUR_MS };

const PATHS: Record<LinkPurpose, string> = { invitation: "invite", password_reset: "reset" };

/** 32 characters of base 62 hold 190 random bits. */
const SECRET_LENGTH = 32;

/** A link with its secret, which is stored nowhere. */
export interface NewLink {
	url: string;
	row: typeof accessLinks.$inferSelect;
}

const hashOf = (secret: string) => createHash("sha256").update(secret).digest("hex");

export function newLink(
	origin: string,
	purpose: LinkPurpose,
	{ id: userId, tenantId }: Pick<Account, "id" | "tenantId">,
	createdBy: string,
	now: number,
): NewLink {
	const secret = randomText(SECRET_LENGTH);
	return {
		url: `${origin}/${PATHS[purpose]}#${secret}`,
		row: {
			id: newId("lnk"),
			tenantId,
			userId,
			purpose,
			secretHash: hashOf(secret),
			createdAt: now,
			createdBy,
			expiresAt: now + LIFE_MS[purpose],
			usedAt: null,
		},
	};
}

/** Statements that store the link and end the person's earlier ones, if the condition holds. */
export function storeLink(db: Database, { row }: NewLink, condition: SQL = sql`true`): Statement[] {
	return [endLinks(db, row.userId, condition), insertRows(db, accessLinks, [row], () => condition)];
}

/** The statement that ends the unused links of a person, if the condition holds. */
export const endLinks = (db: Database, userId: string, condition: SQL = sql`true`): Statement =>
	db.delete(accessLinks).where(and(eq(accessLinks.userId, userId), isNull(accessLinks.usedAt), condition));

/** The statement that ends the unused links that a person has made for anyone in their tenant, if the condition holds. */
export const endLinksBy = (db: Database, { id, tenantId }: Account, condition: SQL): Statement =>
	db.delete(accessLinks).where(
		and(
			// By the people of the tenant, because no index leads to the maker of a link.
			inArray(accessLinks.userId, db.select({ id: users.id }).from(users).where(eq(users.tenantId, tenantId))),
			eq(accessLinks.createdBy, id),
			isNull(accessLinks.usedAt),
			condition,
		),
	);

/** Throws `RATE_LIMITED` if the tenant makes too many links. */
export async function limitLinks({ limiter }: LinkDelivery, tenantId: string): Promise<void> {
	if ((await limiter.limit({ key: tenantId })).success) return;
	throw new AppError("RATE_LIMITED", "Too many links for members. Retry in 60 seconds.", { retryAfter: 60 });
}

/** The link as its maker sees it, after it was mailed where mail is configured. A mail that fails is only logged. */
export async function deliver(
	{ mailer, language }: LinkDelivery,
	{ url, row }: NewLink,
	about: { email: string; tenantName: string },
): Promise<AccessLink> {
	return {
		url,
		expires_at: toTimestamp(row.expiresAt),
		mailed: mailer !== null && (await mail(mailer, about.email, linkMail(language, row.purpose, { ...about, url }))),
	};
}

async function mail(mailer: Mailer, to: string, message: { subject: string; text: string }): Promise<boolean> {
	try {
		await mailer.send({ to, ...message });
		return true;
	} catch (thrown) {
		logError("A mail with a link can't be sent", thrown);
		return false;
	}
}

/** The link and its person; null if the link is unknown, used or expired, or if the person is deactivated. */
export async function findLink(
	{ db, config, now }: Pick<Deps, "db" | "config" | "now">,
	secret: string,
): Promise<{ link: typeof accessLinks.$inferSelect; account: Account } | null> {
	const [found] = await db
		.select({ link: accessLinks, account: users })
		.from(accessLinks)
		.innerJoin(users, eq(users.id, accessLinks.userId))
		.where(
			and(
				eq(accessLinks.secretHash, hashOf(secret)),
				isValidSince(accessLinks.createdAt, config.sessionsValidFrom),
				isNull(accessLinks.usedAt),
				gt(accessLinks.expiresAt, now),
				isNull(users.deactivatedAt),
			),
		);
	return found ?? null;
}

/** Whether the link is still unused, for the statements of the batch that uses it. */
export const isUnused = (linkId: string, now: number): SQL =>
	sql`exists (select 1 from ${accessLinks} where ${accessLinks.id} = ${linkId} and used_at is null and expires_at > ${now})`;

/** The statement that uses the link. Of two at once, only the first finds it unused. Put it last: the others depend on it. */
export const consumeLink = (db: Database, linkId: string, now: number) =>
	db
		.update(accessLinks)
		.set({ usedAt: now })
		.where(and(eq(accessLinks.id, linkId), isNull(accessLinks.usedAt), gt(accessLinks.expiresAt, now)))
		.returning({ id: accessLinks.id });
