/** How services ask the gate of a key. */
import type { Author } from "../../db/audit.ts";
import { AppError } from "../errors.ts";
import type { GateResult, ManagementCall } from "../gate/protocol.ts";
import { isKeyId } from "../keys/format.ts";
import { ADDED_FIELDS } from "../keys/snapshot.ts";
import type { ApiKey } from "../schemas/api-key.ts";
import type { Deps } from "./deps.ts";

/** The gate of a key. An id that no key can have is rejected before an object is created for it. */
export function gateOf({ gates }: Pick<Deps, "gates">, keyId: string) {
	if (!isKeyId(keyId)) throw new AppError("NOT_FOUND", "There is no such API key.");
	return gates.getByName(keyId);
}

/** The value of a gate's result. Throws the error that the result stands for; `UNAVAILABLE` if the gate cannot be reached. */
export async function ask<T>(answer: Promise<GateResult<T>>): Promise<T> {
	let result: GateResult<T>;
	try {
		result = await answer;
	} catch (cause) {
		throw new AppError("UNAVAILABLE", undefined, { cause });
	}
	switch (result.code) {
		case "OK":
			return result.value;
		case "NOT_FOUND":
			throw new AppError("NOT_FOUND", "There is no such API key.");
		case "CONFLICT":
			throw new AppError("CONFLICT", result.message);
		case "UNAVAILABLE":
			throw new AppError("UNAVAILABLE");
		default:
			return result satisfies never;
	}
}

/** A change by the author. */
export function managementCall(
	author: Author,
	input: { id: string; expected_version?: number | undefined },
): ManagementCall {
	return { keyId: input.id, author, expectedVersion: input.expected_version };
}

/** The key with the fields that a gate of the last release doesn't send. */
export function complete<T extends ApiKey>(key: T): T {
	return { ...ADDED_FIELDS, ...key };
}
