/** What roles may do. */
import { ADMIN_INTEGRATIONS, type Role } from "../../db/enums.ts";

const BY_ROLE: Record<Role, readonly string[]> = {
	owner: [ADMIN_INTEGRATIONS],
	admin: [ADMIN_INTEGRATIONS],
	member: [],
};

/** Everything a user may do: by role, and by what was granted to them. */
export function capabilitiesOf(role: Role, granted: readonly string[]): string[] {
	return [...new Set([...BY_ROLE[role], ...granted])];
}
