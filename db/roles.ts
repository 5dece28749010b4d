/** The roles of users. A file of its own, because the start of the Worker needs no other enumeration. */
export const ROLES = ["owner", "admin", "member"] as const;
export type Role = (typeof ROLES)[number];
