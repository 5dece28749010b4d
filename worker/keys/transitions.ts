/**
 * The changes that a key can go through: each returns the next state and the audit event that records it. Pure: the gate
 * persists the transition, applies it and delivers it to D1.
 */
import { type AuditEvent, type Author, auditEvent, changesBetween, createdWith, deletedWith } from "../../db/audit.ts";
import type { AuditAction } from "../../db/enums.ts";
import { LATEST, toTimestamp } from "../schemas/time.ts";
import { isBcrypt, type KeyMaterial } from "./format.ts";
import { INITIAL_STATE, type KeySnapshot, NEVER_USED, type Tombstone, toApiKey } from "./snapshot.ts";

export interface Transition {
	next: KeySnapshot | Tombstone;
	event: AuditEvent;
}

/** The settings that an update can change. Absent fields stay as they are. */
export type KeyPatch = Partial<Pick<KeySnapshot, "name" | "scopes" | "rateLimit" | "ipAllowlist" | "expiresAt">>;

/** The fields of a key that audit events record, by their public names. The event itself has the actor and the time. */
function auditedFields(key: KeySnapshot, now: number): Record<string, unknown> {
	const {
		id: _id,
		tenant_id: _tenant,
		status: _status,
		created_at: _at,
		created_by: _by,
		revoked_by: _revoker,
		usage_count: _count,
		last_used_at: _last,
		version: _version,
		pepper_id: _pepper,
		origin: _origin,
		...rest
	} = toApiKey(key, NEVER_USED, now);
	return rest;
}

/** The event of a new key. */
export function creation(key: KeySnapshot, author: Author, now: number): AuditEvent {
	return addition("api_key.create", key, author, now);
}

/** The event of an imported key. */
export function importation(key: KeySnapshot, author: Author, now: number): AuditEvent {
	return addition("api_key.import", key, author, now);
}

function addition(action: AuditAction, key: KeySnapshot, author: Author, now: number): AuditEvent {
	return auditEvent(author, action, now, { keyId: key.id, changes: createdWith(auditedFields(key, now)) });
}

/**
 * A key with the same settings and a secret of its own. If the old key expires, the successor gets the same lifetime
 * from now on, not the same end.
 */
export function successorOf(
	key: KeySnapshot,
	material: KeyMaterial,
	lifetimeMs: number | null,
	createdBy: string,
	now: number,
): KeySnapshot {
	const lifetime = lifetimeMs ?? (key.expiresAt === null ? null : key.expiresAt - key.createdAt);
	return {
		...key,
		...material,
		...INITIAL_STATE,
		createdAt: now,
		createdBy,
		expiresAt: lifetime === null ? null : Math.min(now + lifetime, LATEST),
		rotatedFrom: key.id,
	};
}

/** Changes settings; null if no setting differs. */
export function update(key: KeySnapshot, patch: KeyPatch, author: Author, now: number): Transition | null {
	return change(key, patch, "api_key.update", author, now);
}

/** Points to the successor, and revokes the old key now (`overlapMs` 0), later, or not at all (null). */
export function rotate(
	key: KeySnapshot,
	successorId: string,
	overlapMs: number | null,
	author: Author,
	now: number,
): Transition | null {
	const patch = { rotatedTo: successorId, ...revocationAfter(key, overlapMs, author, now) };
	return change(key, patch, "api_key.rotate", author, now);
}

/** Revokes for good; null if the key was revoked before. */
export function revoke(key: KeySnapshot, reason: string | null, author: Author, now: number): Transition | null {
	if (key.revokedAt !== null) return null;
	// A rotated key that stopped at `revokeAt` keeps that time. From now on `revokedAt` says so without any clock.
	const revokedAt = Math.min(now, key.revokeAt ?? now);
	const changes = createdWith({ revoked_at: toTimestamp(revokedAt), reason });
	return {
		next: { ...key, revokedAt, revokedBy: author.actor, version: key.version + 1 },
		event: auditEvent(author, "api_key.revoke", now, { keyId: key.id, changes }),
	};
}

/** Deletes the key. */
export function remove(key: KeySnapshot, author: Author, now: number): Transition {
	const { id, tenantId, secretHash } = key;
	const isImported = key.origin === "imported";
	const changes = deletedWith(auditedFields(key, now));
	return {
		next: {
			id,
			tenantId,
			deletedAt: now,
			...(isImported && !isBcrypt(secretHash) ? { importedHash: secretHash } : {}),
		},
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
	const changes = changesBetween(auditedFields(key, now), auditedFields(next, now));
	if (Object.keys(changes).length === 0) return null;
	return { next, event: auditEvent(author, action, now, { keyId: key.id, changes }) };
}

/** How a rotated key stops. A revocation that was scheduled for an earlier time stays. */
function revocationAfter(
	key: KeySnapshot,
	overlapMs: number | null,
	author: Author,
	now: number,
): Partial<KeySnapshot> {
	if (overlapMs === null) return {};
	if (overlapMs === 0) return { revokedAt: now, revokedBy: author.actor };
	const revokeAt = now + overlapMs;
	return key.revokeAt !== null && key.revokeAt <= revokeAt ? {} : { revokeAt, revokedBy: author.actor };
}
