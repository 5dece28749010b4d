/** What each caller may do in a tenant. Pure. */
import { ADMIN_INTEGRATIONS, PERMISSIONS, type Permission, type Role } from "../../db/enums.ts";
import type { Principal } from "./principal.ts";

const OF_ROLE: Record<Role, readonly Permission[]> = { owner: PERMISSIONS, admin: PERMISSIONS, member: [] };

/** A map, because capabilities are text of a provider's token: `toString` must not be found on a prototype. */
const OF_CAPABILITY = new Map<string, readonly Permission[]>([
	[ADMIN_INTEGRATIONS, ["keys:read", "keys:write", "keys:verify", "audit:read"]],
]);

/** The permissions of a person, in the order of the catalogue. */
export function permissionsOfPerson(role: Role, capabilities: readonly string[]): Permission[] {
	const granted = new Set([
		...OF_ROLE[role],
		...capabilities.flatMap((capability) => OF_CAPABILITY.get(capability) ?? []),
	]);
	return PERMISSIONS.filter((permission) => granted.has(permission));
}

/** Everything that the caller may do in their tenant; for the platform, in the tenant that it names. */
export function permissionsOf(principal: Principal): readonly Permission[] {
	switch (principal.kind) {
		case "user":
			return permissionsOfPerson(principal.role, principal.capabilities);
		case "token":
			return principal.permissions;
		case "service_role":
			return PERMISSIONS;
		case "api_key":
			return [];
		default:
			return principal satisfies never;
	}
}
