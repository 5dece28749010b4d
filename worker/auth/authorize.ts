/** Who may do what, on every interface. */
import type { Author } from "../../db/audit.ts";
import type { Database } from "../../db/client.ts";
import type { Permission } from "../../db/enums.ts";
import { notForApiKeys, refusalError } from "../admission/refusal.ts";
import { AppError, CHALLENGES } from "../errors.ts";
import type { Trace } from "../log.ts";
import { countManagementCall } from "./management-limit.ts";
import type { TokenPrincipal } from "./management-token.ts";
import { permissionsOf } from "./permissions.ts";
import { recordRead } from "./platform-reads.ts";
import type { PlatformPrincipal, Principal, UserPrincipal } from "./principal.ts";
import { requireActiveTenant, requireTenant, selectTenant } from "./tenant.ts";

/** Where a request comes from, for the audit trail. */
export type From = Pick<Author, "ip" | "userAgent">;

/** The platform as the author of changes outside of tenants. */
export type PlatformAuthor = Omit<Author, "tenantId">;

/** A caller who may act in a tenant. {@link authorIn} decides in which. */
export type Manager = Exclude<Principal, { kind: "api_key" }>;

/** Throws `FORBIDDEN` unless the caller is a user. */
export function requirePerson(principal: Principal): UserPrincipal {
	if (principal.kind === "api_key") throw refusalError(notForApiKeys(principal.window));
	if (principal.kind === "service_role")
		throw new AppError("FORBIDDEN", "The service_role key is not a user and has no session.");
	if (principal.kind === "token")
		throw new AppError("FORBIDDEN", "A management token is not a user and has no session.");
	return principal;
}

/** Throws `FORBIDDEN`, with the name of the permission, unless the caller has it. */
export function requirePermission(principal: Principal, permission: Permission): Manager {
	if (principal.kind === "api_key") throw refusalError(notForApiKeys(principal.window));
	if (permissionsOf(principal).includes(permission)) return principal;
	const advice = principal.kind === "token" ? "The management token does not have it." : "Ask an admin of your tenant.";
	throw new AppError("FORBIDDEN", `This requires the permission ${permission}. ${advice}`, {
		challenge: CHALLENGES.insufficientScope(permission),
	});
}

/** Throws `FORBIDDEN` unless the caller is the platform. */
export function requirePlatform(principal: Principal): PlatformPrincipal {
	if (principal.kind === "api_key") throw refusalError(notForApiKeys(principal.window));
	if (principal.kind !== "service_role") throw new AppError("FORBIDDEN", "Only the service_role key can do this.");
	return principal;
}

/** The platform as the author of changes outside of tenants. */
export function platformAuthor({ credential }: PlatformPrincipal, { ip, userAgent }: From): PlatformAuthor {
	const author = { actor: "service_role", actorEmail: null, ip, userAgent };
	return credential === "current" ? author : { ...author, credential: "SERVICE_ROLE_KEY_PREVIOUS" };
}

/** A user as the author of changes in their tenant. */
export function authorOf(user: UserPrincipal, { ip, userAgent }: From): Author {
	return { tenantId: user.tenantId, actor: user.id, actorEmail: user.email, ip, userAgent };
}

/** A program as the author of changes in its tenant. */
function tokenAuthor({ tenantId, id }: TokenPrincipal, { ip, userAgent }: From): Author {
	return { tenantId, actor: id, actorEmail: null, ip, userAgent };
}

/** An operation that is called in a tenant. */
export interface TenantCall {
	/** `platform`: only the platform may call it. */
	permission: Permission | "platform";
	/** Whether the interface says that the call only reads: a `GET`, or a tRPC query. */
	isQuery: boolean;
	/** `keys.list` or `GET /v1/api-keys`. */
	operation: string;
}

/**
 * Whether the call can change something. The permission alone doesn't show it: a caller who may end sessions may also list
 * them. Verifying a key changes nothing, but is a `POST` or a mutation, so that the key is not in the URL.
 */
const isChange = ({ permission, isQuery }: TenantCall) => !isQuery && permission !== "keys:verify";

/**
 * The caller as the author of changes: a user or a token in its own tenant, the platform in the one that the request names.
 * Throws `VALIDATION_ERROR` if it names none or two, `NOT_FOUND` if the tenant doesn't exist. `input` is the body, or the
 * input of a tRPC query. Throws `RATE_LIMITED` past the tenant's management calls a minute, and `FORBIDDEN` for a change in
 * a suspended tenant, which only the platform can make. What the platform reads is recorded in the trail.
 */
export async function authorIn(
	manager: Manager,
	call: TenantCall,
	from: From & Trace & { now: number },
	db: Database,
	request: Request,
	input: unknown,
): Promise<Author> {
	if (manager.kind !== "service_role") {
		// The platform is not counted: it must be able to act for a tenant whose calls are used up.
		await countManagementCall(db, manager.tenantId, from.now);
		if (isChange(call)) await requireActiveTenant(db, manager.tenantId);
		return manager.kind === "user" ? authorOf(manager, from) : tokenAuthor(manager, from);
	}
	const tenantId = selectTenant(request, input);
	await requireTenant(db, tenantId, isChange(call), from.now);
	const author = { ...platformAuthor(manager, from), tenantId };
	if (!isChange(call)) await recordRead(db, author, call.operation, from);
	return author;
}
