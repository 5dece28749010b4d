/** Who may do what, on every interface. */
import type { Author } from "../../db/audit.ts";
import type { Database } from "../../db/client.ts";
import { ADMIN_INTEGRATIONS } from "../../db/enums.ts";
import { notForApiKeys, refusalError } from "../admission/refusal.ts";
import { AppError } from "../errors.ts";
import { countManagementCall } from "./management-limit.ts";
import type { Principal, UserPrincipal } from "./principal.ts";
import { selectTenant, tenantExists } from "./tenant.ts";

/** Where a request comes from, for the audit trail. */
export type From = Pick<Author, "ip" | "userAgent">;

/** The platform as the author of changes outside of tenants. */
export type PlatformAuthor = Omit<Author, "tenantId">;

/** A caller who may manage keys. {@link authorIn} decides in which tenant. */
export type Manager = Exclude<Principal, { kind: "api_key" }>;

/** Throws `FORBIDDEN` unless the caller is a user. */
export function requirePerson(principal: Principal): UserPrincipal {
	if (principal.kind === "api_key") throw refusalError(notForApiKeys(principal.window));
	if (principal.kind === "service_role")
		throw new AppError("FORBIDDEN", "The service_role key is not a user and has no session.");
	return principal;
}

/** Throws `FORBIDDEN` unless the caller may manage keys: a user with the capability, or the platform. */
export function requireManager(principal: Principal): Manager {
	if (principal.kind === "api_key") throw refusalError(notForApiKeys(principal.window));
	if (principal.kind === "user" && !principal.capabilities.includes(ADMIN_INTEGRATIONS))
		throw new AppError("FORBIDDEN", `This requires the capability ${ADMIN_INTEGRATIONS}. Ask an admin of your tenant.`);
	return principal;
}

/** Throws `FORBIDDEN` unless the caller is the platform. */
export function requirePlatform(principal: Principal, { ip, userAgent }: From): PlatformAuthor {
	if (principal.kind === "api_key") throw refusalError(notForApiKeys(principal.window));
	if (principal.kind !== "service_role") throw new AppError("FORBIDDEN", "Only the service_role key can do this.");
	return { actor: "service_role", actorEmail: null, ip, userAgent };
}

/** A user as the author of changes in their tenant. */
export function authorOf(user: UserPrincipal, { ip, userAgent }: From): Author {
	return { tenantId: user.tenantId, actor: user.id, actorEmail: user.email, ip, userAgent };
}

/**
 * A manager as the author of changes: a user in their own tenant, the platform in the one that the request names.
 * Throws `VALIDATION_ERROR` if it names none or two, `NOT_FOUND` if the tenant doesn't exist. `input` is the body, or the
 * input of a tRPC query. Throws `RATE_LIMITED` past the tenant's management calls a minute.
 */
export async function authorIn(
	manager: Manager,
	from: From & { now: number },
	db: Database,
	request: Request,
	input: unknown,
): Promise<Author> {
	if (manager.kind === "user") {
		// The platform is not counted: it must be able to act for a tenant whose calls are used up.
		await countManagementCall(db, manager.tenantId, from.now);
		return authorOf(manager, from);
	}
	const tenantId = selectTenant(request, input);
	if (!(await tenantExists(db, tenantId))) throw new AppError("NOT_FOUND", "Tenant not found.");
	return { ...requirePlatform(manager, from), tenantId };
}
