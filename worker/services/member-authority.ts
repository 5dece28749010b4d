/** Who may manage which members. */
import type { Author } from "../../db/audit.ts";
import { ROLES, type Role } from "../../db/enums.ts";
import type { Principal } from "../auth/principal.ts";
import { AppError } from "../errors.ts";
import type { Account } from "./session-opening.ts";

/** Who manages members. `role` is null for the platform, which may manage everyone. */
export interface MemberManager {
	author: Author;
	role: Role | null;
}

/** The caller as a manager of members. */
export const managerOf = (principal: Principal, author: Author): MemberManager => ({
	author,
	role: principal.kind === "user" ? principal.role : null,
});

export const isSelf = ({ author }: MemberManager, { id }: Account) => author.actor === id;

/** Whether the change gives a person more rights. */
export function raises(before: Pick<Account, "role" | "capabilities">, after: Pick<Account, "role" | "capabilities">) {
	// ROLES begins with the role that may do most.
	return (
		ROLES.indexOf(after.role) < ROLES.indexOf(before.role) ||
		after.capabilities.some((capability) => !before.capabilities.includes(capability))
	);
}

/** Throws `FORBIDDEN` unless the manager may manage people with this role: only owners and the platform manage owners. */
export function requireAuthority({ role }: MemberManager, of: Role): void {
	if (of === "owner" && role !== null && role !== "owner")
		throw new AppError("FORBIDDEN", "Only an owner can invite, change or remove owners.");
}

/** A person who locks themselves out by mistake would need someone else to undo it. */
export function requireOther(manager: MemberManager, account: Account, what: string): void {
	if (isSelf(manager, account))
		throw new AppError("FORBIDDEN", `You cannot ${what} your own account. Ask another owner or admin.`);
}
