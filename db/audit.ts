/** The audit log: one event per change. Pure; `insert-audit.ts` writes the events. */

import type { AuditAction } from "./enums.ts";
import { newId } from "./ids.ts";
import type { auditEvents } from "./schema.ts";

/** Who changes something, on whose behalf, and from where. */
export interface Author {
	tenantId: string;
	/** User id, token id, `service_role` or `system`. */
	actor: string;
	actorEmail: string | null;
	ip: string | null;
	userAgent: string | null;
	/** The credential, if the events are to name it: one that is about to be deleted. */
	credential?: string;
}

/** The old and the new value of each field. */
export type Changes = Record<string, { from: unknown; to: unknown }>;

export type AuditEvent = typeof auditEvents.$inferSelect;

/** An event with a unique id, so that delivering it twice records it once. */
export function auditEvent(
	author: Author,
	action: AuditAction,
	now: number,
	about: { keyId?: string; targetId?: string; changes?: Changes } = {},
): AuditEvent {
	const { keyId = null, targetId = null, changes = {} } = about;
	const { credential, ...by } = author;
	const used: Changes = credential === undefined ? {} : { credential: { from: null, to: credential } };
	return { id: newId("evt"), at: now, action, keyId, targetId, changes: { ...changes, ...used }, ...by };
}

/** The fields of a new object as changes from null. */
export function createdWith(fields: Record<string, unknown>): Changes {
	return changesBetween(emptied(fields), fields);
}

/** The fields of a deleted object as changes to null. */
export function deletedWith(fields: Record<string, unknown>): Changes {
	return changesBetween(fields, emptied(fields));
}

const emptied = (fields: Record<string, unknown>) =>
	Object.fromEntries(Object.keys(fields).map((field) => [field, null]));

/** The fields of `after` that differ from `before`. Values are compared as JSON, which is how they are stored. */
export function changesBetween(before: Record<string, unknown>, after: Record<string, unknown>): Changes {
	const changes: Changes = {};
	for (const [field, to] of Object.entries(after)) {
		const from = before[field];
		if (JSON.stringify(from) !== JSON.stringify(to)) changes[field] = { from, to };
	}
	return changes;
}
