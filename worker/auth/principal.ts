/** Who is calling: the one union that every credential becomes, and how it becomes that. */
import { createHash, timingSafeEqual } from "node:crypto";
import { parse } from "hono/utils/cookie";
import type { Role } from "../../db/enums.ts";
import { admit, type Gates } from "../admission/admit.ts";
import { refusalError } from "../admission/refusal.ts";
import type { Config } from "../env.ts";
import { AppError } from "../errors.ts";
import { type HeaderCredential, headerCredential } from "../http/credential.ts";
import { rateLimitHeaders } from "../http/rate-limit-headers.ts";
import type { KeyFacts, WindowState } from "../keys/verdict.ts";
import { capabilitiesOf } from "./capability.ts";
import { verifyToken } from "./jwt.ts";
import { requireSameOrigin } from "./same-origin.ts";
import { SESSION_COOKIE, type SessionLookup } from "./session.ts";

/** A person of a tenant, by dashboard session or by token. */
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
	/** When the token ends, in milliseconds. */
	expiresAt: number;
}

export type Principal =
	| UserPrincipal
	/** The platform itself: any tenant, by its choice. */
	| { kind: "service_role" }
	/** An integration. It may never manage keys. */
	| { kind: "api_key"; key: KeyFacts; window: WindowState };

/** What authentication needs to know of the world. */
export interface AuthDeps {
	config: Config;
	gates: Gates;
	sessions: SessionLookup;
	now: number;
}

/** The credential as it was sent: in a header, or by a browser that is signed in. */
function credentialOf(request: Request): HeaderCredential | { from: "cookie"; value: string } | null {
	const sent = headerCredential(request);
	if (sent !== null) return sent;
	const cookie = parse(request.headers.get("cookie") ?? "", SESSION_COOKIE)[SESSION_COOKIE];
	return cookie ? { from: "cookie", value: cookie } : null;
}

/** Throws `FORBIDDEN` where the credential is a cookie that another site may have had the browser send along. */
export function requireOwnCookie(request: Request): void {
	if (!request.headers.has("authorization") && !request.headers.has("x-api-key") && request.headers.has("cookie"))
		requireSameOrigin(request);
}

/**
 * The principal of a management request. Throws `UNAUTHORIZED` without a valid credential, `FORBIDDEN` for a cookie
 * sent along by another site, `UNAVAILABLE` where a credential cannot be checked.
 */
export async function authenticate(request: Request, deps: AuthDeps, ip: string | null): Promise<Principal> {
	const credential = credentialOf(request);
	if (credential === null) throw new AppError("UNAUTHORIZED");
	requireOwnCookie(request);
	if (credential.from === "x-api-key" || (credential.from === "bearer" && credential.value.startsWith("sk_")))
		return integration(request, credential.value, deps, ip);
	if (credential.from === "bearer" && isServiceRole(credential.value, deps.config)) return { kind: "service_role" };

	const claims = await verifyToken(credential.value, deps.config.jwt, deps.now);
	const sessionId = claims.session_id ?? null;
	const session = sessionId === null ? null : { sessionId, userId: claims.sub, tenantId: claims.tenant_id };
	const person = session ? await deps.sessions(session, deps.now) : claims;
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
		expiresAt: claims.exp * 1_000,
	};
}

/** A key on a management call: it is checked, so that a dead one hears 401, but never counted as used. */
async function integration(request: Request, key: string, deps: AuthDeps, ip: string | null): Promise<Principal> {
	const admission = await admit(
		deps.gates,
		deps.config.peppers,
		key,
		{
			scope: null,
			ip,
			tenantId: null,
			endpoint: "management",
			userAgent: request.headers.get("user-agent"),
			consume: false,
		},
		deps.now,
	);
	// With its hour used up the key is known all the same, and may not all the same.
	if (admission.code === "RATE_LIMITED") throw notForApiKeys(admission.window);
	if (admission.code !== "VALID") throw refusalError(admission);
	return { kind: "api_key", key: admission.key, window: admission.window };
}

/** What an API key hears on every management call. */
export function notForApiKeys(window: WindowState): AppError {
	return new AppError("FORBIDDEN", "API keys cannot manage API keys. Use a session, a token or the service_role key.", {
		headers: rateLimitHeaders(window),
	});
}

/** In constant time: both sides are hashed first, so that not even the length can be measured. */
function isServiceRole(credential: string, config: Config): boolean {
	const digest = (text: string) => createHash("sha256").update(text).digest();
	return timingSafeEqual(digest(credential), digest(config.serviceRoleKey.reveal()));
}
