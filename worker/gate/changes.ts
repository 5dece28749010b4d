/**
 * What changes a key: update, revoke, remove, rotate.
 *
 * A rotation makes a successor with the same settings. The successor is inserted into D1 before the old key points to it.
 * Before that, an order to discard the successor is stored, and completing the rotation deletes the order. So whatever fails or
 * crashes in between, the result is either a complete rotation or none.
 */
import { type KeySnapshot, NEVER_USED, statusOf, toApiKey } from "../keys/snapshot.ts";
import {
	creation,
	type KeyPatch,
	remove,
	revoke,
	rotate,
	successorOf,
	type Transition,
	update,
} from "../keys/transitions.ts";
import { logError } from "../log.ts";
import type { ApiKey } from "../schemas/api-key.ts";
import { RETRY_FIRST_MS } from "./delivery/back-off.ts";
import type { Delivery } from "./delivery/delivery.ts";
import { isTombstone, type KeyMemory, type LoadedKey } from "./key-memory.ts";
import {
	type AlreadyRotated,
	ATTEMPT_KEPT_MS,
	type Attempt,
	CONFLICTS,
	type GateResult,
	isOutdated,
	type ManagementCall,
	NOT_FOUND,
	type Rotated,
	type RotationRequest,
	UNAVAILABLE,
} from "./protocol.ts";
import type { GateStore } from "./store.ts";
import { DELIVERY_WAIT_MS, type GateAlarm, LOAD_TIMEOUT_MS, withTimeout } from "./timers.ts";

/** The parts of the gate that a change uses. */
export interface ChangingGate {
	store: GateStore;
	delivery: Delivery;
	d1: () => D1Database;
	memory: KeyMemory;
	alarm: GateAlarm;
}

/**
 * Persists and applies a transition in one turn, then delivers it to D1. Returns the key as the transition left it: by
 * the time D1 has it, the key may have been changed again or deleted. Null changes nothing.
 */
async function apply(
	{ store, memory, alarm, delivery }: ChangingGate,
	transition: Transition | null,
	now: number,
): Promise<GateResult<ApiKey>> {
	if (transition) {
		memory.replace(transition.next);
		store.putEvent(transition.event);
		alarm.scheduleBy(transition.event.at + RETRY_FIRST_MS);
	}
	const value = memory.publicKey(now);
	const result: GateResult<ApiKey> = value ? { code: "OK", value } : NOT_FOUND;
	// The caller wanted a change that was made before, so D1 may have lost it.
	const extent = transition ? "without usage" : "with comparison";
	const delivered = delivery.run(() => memory.content(extent), now);
	await Promise.race([delivered, scheduler.wait(DELIVERY_WAIT_MS)]);
	return result;
}

/**
 * Runs `change` on the key. If D1 lists a later version, the gate's storage was put back: then the gate first takes that
 * version over, so that the change is made to what the caller sees.
 */
async function changing<T>(
	gate: ChangingGate,
	{ keyId, author, listedVersion }: ManagementCall,
	now: number,
	change: (loaded: LoadedKey) => GateResult<T> | Promise<GateResult<T>>,
): Promise<GateResult<T>> {
	const { loaded } = gate.memory;
	if (loaded && listedVersion !== undefined && listedVersion > loaded.key.version) {
		try {
			const { takeOver } = await import("./delivery/repair.ts");
			await takeOver(gate, now);
		} catch (error) {
			logError(`The gate of ${keyId} could not take over the later version that D1 has`, error);
			return UNAVAILABLE;
		}
	}
	return gate.memory.withKey(keyId, author.tenantId, change);
}

export function updateKey(
	gate: ChangingGate,
	call: ManagementCall,
	patch: KeyPatch,
	now: number,
): Promise<GateResult<ApiKey>> {
	return changing(gate, call, now, ({ key, counter }) => {
		if (statusOf(key, now) === "revoked") return CONFLICTS.updatingRevoked;
		if (isOutdated(call, key)) return CONFLICTS.otherVersion;
		// An admin who removes the last scope wants to take rights away, but an empty list grants all.
		if (patch.scopes?.length === 0 && key.scopes.length > 0 && !call.unrestricted) return CONFLICTS.wouldBeUnrestricted;
		// The reservation is a share of the old limit. If the new limit is lower, a crash would cost too much of it.
		if (patch.rateLimit !== undefined) counter.settle();
		return apply(gate, update(key, patch, call.author, now), now);
	});
}

export async function revokeKey(
	gate: ChangingGate,
	call: ManagementCall,
	reason: string | null,
	now: number,
): Promise<GateResult<ApiKey>> {
	const end = (key: KeySnapshot) => revoke(key, reason, call.author, now);
	if (gate.memory.isUnreadable) {
		const ended = await endUnreadable(gate, call, end, now);
		if (ended.code !== "OK") return ended;
	}
	return changing(gate, call, now, ({ key }) => {
		const transition = end(key);
		if (transition && isOutdated(call, key)) return CONFLICTS.otherVersion;
		return apply(gate, transition, now);
	});
}

export async function removeKey(gate: ChangingGate, call: ManagementCall, now: number): Promise<GateResult<null>> {
	const end = (key: KeySnapshot) => {
		gate.store.deleteUsage();
		return remove(key, call.author, now);
	};
	if (gate.memory.isUnreadable) return endUnreadable(gate, call, end, now);
	return changing(gate, call, now, async ({ key }) => {
		if (isOutdated(call, key)) return CONFLICTS.otherVersion;
		await apply(gate, end(key), now);
		return { code: "OK", value: null };
	});
}

/**
 * Ends a key whose records this release can't read: `end` revokes or deletes it, and what it returns replaces the record. D1's
 * copy says what the key was. Nothing is admitted on the strength of that copy, and no version is expected of it.
 */
async function endUnreadable(
	gate: ChangingGate,
	{ keyId, author }: ManagementCall,
	end: (key: KeySnapshot) => Transition | null,
	now: number,
): Promise<GateResult<null>> {
	const { memory } = gate;
	try {
		const { connect, readKey } = await import("./delivery/d1-records.ts");
		const found = await withTimeout(LOAD_TIMEOUT_MS, readKey(connect(gate.d1()), keyId));
		if (found?.key.tenantId !== author.tenantId) return NOT_FOUND;
		// Another call may have ended it while D1 was asked.
		if (!memory.isUnreadable) return UNAVAILABLE;
		memory.recover(found);
		const transition = end(found.key);
		// D1 says that it was revoked before.
		if (!transition) memory.replace(found.key);
		await apply(gate, transition, now);
		return { code: "OK", value: null };
	} catch (error) {
		logError(`The gate of ${keyId} could not end its key, whose record it cannot read`, error);
		return UNAVAILABLE;
	}
}

type Outcome = GateResult<Rotated | AlreadyRotated>;

export function rotateKey(
	gate: ChangingGate,
	call: ManagementCall,
	{ material, lifeMs, overlapMs, expectedSuccessor, attempt }: RotationRequest,
	now: number,
): Promise<Outcome> {
	const { store, memory } = gate;
	const { keyId, author } = call;
	return changing<Rotated | AlreadyRotated>(gate, call, now, async (before) => {
		const repeated = outcomeBefore(store, attempt, now);
		if (repeated) return repeated;
		if (statusOf(before.key, now) === "revoked") return CONFLICTS.rotatingRevoked;
		if (before.isSuspended) return CONFLICTS.rotatingSuspended;
		if (isOutdated(call, before.key)) return CONFLICTS.otherVersion;
		if (expectedSuccessor !== undefined && before.key.rotatedTo !== expectedSuccessor) return CONFLICTS.otherSuccessor;
		const successor = successorOf(before.key, material, lifeMs, author.actor, now);
		const insert = async () => {
			const { connect, insertSuccessor } = await import("./delivery/d1-records.ts");
			await insertSuccessor(connect(gate.d1()), successor, creation(successor, author, now));
		};
		// While D1 was busy, the key may have been changed or deleted. Then the discard order stays.
		const complete = () =>
			memory.withKey<Rotated | AlreadyRotated>(keyId, author.tenantId, async ({ key }) => {
				// The same attempt may have arrived twice at once, and the other one has completed first.
				const repeated = outcomeBefore(store, attempt, now);
				if (repeated) return repeated;
				if (key.revokedAt !== null) return CONFLICTS.rotatingRevoked;
				// The successor has the settings of an earlier version.
				if (key.version !== before.key.version) return CONFLICTS.changedDuringRotation;
				store.deleteDiscardOrder(successor.id);
				if (attempt) store.putRotation({ ...attempt, successorId: successor.id, at: now }, now - ATTEMPT_KEPT_MS);
				const previous = await apply(gate, rotate(key, successor.id, overlapMs, author, now), now);
				if (previous.code !== "OK") return previous;
				return { code: "OK", value: { successor: toApiKey(successor, NEVER_USED, now), previous: previous.value } };
			});
		const outcome = await gate.delivery.insertSuccessor(successor.id, now, insert, complete);
		return outcome ?? UNAVAILABLE;
	});
}

/** The outcome of an attempt that was completed before; null if there was none. */
function outcomeBefore(store: GateStore, attempt: Attempt | undefined, now: number): GateResult<AlreadyRotated> | null {
	const { nameHash, formerNameHash = "" } = attempt ?? {};
	const record = nameHash === undefined ? undefined : (store.rotation(nameHash) ?? store.rotation(formerNameHash));
	if (!attempt || !record || record.at <= now - ATTEMPT_KEPT_MS) return null;
	if (record.inputHash !== attempt.inputHash) return CONFLICTS.idempotencyKeyReused;
	return { code: "OK", value: { successorId: record.successorId } };
}

/** Deletes a successor whose rotation was not completed. Throws if the gate holds any other key, or one that was used. */
export function discardSuccessor(
	{ memory, store }: Pick<ChangingGate, "memory" | "store">,
	{ id, tenantId, predecessorId }: { id: string; tenantId: string; predecessorId: string },
	now: number,
): void {
	const { state } = memory;
	if (state) {
		if (isTombstone(state)) return;
		const { key, counter } = state;
		if (key.rotatedFrom !== predecessorId || counter.lifetime.usageCount > 0)
			throw new Error(`The gate of ${id} holds a key that must not be discarded`);
	}
	store.deleteUsage();
	memory.replace({ id, tenantId, deletedAt: now });
}
