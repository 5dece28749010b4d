/**
 * What may become of a key: from one state to the next, with the audit event that tells of it. Pure: the gate makes
 * the transition durable, effective and known.
 */
import { type AuditEvent, type Author, auditEvent, changesBetween, createdWith, deletedWith } from "../../db/audit.ts";
import type { AuditAction } from "../../db/enums.ts";
import { LATEST, toTimestamp } from "../schemas/time.ts";
import type { KeyMaterial } from "./format.ts";
import { type KeySnapshot, NEVER_USED, type Tombstone, toApiKey, UNTOUCHED } from "./snapshot.ts";

export interface Transition {
	next: KeySnapshot | Tombstone;
	event: AuditEvent;
}

/** What may be changed. Absent: stays. */
export type KeyPatch = Partial<Pick<KeySnapshot, "name" | "scopes" | "rateLimit" | "ipAllowlist" | "expiresAt">>;

/** What the trail says of a key, by its public names. Who, when and how much stands elsewhere. */
function settings(key: KeySnapshot, now: number): Record<string, unknown> {
	const {
		id: _id,
		tenant_id: _tenant,
		status: _status,
		created_at: _at,
		created_by: _by,
		revoked_by: _revoker,
		usage_count: _count,
		last_used_at: _last,
		...rest
	} = toApiKey(key, NEVER_USED, now);
	return rest;
}

/** The event of a new key. */
export function creation(key: KeySnapshot, author: Author, now: number): AuditEvent {
	return auditEvent(author, "api_key.create", now, { keyId: key.id, changes: createdWith(settings(key, now)) });
}

/** A key with the same settings and its own secret. One that expires passes on the length of its life, not its end. */
export function successorOf(
	key: KeySnapshot,
	material: KeyMaterial,
	lifeMs: number | null,
	createdBy: string,
	now: number,
): KeySnapshot {
	const life = lifeMs ?? (key.expiresAt === null ? null : key.expiresAt - key.createdAt);
	return {
		...key,
		...material,
		...UNTOUCHED,
		createdAt: now,
		createdBy,
		expiresAt: life === null ? null : Math.min(now + life, LATEST),
		rotatedFrom: key.id,
	};
}

/** New settings; null if nothing differs. */
export function update(key: KeySnapshot, patch: KeyPatch, author: Author, now: number): Transition | null {
	return change(key, patch, "api_key.update", author, now);
}

/** The pointer to a successor, and the end of the old key: now (0), at an instant ahead, or open (null). */
export function rotate(
	key: KeySnapshot,
	successorId: string,
	overlapMs: number | null,
	author: Author,
	now: number,
): Transition | null {
	return change(key, { rotatedTo: successorId, ...end(key, overlapMs, author, now) }, "api_key.rotate", author, now);
}

/** The end of every use; null if that has come already. */
export function revoke(key: KeySnapshot, reason: string | null, author: Author, now: number): Transition | null {
	if (key.revokedAt !== null) return null;
	// A key that stopped by itself before did so then, and from now on whatever a clock says.
	const revokedAt = Math.min(now, key.revokeAt ?? now);
	const changes = createdWith({ revoked_at: toTimestamp(revokedAt), reason });
	return {
		next: { ...key, revokedAt, revokedBy: author.actor, version: key.version + 1 },
		event: auditEvent(author, "api_key.revoke", now, { keyId: key.id, changes }),
	};
}

/** The end of the key itself. */
export function remove(key: KeySnapshot, author: Author, now: number): Transition {
	const { id, tenantId } = key;
	const changes = deletedWith(settings(key, now));
	return {
		next: { id, tenantId, deletedAt: now },
		event: auditEvent(author, "api_key.delete", now, { keyId: id, changes }),
	};
}

function change(
	key: KeySnapshot,
	patch: Partial<KeySnapshot>,
	action: AuditAction,
	author: Author,
	now: number,
): Transition | null {
	const next = { ...key, ...patch, version: key.version + 1 };
	const changes = changesBetween(settings(key, now), settings(next, now));
	if (Object.keys(changes).length === 0) return null;
	return { next, event: auditEvent(author, action, now, { keyId: key.id, changes }) };
}

/** How a key that is rotated out stops. An earlier end that was set before stays. */
function end(key: KeySnapshot, overlapMs: number | null, author: Author, now: number): Partial<KeySnapshot> {
	if (overlapMs === null) return {};
	if (overlapMs === 0) return { revokedAt: now, revokedBy: author.actor };
	const revokeAt = now + overlapMs;
	return key.revokeAt !== null && key.revokeAt <= revokeAt ? {} : { revokeAt, revokedBy: author.actor };
}
