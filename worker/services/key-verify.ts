/** Verification of a key that another back end was sent. */
import type { Author } from "../../db/audit.ts";
import { decideImported, isUnknown } from "../admission/admit.ts";
import { refusalError, refusalOf } from "../admission/refusal.ts";
import { keyIdIn, recordVerdict } from "../admission/verdict-points.ts";
import { AppError } from "../errors.ts";
import { unknownCode } from "../gate/protocol.ts";
import { type IdentifiedKey, identifyKey } from "../keys/format.ts";
import { readIpAddress } from "../keys/ip-address.ts";
import { toRateLimit } from "../keys/window.ts";
import { VERDICT_CODES, type Verification, type VerifyKey } from "../schemas/key-verify.ts";
import type { Deps } from "./deps.ts";
import { askGate, complete } from "./gates.ts";

/** The verdict on a key, which is recorded. A key of another tenant is unknown, and its request is not counted. */
export async function verifyKey(deps: Deps, author: Author, input: VerifyKey): Promise<Verification> {
	const startedAt = performance.now();
	const verification = await verify(deps, author, input);
	if (deps.analytics)
		recordVerdict(deps.analytics, {
			verdict: { code: verification.code },
			keyId: keyIdIn(input.key),
			tenantId: author.tenantId,
			endpoint: "verify",
			milliseconds: performance.now() - startedAt,
			requestId: crypto.randomUUID(),
		});
	return verification;
}

async function verify(deps: Deps, author: Author, input: VerifyKey): Promise<Verification> {
	const { gates, config, db, now } = deps;
	const ip = readIpAddress(input.ip);
	const { tenantId, userAgent } = author;
	// This service has made or imported the key, so no object is created for a random id. Safe to retry: if the first call
	// was counted too, the count is too high, so never too much is admitted.
	const ask = (identified: IdentifiedKey) =>
		askGate(deps, identified.keyId, (gate) =>
			gate.verify({
				...identified,
				tenantId,
				scope: input.scope ?? null,
				ip,
				endpoint: "verify",
				userAgent,
				consume: input.consume,
			}),
		);
	const identified = identifyKey(input.key, config.peppers);
	const imported = config.legacyKeys ? db.$client : null;
	const presented = { imported, gates, key: input.key, presented: { ip, tenantId }, now };
	const decision = identified
		? await ask(identified)
		: await decideImported(presented, ask, ({ verdict }) => isUnknown(verdict));
	if ("code" in decision) {
		if (decision.code === "NOT_FOUND") return { valid: false, code: "NOT_FOUND" };
		throw refusalError(refusalOf(decision));
	}
	const { verdict, apiKey } = decision;
	if (!VERDICT_CODES.includes(verdict.code))
		throw new AppError("UNAVAILABLE", undefined, { cause: unknownCode(verdict.code) });
	return {
		valid: verdict.code === "VALID",
		code: verdict.code,
		...(apiKey ? { api_key: complete(apiKey) } : {}),
		...("window" in verdict ? { rate_limit: toRateLimit(verdict.window) } : {}),
		...(verdict.code === "RATE_LIMITED" ? { retry_after: verdict.window.resetSeconds } : {}),
	};
}
