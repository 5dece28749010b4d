/**
 * How this release reads the records on a gate's disk. Each kind of record is read by one function. It fills what an earlier
 * release did not write, and throws {@link Unreadable} for a record that it can't read. Pure.
 *
 * A record names its schema. Release 1.0.0 named none, which is 1. A release that adds a field raises the number, and says in
 * `added` what older records have in its place. A record of the next release is read too: it has the same fields and more, so
 * one release can be rolled back. See docs/decisions/versions.md.
 */
import type { AuditEvent } from "../../db/audit.ts";
import type { StoredCaller } from "../keys/recent-callers.ts";
import type { SignatureRecord } from "../keys/signature-memory.ts";
import type { KeySnapshot, Tombstone } from "../keys/snapshot.ts";
import type { Suspension } from "./protocol.ts";
import type { BackOffRecord, DiscardOrder, HourRecord, RotationRecord } from "./store.ts";

/** The schema that this release writes. */
const SCHEMA = 2;
const NEWEST_READABLE = SCHEMA + 1;

/** A record that this release can't read. */
export class Unreadable extends Error {
	override readonly name = "Unreadable";
}

/** The record as it is written. Earlier releases ignore the number. */
export const withSchema = <T extends object>(record: T): T & { schema: number } => ({ ...record, schema: SCHEMA });

type Check = (value: unknown) => boolean;
/** A check for every field. */
type Shape<T> = { [F in keyof Required<T>]: Check };

const isText: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => typeof value === "number";
const isBoolean: Check = (value) => typeof value === "boolean";
const isObject: Check = (value) => typeof value === "object" && value !== null;
const orNull =
	(check: Check): Check =>
	(value) =>
		value === null || check(value);
const optional =
	(check: Check): Check =>
	(value) =>
		value === undefined || check(value);
const listOf =
	(check: Check): Check =>
	(value) =>
		Array.isArray(value) && value.every(check);

/** `added`: the fields that were added after schema 1, with the values that older records have in their place. */
function readRecord<T extends object>(what: string, stored: unknown, shape: Shape<T>, added: Partial<T> = {}): T {
	if (typeof stored !== "object" || stored === null) throw new Unreadable(`The ${what} is not an object`);
	const { schema = 1, ...fields }: { schema?: unknown } = stored;
	if (typeof schema !== "number" || schema > NEWEST_READABLE)
		throw new Unreadable(`The ${what} has schema ${String(schema)}; this release reads up to ${NEWEST_READABLE}`);
	const record: Record<string, unknown> = { ...added, ...fields };
	for (const [field, check] of Object.entries<Check>(shape))
		if (!check(record[field])) throw new Unreadable(`The ${what} has no valid ${field}`);
	// Every field was checked.
	return record as T;
}

const KEY: Shape<KeySnapshot> = {
	id: isText,
	tenantId: isText,
	environment: (value) => value === "live" || value === "test",
	name: isText,
	secretHash: isText,
	keyPrefix: isText,
	lastFour: isText,
	scopes: listOf(isText),
	rateLimit: isNumber,
	ipAllowlist: listOf(isText),
	createdAt: isNumber,
	createdBy: isText,
	expiresAt: orNull(isNumber),
	revokedAt: orNull(isNumber),
	revokeAt: orNull(isNumber),
	revokedBy: orNull(isText),
	rotatedFrom: orNull(isText),
	rotatedTo: orNull(isText),
	version: isNumber,
	pepperId: optional(orNull(isText)),
	origin: optional(isText),
};

const TOMBSTONE: Shape<Tombstone> = {
	id: isText,
	tenantId: isText,
	deletedAt: isNumber,
	importedHash: optional(isText),
};

export const readKey = (stored: unknown): KeySnapshot | Tombstone =>
	typeof stored === "object" && stored !== null && "deletedAt" in stored
		? readRecord("record of the deleted key", stored, TOMBSTONE)
		: readRecord("record of the key", stored, KEY);

const CALLER: Shape<StoredCaller> = {
	ip: isText,
	userAgent: isText,
	endpoint: isText,
	lastSeenAt: isNumber,
	count: isNumber,
	refused: optional(isNumber),
};

export function readCallers(stored: unknown): StoredCaller[] {
	if (!Array.isArray(stored)) throw new Unreadable("The list of callers is not a list");
	return stored.map((caller) => readRecord("record of a caller", caller, CALLER));
}

const HOUR: Shape<HourRecord> = {
	hour: isNumber,
	allowed: isNumber,
	rateLimited: isNumber,
	denied: isNumber,
	lifetimeBefore: isNumber,
	lastUsedAt: isNumber,
	callers: optional(Array.isArray),
};

export function readHour(stored: unknown): HourRecord {
	const { callers, ...hour } = readRecord("record of an hour", stored, HOUR);
	return callers ? { ...hour, callers: readCallers(callers) } : hour;
}

const SIGNATURES: Shape<SignatureRecord> = {
	isOpen: isBoolean,
	at: isNumber,
	aheadMs: isNumber,
	lostUntil: isNumber,
	seen: listOf((entry) => Array.isArray(entry) && isNumber(entry[0]) && listOf(isText)(entry[1])),
};
export const readSignatures = (stored: unknown): SignatureRecord =>
	readRecord("record of signed requests", stored, SIGNATURES);

const SUSPENSION: Shape<Suspension> = { no: isNumber, at: orNull(isNumber) };
export const readSuspension = (stored: unknown): Suspension => readRecord("record of a suspension", stored, SUSPENSION);

const EVENT: Shape<AuditEvent> = {
	id: isText,
	tenantId: isText,
	at: isNumber,
	actor: isText,
	actorEmail: orNull(isText),
	action: isText,
	keyId: orNull(isText),
	targetId: orNull(isText),
	changes: isObject,
	ip: orNull(isText),
	userAgent: orNull(isText),
};
export const readEvent = (stored: unknown): AuditEvent => readRecord("audit event", stored, EVENT);

const DISCARD_ORDER: Shape<DiscardOrder> = { successorId: isText, since: isNumber };
export const readDiscardOrder = (stored: unknown): DiscardOrder =>
	readRecord("order to discard a successor", stored, DISCARD_ORDER);

const BACK_OFF: Shape<BackOffRecord> = { failures: isNumber, since: orNull(isNumber), until: isNumber };
export const readBackOff = (stored: unknown): BackOffRecord => readRecord("record of a pause", stored, BACK_OFF);

const ROTATION: Shape<RotationRecord> = {
	nameHash: isText,
	inputHash: isText,
	formerNameHash: optional(isText),
	successorId: isText,
	at: isNumber,
};
export const readRotation = (stored: unknown): RotationRecord => readRecord("record of a rotation", stored, ROTATION);
