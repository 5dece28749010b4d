/** Finds or makes the account of a person who has signed in with the identity provider, and opens a session. */
import { and, eq, or, sql } from "drizzle-orm";
import { type AuditEvent, auditEvent, createdWith } from "../../db/audit.ts";
import { insertRows, runBatch, type Statement } from "../../db/client.ts";
import { auditEvents, NO_PASSWORD, tenants, userIdentities, users } from "../../db/schema.ts";
import type { ProviderPerson } from "../auth/openid.ts";
import { SignInProblem } from "../auth/sign-in-problem.ts";
import { mapPerson, mapTenant } from "../auth/token-claims.ts";
import { AppError, isConstraintFailure } from "../errors.ts";
import type { OpenIdConfig } from "../openid-config.ts";
import { accountEmail } from "../schemas/common.ts";
import { personName } from "../schemas/member.ts";
import type { LoggedIn } from "../schemas/session.ts";
import { endLinks } from "./access-links.ts";
import type { Deps } from "./deps.ts";
import { invitedAccount } from "./member-links.ts";
import { withinQuotas } from "./quotas.ts";
import { recordFailedSignIn } from "./session.ts";
import { type Account, isOpened, openSession, type Visitor } from "./session-opening.ts";

/**
 * Opens a session for the person. They are recognised by the provider's id for them. At their first sign-in, that id is
 * linked to the account of their verified email; without an account, `OIDC_SIGN_UP` decides. Throws a `SignInProblem`.
 */
export async function signInWithProvider(
	deps: Deps,
	openid: OpenIdConfig,
	visitor: Visitor,
	person: ProviderPerson,
): Promise<LoggedIn> {
	// Another request can link the person, add or deactivate their account, or suspend the tenant at the same moment. The second
	// attempt finds that.
	for (let attempts = 1; attempts <= ATTEMPTS_MAX; attempts++) {
		try {
			const loggedIn = await attempt(deps, openid, visitor, person);
			if (loggedIn !== null) return loggedIn;
		} catch (thrown) {
			if (attempts === ATTEMPTS_MAX || !isConstraintFailure(thrown, "UNIQUE")) throw thrown;
		}
	}
	throw new SignInProblem("unavailable");
}

/** Only a race makes a second attempt necessary, and two races in one sign-in are rare. */
const ATTEMPTS_MAX = 2;

/** Null, and nothing changes, if the account or the tenant has changed since they were read. */
async function attempt(
	deps: Deps,
	openid: OpenIdConfig,
	visitor: Visitor,
	person: ProviderPerson,
): Promise<LoggedIn | null> {
	const { db, now } = deps;
	const { email, name } = verifiedPerson(deps, person);
	const tenantId = await tenantOf(deps, openid, person);
	const linked = await linkedAccount(deps, person);
	// An email alone must lead into no tenant: anyone whom the provider knows would get into every tenant with their email.
	if (linked === null && tenantId === null) throw new SignInProblem("no_company");
	const known = linked ?? (await accountOf(deps, email));
	if (known) {
		const refused = await refusalOf(deps, known, linked !== null, tenantId, person);
		if (refused !== null) {
			await recordFailedSignIn(db, known, visitor, now);
			throw new SignInProblem(refused);
		}
	}
	const account = known ?? (await newAccount(deps, openid, tenantId, email, name));
	const statements: Statement[] = [];
	const author = {
		tenantId: account.tenantId,
		actor: account.id,
		actorEmail: account.email,
		ip: visitor.ip,
		userAgent: visitor.userAgent,
	};
	const active = sql`exists (select 1 from users where id = ${account.id} and deactivated_at is null)`;
	const record = (event: AuditEvent) => insertRows(db, auditEvents, [event], () => active);
	if (!known) {
		const { email, name, role, tenantId } = account;
		const about = { targetId: account.id, changes: createdWith({ email, name, role }) };
		const isOpen = sql`exists (
			select 1 from tenants where id = ${tenantId} and suspended_at is null and delete_after is null and deleted_at is null
		)`;
		statements.push(
			insertRows(db, users, [account], () => isOpen),
			record(auditEvent(author, "member.create", now, about)),
		);
	}
	if (!linked) {
		const { issuer, subject } = person;
		const identity = { issuer, subject, tenantId: account.tenantId, userId: account.id, createdAt: now };
		statements.push(
			insertRows(db, userIdentities, [identity], () => active),
			// An invitation that is still around must not let another person set a password.
			endLinks(db, account.id, active),
		);
		const isInvited = known && known.passwordHash === NO_PASSWORD && known.lastSignInAt === null;
		if (isInvited) statements.push(record(auditEvent(author, "member.join", now, { targetId: account.id })));
	}
	const opened = await openSession(deps, account, visitor, "openid", active);
	const batch = [...statements, ...opened.statements];
	const results = await withinQuotas(() => runBatch(db, batch)).catch((thrown: unknown) => {
		throw thrown instanceof AppError && thrown.code === "CONFLICT" ? new SignInProblem("full", thrown) : thrown;
	});
	return isOpened(results) ? opened.loggedIn : null;
}

/** The email, which must be verified: users of many providers can enter any (OpenID Connect Core, section 5.1). */
function verifiedPerson({ config }: Deps, { claims }: ProviderPerson): { email: string; name: string } {
	const sent = mapPerson(claims, config.jwt.claims);
	const email = accountEmail.safeParse(sent.email);
	if (!email.success || sent.email_verified !== true) throw new SignInProblem("unverified_email");
	const name = personName.safeParse(sent.name);
	return { email: email.data, name: name.success ? name.data : email.data };
}

/** The tenant that the person belongs to, as the configuration or the provider says. Null: neither names one. */
async function tenantOf({ db, config }: Deps, { tenant }: OpenIdConfig, { claims }: ProviderPerson) {
	if (tenant === null) {
		try {
			return mapTenant(claims, config.jwt.claims);
		} catch (cause) {
			throw new SignInProblem("no_company", cause);
		}
	}
	const [found] = await db
		.select({ id: tenants.id })
		.from(tenants)
		.where(or(eq(tenants.id, tenant), eq(tenants.slug, tenant)));
	if (!found) throw new SignInProblem("no_company", new Error("OIDC_TENANT names no tenant"));
	return found.id;
}

async function linkedAccount({ db }: Deps, { issuer, subject }: ProviderPerson): Promise<Account | null> {
	const [found] = await db
		.select({ account: users })
		.from(userIdentities)
		.innerJoin(users, eq(users.id, userIdentities.userId))
		.where(and(eq(userIdentities.issuer, issuer), eq(userIdentities.subject, subject)));
	return found?.account ?? null;
}

async function accountOf({ db }: Deps, email: string): Promise<Account | null> {
	const [found] = await db.select().from(users).where(eq(users.email, email));
	return found ?? null;
}

/** Why the person may not use this account; null if they may. */
async function refusalOf(
	{ db }: Deps,
	account: Account,
	isLinked: boolean,
	tenantId: string | null,
	{ issuer }: ProviderPerson,
) {
	// Without a named tenant, only a linked person gets here.
	if (tenantId !== null && tenantId !== account.tenantId) return "other_company";
	if (account.deactivatedAt !== null) return "deactivated";
	if (isLinked) return null;
	// Companies reuse the email of a person who has left.
	const others = await db
		.select({ subject: userIdentities.subject })
		.from(userIdentities)
		.where(and(eq(userIdentities.userId, account.id), eq(userIdentities.issuer, issuer)));
	return others.length > 0 ? "other_person" : null;
}

/** The account of a person who comes for the first time and was not invited. */
async function newAccount(
	{ db, now }: Deps,
	{ signUp, defaultRole: role }: OpenIdConfig,
	tenantId: string | null,
	email: string,
	name: string,
): Promise<Account> {
	if (signUp === "invited") throw new SignInProblem("not_invited");
	const [tenant] = tenantId === null ? [] : await db.select().from(tenants).where(eq(tenants.id, tenantId));
	if (!tenant) throw new SignInProblem("no_company");
	if (tenant.suspendedAt !== null || tenant.deleteAfter !== null || tenant.deletedAt !== null)
		throw new SignInProblem("suspended_company");
	return { ...invitedAccount(tenant.id, email, now), name, role };
}
