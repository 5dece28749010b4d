/** Keys of another system, and their import. */
import { env } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { hashSync } from "bcryptjs";
import { customAlphabet } from "nanoid";
import type { Environment } from "../../../db/enums.ts";
import type { KeysImported } from "../../../worker/schemas/key-import.ts";
import { type Answer, mutate } from "../fixtures.ts";

const random = customAlphabet("0123456789abcdefghijklmnopqrstuvwxyz", 32);

/** A key as the other system hands it out. */
export const oldKey = (environment: Environment = "live"): string => `sk_${environment}_${random()}`;

/** The lowest cost of bcrypt: 64 times cheaper than usual. */
export const bcrypt = (key: string): string => hashSync(key, 4);
export const sha256 = (key: string): string => createHash("sha256").update(key).digest("hex");

/** What the other system knows of a key. */
export const exported = (key: string, more: Record<string, unknown> = {}) => ({
	name: "Website form",
	environment: key.slice(3, 7),
	key_prefix: key.slice(0, 16),
	hash: bcrypt(key),
	hash_kind: "bcrypt",
	scopes: [],
	rate_limit: 1_000,
	created_at: "2025-03-14T09:26:53.000Z",
	...more,
});

export const platformIn = (tenantId: string) => ({
	authorization: `Bearer ${env.SERVICE_ROLE_KEY}`,
	"x-tenant-id": tenantId,
});

export const importAll = (tenantId: string, keys: unknown[]): Promise<Answer<KeysImported>> =>
	mutate<KeysImported>(platformIn(tenantId), "keys.import", { keys });

/** Imports one key. */
export async function importKey(
	tenantId: string,
	{ environment = "live", ...more }: Record<string, unknown> & { environment?: Environment } = {},
): Promise<{ id: string; key: string }> {
	const key = oldKey(environment);
	const { data } = await importAll(tenantId, [exported(key, more)]);
	const id = data.items[0]?.id;
	if (!id) throw new Error(`keys.import: ${JSON.stringify(data)}`);
	return { id, key };
}
