/** Management tokens for tests, written past the interfaces: also such as no interface would create. */
import { env } from "cloudflare:workers";
import { TOKEN_PERMISSIONS } from "../../../db/enums.ts";
import { newId } from "../../../db/ids.ts";
import { managementTokens } from "../../../db/schema.ts";
import { mintManagementToken } from "../../../worker/auth/management-token.ts";
import { Secret } from "../../../worker/env.ts";
import { DAY_MS } from "../../../worker/schemas/time.ts";
import { db } from "../fixtures.ts";

/** Adds a token. Without changes it has every permission, and its next use within a minute writes nothing. */
export async function addToken(
	tenantId: string,
	changes: Partial<typeof managementTokens.$inferInsert> = {},
): Promise<{ id: string; token: string }> {
	const id = newId("tok");
	const now = Date.now();
	const { token, secretHash, lastFour, pepperId } = mintManagementToken(new Secret(env.KEY_PEPPER));
	await db.insert(managementTokens).values({
		id,
		tenantId,
		name: "Credential",
		secretHash,
		lastFour,
		permissions: [...TOKEN_PERMISSIONS],
		ipAllowlist: [],
		createdAt: now,
		createdBy: "usr_test",
		expiresAt: now + DAY_MS,
		lastUsedAt: now,
		pepperId,
		...changes,
	});
	return { id, token };
}
