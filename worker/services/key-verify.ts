/** Verification of a key that another back end was sent. */
import type { Author } from "../../db/audit.ts";
import { hashKey, parseKey } from "../keys/format.ts";
import { toRateLimit } from "../keys/window.ts";
import type { Verification, VerifyKey } from "../schemas/api-key.ts";
import type { Deps } from "./deps.ts";
import { ask, complete, gateOf } from "./gates.ts";

/** The verdict on a key. A key of another tenant is unknown, and its request is not counted. */
export async function verifyKey(deps: Deps, author: Author, input: VerifyKey): Promise<Verification> {
	const keyId = parseKey(input.key, deps.config.peppers);
	if (keyId === null) return { valid: false, code: "NOT_FOUND" };
	const { verdict, apiKey } = await ask(
		gateOf(deps, keyId).verify({
			keyId,
			secretHash: hashKey(input.key),
			tenantId: author.tenantId,
			scope: input.scope ?? null,
			ip: input.ip ?? null,
			endpoint: "verify",
			userAgent: author.userAgent,
			consume: input.consume,
		}),
	);
	return {
		valid: verdict.code === "VALID",
		code: verdict.code,
		...(apiKey ? { api_key: complete(apiKey) } : {}),
		...("window" in verdict ? { rate_limit: toRateLimit(verdict.window) } : {}),
		...(verdict.code === "RATE_LIMITED" ? { retry_after: verdict.window.resetSeconds } : {}),
	};
}
