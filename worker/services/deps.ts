/** What services work with. */
import type { Database } from "../../db/client.ts";
import type { Gates } from "../admission/admit.ts";
import type { Config } from "../env.ts";
import { AppError } from "../errors.ts";
import type { GateResult } from "../gate/protocol.ts";

export interface Deps {
	db: Database;
	gates: Gates;
	config: Config;
	loginLimiter: RateLimit;
	/** When the request came in, in milliseconds. */
	now: number;
}

/** The value of a gate's answer, or the error that the answer stands for. A gate that cannot be asked is `UNAVAILABLE`. */
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
