/**
 * Rotates a key: makes a successor with the same settings.
 *
 * The successor is inserted into D1 before the old key points to it. Before that, an order to discard the successor is
 * stored, and completing the rotation deletes the order. So whatever fails or crashes in between, the result is either a
 * complete rotation or none.
 */
import { NEVER_USED, statusOf, toApiKey } from "../keys/snapshot.ts";
import { creation, rotate, successorOf, type Transition } from "../keys/transitions.ts";
import type { ApiKey } from "../schemas/api-key.ts";
import type { Delivery } from "./delivery.ts";
import type { KeyMemory } from "./key-memory.ts";
import {
	type AlreadyRotated,
	ATTEMPT_KEPT_MS,
	type Attempt,
	CONFLICTS,
	type GateResult,
	isOutdated,
	type ManagementCall,
	type Rotated,
	type RotationRequest,
} from "./protocol.ts";
import type { GateStore } from "./store.ts";

/** The parts of the gate that a rotation uses. */
export interface RotationGate {
	store: GateStore;
	delivery: Delivery;
	d1: () => D1Database;
	memory: KeyMemory;
	/** Persists a transition and delivers it to D1. */
	apply(transition: Transition | null, now: number): Promise<GateResult<ApiKey>>;
}

type Outcome = GateResult<Rotated | AlreadyRotated>;

export function rotateKey(
	gate: RotationGate,
	call: ManagementCall,
	{ material, lifeMs, overlapMs, expectedSuccessor, attempt }: RotationRequest,
	now: number,
): Promise<Outcome> {
	const { store, memory } = gate;
	const { keyId, author } = call;
	return memory.withKey(keyId, author.tenantId, async (before) => {
		const repeated = outcomeBefore(store, attempt, now);
		if (repeated) return repeated;
		if (statusOf(before.key, now) === "revoked") return CONFLICTS.rotatingRevoked;
		if (isOutdated(call, before.key)) return CONFLICTS.otherVersion;
		if (expectedSuccessor !== undefined && before.key.rotatedTo !== expectedSuccessor) return CONFLICTS.otherSuccessor;
		const successor = successorOf(before.key, material, lifeMs, author.actor, now);
		const insert = async () => {
			const { connect, insertSuccessor } = await import("./d1-records.ts");
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
				const previous = await gate.apply(rotate(key, successor.id, overlapMs, author, now), now);
				if (previous.code !== "OK") return previous;
				return { code: "OK", value: { successor: toApiKey(successor, NEVER_USED, now), previous: previous.value } };
			});
		const outcome = await gate.delivery.insertSuccessor(successor.id, now, insert, complete);
		return outcome ?? { code: "UNAVAILABLE" };
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
