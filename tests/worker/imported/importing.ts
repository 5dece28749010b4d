/** The import of keys of another system. */
import { env } from "cloudflare:workers";
import { createHash } from "node:crypto";
import type { Environment } from "../../../db/enums.ts";
import type { KeysImported } from "../../../worker/schemas/key-import.ts";
import { exported, oldKey } from "../../old-key.ts";
import { type Answer, mutate } from "../fixtures.ts";

export const sha256 = (key: string): string => createHash("sha256").update(key).digest("hex");

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
