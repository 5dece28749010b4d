/** Verification of a key that another back end was sent. */
import type { Author } from "../../db/audit.ts";
import { identifyImported, type Presented } from "../admission/admit.ts";
import { refusalError, refusalOf } from "../admission/refusal.ts";
import { type IdentifiedKey, identifyKey } from "../keys/format.ts";
import { readIpAddress } from "../keys/ip-address.ts";
import { toRateLimit } from "../keys/window.ts";
import type { Verification, VerifyKey } from "../schemas/api-key.ts";
import type { Deps } from "./deps.ts";
import { askGate, complete } from "./gates.ts";

/** The verdict on a key. A key of another tenant is unknown, and its request is not counted. */
export async function verifyKey(deps: Deps, author: Author, input: VerifyKey): Promise<Verification> {
	const ip = readIpAddress(input.ip);
	const identified = await identify(deps, input.key, { ip, tenantId: author.tenantId });
	if (identified === null) return { valid: false, code: "NOT_FOUND" };
	// This service has made or imported the key, so no object is created for a random id. Safe to retry: if the first call
	// was counted too, the count is too high, so never too much is admitted.
	const { verdict, apiKey } = await askGate(deps, identified.keyId, (gate) =>
		gate.verify({
			...identified,
			tenantId: author.tenantId,
			scope: input.scope ?? null,
			ip,
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

/** The API key of a presented key, or null. Throws `RATE_LIMITED` and `UNAVAILABLE` where it was not looked up. */
async function identify(
	{ gates, config, db, now }: Deps,
	key: string,
	presented: Pick<Presented, "ip" | "tenantId">,
): Promise<IdentifiedKey | null> {
	const imported = config.legacyKeys ? db.$client : null;
	const identified = identifyKey(key, config.peppers) ?? (await identifyImported(imported, gates, key, presented, now));
	if (!("code" in identified)) return identified;
	if (identified.code === "NOT_FOUND") return null;
	throw refusalError(refusalOf(identified));
}
