/**
 * Management tokens: credentials of programs, such as CI and back ends. A token is `smt_`, then a 30-character random secret
 * (178 bits) and a 6-character tag, all of `[0-9A-Za-z]`. The tag is that of an API key: a truncated HMAC under the pepper,
 * so that forged and mistyped tokens are rejected without any I/O. See docs/decisions/management-tokens.md.
 */
import { and, eq, isNull, lte, or } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { TOKEN_PERMISSIONS, type TokenPermission } from "../../db/enums.ts";
import { randomText } from "../../db/ids.ts";
import { managementTokens } from "../../db/schema.ts";
import type { Secret } from "../env.ts";
import { AppError } from "../errors.ts";
import type { RequestInfo } from "../http/request-info.ts";
import { hashKey, pepperIdOf, pepperOf, withTag } from "../keys/format.ts";
import { isIpAllowed, parseIpRules } from "../keys/ip-allowlist.ts";
import { logError } from "../log.ts";
import { WHOLE_TOKEN } from "../schemas/key-pattern.ts";
import { MINUTE_MS } from "../schemas/time.ts";

export const TOKEN_PREFIX = "smt_";
const SECRET_LENGTH = 30;
/** How exactly the last use of a token is recorded. Each record is a write. */
const USED_INTERVAL_MS = MINUTE_MS;

/** A program that acts in a tenant. */
export interface TokenPrincipal {
	kind: "token";
	/** `tok_…`: the actor of everything that the program does. */
	id: string;
	tenantId: string;
	name: string;
	permissions: readonly TokenPermission[];
}

/** Makes a new token. The returned text is the only copy; only the hash is stored. */
export function mintManagementToken(pepper: Secret): {
	token: string;
	secretHash: string;
	lastFour: string;
	pepperId: string;
} {
	const token = withTag(TOKEN_PREFIX + randomText(SECRET_LENGTH), pepper);
	return { token, secretHash: hashKey(token), lastFour: token.slice(-4), pepperId: pepperIdOf(pepper) };
}

/**
 * The program that presents the token. D1 is asked on every call, so that a revoked token is rejected at once. Throws
 * `UNAUTHORIZED` for a token that is forged, unknown, revoked or expired, and `FORBIDDEN` outside of its allow-list.
 */
export async function useManagementToken(
	db: Database,
	token: string,
	peppers: readonly Secret[],
	{ ip, now }: Pick<RequestInfo, "ip" | "now">,
): Promise<TokenPrincipal> {
	const pepper = WHOLE_TOKEN.test(token) ? pepperOf(token, peppers) : undefined;
	if (!pepper)
		throw new AppError("UNAUTHORIZED", "The management token is not valid. Check that it was copied completely.");
	const [found] = await db
		.select()
		.from(managementTokens)
		.where(eq(managementTokens.secretHash, hashKey(token)));
	if (!found) throw new AppError("UNAUTHORIZED", "The management token is unknown. Create another one.");
	if (found.revokedAt !== null)
		throw new AppError("UNAUTHORIZED", `The management token was revoked on ${dateOf(found.revokedAt)}.`);
	if (found.expiresAt <= now)
		throw new AppError("UNAUTHORIZED", `The management token expired on ${dateOf(found.expiresAt)}.`);
	if (found.ipAllowlist.length > 0 && !isIpAllowed(parseIpRules(found.ipAllowlist), ip))
		throw new AppError(
			"FORBIDDEN",
			`The request comes from ${ip === null ? "an unknown IP address" : `the IP address ${ip}`}, which is not on the allow-list of this management token.`,
		);
	const isDue = found.lastUsedAt === null || now - found.lastUsedAt >= USED_INTERVAL_MS;
	if (isDue || found.pepperId === null) await markUsed(db, found.id, pepperIdOf(pepper), ip, now);
	const { id, tenantId, name, permissions } = found;
	return {
		kind: "token",
		id,
		tenantId,
		name,
		// A row can hold no more than a token can, whatever was written into it.
		permissions: TOKEN_PERMISSIONS.filter((permission) => permissions.includes(permission)),
	};
}

const dateOf = (at: number) => new Date(at).toISOString().slice(0, 10);

/** Of several requests at once, one writes. A failure fails no request: the next one tries again. */
async function markUsed(db: Database, id: string, pepperId: string, ip: string | null, now: number): Promise<void> {
	const isDue = or(
		isNull(managementTokens.lastUsedAt),
		lte(managementTokens.lastUsedAt, now - USED_INTERVAL_MS),
		isNull(managementTokens.pepperId),
	);
	try {
		await db
			.update(managementTokens)
			.set({ lastUsedAt: now, lastUsedIp: ip, pepperId })
			.where(and(eq(managementTokens.id, id), isDue));
	} catch (thrown) {
		logError("The last use of a management token can't be recorded", thrown);
	}
}
