/** What a person may do with members. Only decides what to show: the service checks every call itself. Pure. */
import { ADMIN_INTEGRATIONS, type Role } from "../../../db/enums.ts";
import type { Me, Member } from "../../api/types.ts";

/** The capabilities to store: owners and admins have every one by role. */
export const grantable = (role: Role, capabilities: readonly string[]): (typeof ADMIN_INTEGRATIONS)[] =>
	role === "member" && capabilities.includes(ADMIN_INTEGRATIONS) ? [ADMIN_INTEGRATIONS] : [];

/** Whether the person may change this member: only owners manage owners. */
export const mayManage = ({ user }: Me, member: Pick<Member, "role">): boolean =>
	user.permissions.includes("members:write") && (member.role !== "owner" || user.role === "owner");

export const isSelf = ({ user }: Me, { id }: Pick<Member, "id">): boolean => user.id === id;
