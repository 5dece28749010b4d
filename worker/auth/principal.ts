/** Who is calling: every credential becomes one union, here and only here. */
import { createHash, timingSafeEqual } from "node:crypto";
import { parse } from "hono/utils/cookie";
import type { Database } from "../../db/client.ts";
import { ADMIN_INTEGRATIONS, type Role } from "../../db/enums.ts";
import { admitRequest } from "../admission/admit-request.ts";
import { NO_KEY, notForApiKeys, refusalError, refusalOf } from "../admission/refusal.ts";
import type { Config } from "../env.ts";
import { AppError, CHALLENGES } from "../errors.ts";
import { type HeaderCredential, hasHeaderCredential, headerCredential, signedCredential } from "../http/credential.ts";
import type { RequestInfo } from "../http/request-info.ts";
import type { KeyFacts, WindowState } from "../keys/verdict.ts";
import { logEvent } from "../log.ts";
import type { Gates } from "../namespaces.ts";
import { verifyToken } from "./jwt.ts";
import { TOKEN_PREFIX, type TokenPrincipal, useManagementToken } from "./management-token.ts";
import { platformTokenOf, usePlatformSession } from "./platform-session.ts";
import { recordPreviousUse } from "./previous-uses.ts";
import { requireOwnCookie } from "./same-origin.ts";
import { SESSION_COOKIE, useSession } from "./session.ts";

/** A user of a tenant, by dashboard session or by token. */
export interface UserPrincipal {
	kind: "user";
	id: string;
	tenantId: string;
	role: Role;
	/** Everything the user may do, by role or by grant. */
	capabilities: string[];
	email: string | null;
	name: string | null;
	/** Null for tokens that our sign-in did not issue. */
	sessionId: string | null;
	/** Whether the session was opened by signing in with the identity provider. */
	atProvider: boolean;
	/** When the token ends, in milliseconds. */
	expiresAt: number;
}

/** The platform. It names the tenant it acts in. */
export interface PlatformPrincipal {
	kind: "service_role";
	/** Which credential was sent: the trail says where the previous one is still in use. */
	credential: "current" | "previous";
	/** When the session of an operator ends, in milliseconds. Null: the credential itself was sent. */
	expiresAt: number | null;
}

export type Principal =
	| UserPrincipal
	| TokenPrincipal
	| PlatformPrincipal
	/** An integration. It can never manage keys. */
	| { kind: "api_key"; key: KeyFacts; window: WindowState };

/** What authentication works with. */
export interface AuthDeps {
	config: Config;
	gates: Gates;
	db: Database;
}

/** The credential of a request: in a header, or in the cookie of a browser that is signed in. */
function credentialOf(request: Request): HeaderCredential | { from: "cookie"; value: string } | null {
	const sent = headerCredential(request);
	if (sent !== null) return sent;
	const cookie = sessionToken(request);
	return cookie === null ? null : { from: "cookie", value: cookie };
}

function sessionToken({ headers }: Request): string | null {
	return parse(headers.get("cookie") ?? "", SESSION_COOKIE)[SESSION_COOKIE] || null;
}

/**
 * Identifies the caller of a management request, on every interface. Throws `UNAUTHORIZED` without a valid credential,
 * `FORBIDDEN` for a cookie that another site made the browser send, `UNAVAILABLE` where a credential cannot be checked.
 */
export async function authenticate(request: Request, deps: AuthDeps, info: RequestInfo): Promise<Principal> {
	try {
		return await identify(request, deps, info);
	} catch (thrown) {
		// A request without a credential is no attempt to guess one.
		if (thrown instanceof AppError && thrown.status < 500 && thrown.challenge !== CHALLENGES.none)
			logEvent("management_refused", { credential: kindOf(request), code: thrown.code }, { trace: info });
		throw thrown;
	}
}

/** What kind of credential the request presents, for the log. */
function kindOf(request: Request): string {
	if (hasHeaderCredential(request)) {
		const value = request.headers.get("authorization")?.replace(/^\S+ +/, "") ?? "";
		if (value.startsWith(TOKEN_PREFIX)) return "management_token";
		if (value === "" || value.startsWith("sk_")) return "api_key";
		return "token_or_service_role";
	}
	return platformTokenOf(request) === null ? "session" : "operator_session";
}

async function identify(request: Request, deps: AuthDeps, info: RequestInfo): Promise<Principal> {
	if (signedCredential(request) !== null) return integration(request, deps, info);
	const operator = hasHeaderCredential(request) ? null : platformTokenOf(request);
	if (operator !== null) {
		requireOwnCookie(request);
		const session = await usePlatformSession(deps.db, operator, deps.config, info.now);
		if (!session) throw new AppError("UNAUTHORIZED", "The session has ended. Sign in again.");
		if (session.credential === "previous")
			await recordPreviousUse(deps, "SERVICE_ROLE_KEY", session.expiresAt, info.now);
		return { kind: "service_role", ...session };
	}
	const credential = credentialOf(request);
	if (credential === null) throw new AppError("UNAUTHORIZED", undefined, { challenge: CHALLENGES.none });
	requireOwnCookie(request);
	if (credential.from === "x-api-key" || (credential.from === "bearer" && credential.value.startsWith("sk_")))
		return integration(request, deps, info);
	if (credential.from === "bearer" && credential.value.startsWith(TOKEN_PREFIX))
		return useManagementToken(deps.db, credential.value, deps.config.peppers, info);
	if (credential.from === "bearer") {
		const platform = platformOf(credential.value, deps.config);
		if (platform?.credential === "previous") await recordPreviousUse(deps, "SERVICE_ROLE_KEY", info.now, info.now);
		if (platform) return platform;
	}
	return userOf(credential.value, deps, info);
}

/** The user of a valid token. Throws `UNAUTHORIZED` for an invalid one, or if its session has ended. */
async function userOf(token: string, { config, db }: AuthDeps, { now }: RequestInfo): Promise<UserPrincipal> {
	const { isOfPrevious, ...claims } = await verifyToken(token, config.jwt, now);
	if (isOfPrevious) await recordPreviousUse({ config, db }, "JWT_SECRET", claims.exp * 1_000, now);
	const sessionId = claims.session_id ?? null;
	const person =
		sessionId === null
			? claims
			: await useSession(
					db,
					{ sessionId, userId: claims.sub, tenantId: claims.tenant_id },
					config.sessionsValidFrom,
					now,
				);
	if (!person) throw new AppError("UNAUTHORIZED", "The session has ended. Sign in again.");
	return {
		kind: "user",
		id: claims.sub,
		tenantId: claims.tenant_id,
		role: person.role,
		capabilities: capabilitiesOf(person.role, person.capabilities),
		email: person.email ?? null,
		name: person.name ?? null,
		sessionId,
		atProvider: claims.at_provider === true,
		expiresAt: claims.exp * 1_000,
	};
}

/** The session in the cookie of the request, if it is still open. Authenticates nothing: see {@link authenticate}. */
export async function openSessionOf(
	request: Request,
	deps: AuthDeps,
	info: RequestInfo,
): Promise<UserPrincipal | null> {
	const token = sessionToken(request);
	if (token === null) return null;
	try {
		const user = await userOf(token, deps, info);
		return user.sessionId === null ? null : user;
	} catch (thrown) {
		if (thrown instanceof AppError && thrown.status < 500) return null;
		throw thrown;
	}
}

/** Checks a key on a management call without counting a request, so that a dead key gets 401 and a valid one 403. */
async function integration(request: Request, { gates, config, db }: AuthDeps, info: RequestInfo): Promise<Principal> {
	const route = { endpoint: "management", scope: null };
	const admission = await admitRequest(request, route, { gates, d1: db.$client }, config, info, false);
	if (admission === null) throw refusalError(NO_KEY);
	const { verdict } = admission;
	// A rate-limited key is still a valid key: answer 403, not 429.
	if (verdict.code === "RATE_LIMITED") throw refusalError(notForApiKeys(verdict.window));
	if (verdict.code !== "VALID") throw refusalError(refusalOf(verdict));
	return { kind: "api_key", key: verdict.key, window: verdict.window };
}

/**
 * The platform, if this is one of its credentials. Compares in constant time. Both sides are hashed first, so that the time
 * doesn't reveal the length either.
 */
export function platformOf(credential: string, { serviceRoleKeys }: Config): PlatformPrincipal | null {
	const digest = (text: string) => createHash("sha256").update(text).digest();
	const sent = digest(credential);
	const [isCurrent, isPrevious] = serviceRoleKeys.map((key) => timingSafeEqual(sent, digest(key.reveal())));
	if (isCurrent) return { kind: "service_role", credential: "current", expiresAt: null };
	return isPrevious ? { kind: "service_role", credential: "previous", expiresAt: null } : null;
}

const CAPABILITIES_OF_ROLE: Record<Role, readonly string[]> = {
	owner: [ADMIN_INTEGRATIONS],
	admin: [ADMIN_INTEGRATIONS],
	member: [],
};

/** Everything a user may do: by role, and by what was granted to them. */
export function capabilitiesOf(role: Role, granted: readonly string[]): string[] {
	return [...new Set([...CAPABILITIES_OF_ROLE[role], ...granted])];
}
