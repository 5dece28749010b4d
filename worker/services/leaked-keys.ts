/** Whose keys a text contains. The keys themselves are in no result and no event. */
import { and, eq, inArray, sql } from "drizzle-orm";
import { type Author, auditEvent } from "../../db/audit.ts";
import { runBatch } from "../../db/client.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { apiKeys, gateSweeps, tenants } from "../../db/schema.ts";
import { invalidField } from "../errors.ts";
import { hashKey, identifyKey, importedKeyIn } from "../keys/format.ts";
import { snapshotOf, toApiKey } from "../keys/snapshot.ts";
import { KEYS_IN_TEXT } from "../schemas/key-pattern.ts";
import type { FindByKey, FoundKeys } from "../schemas/leaked-key.ts";
import type { Deps } from "./deps.ts";
import { stateOf } from "./tenants.ts";

/** Keys of one call. They are bound one by one, and D1 allows 100 parameters. */
const KEYS_MAX = 80;

/**
 * Finds the API keys whose keys are in the text: keys that this service made, by their tag, and imported ones by their
 * SHA-256, which the service knows from their first use on. Each found key leaves an event in the trail of its tenant.
 */
export async function findByKey(
	{ db, config, now }: Deps,
	author: Omit<Author, "tenantId">,
	{ text }: FindByKey,
): Promise<FoundKeys> {
	const presented = [...new Set(text.match(KEYS_IN_TEXT) ?? [])];
	if (presented.length > KEYS_MAX) throw invalidField("text", `Must contain at most ${KEYS_MAX} API keys`);
	const secrets = [...config.peppers, ...config.signingKeys];
	const ids = presented.flatMap((key) => identifyKey(key, secrets)?.keyId ?? []);
	const hashes = presented.flatMap((key) => (importedKeyIn(key) === null ? [] : hashKey(key)));
	const select = () =>
		db
			.select({ key: apiKeys, tenant: tenants, sweep: gateSweeps })
			.from(apiKeys)
			.innerJoin(tenants, eq(tenants.id, apiKeys.tenantId))
			.leftJoin(gateSweeps, eq(gateSweeps.tenantId, tenants.id));
	const rows = [
		...(ids.length > 0 ? await select().where(inArray(apiKeys.id, ids)) : []),
		// The literal makes the index of imported keys apply.
		...(hashes.length > 0
			? await select().where(and(sql`origin = 'imported'`, inArray(apiKeys.secretHash, hashes)))
			: []),
	];
	await runBatch(
		db,
		rows.map(({ key, tenant }) =>
			insertAudit(db, auditEvent({ ...author, tenantId: tenant.id }, "platform.find_key", now, { keyId: key.id })),
		),
	);
	return {
		items: rows.map(({ key, tenant, sweep }) => {
			const { id, name, environment, status, key_prefix, last_four } = toApiKey(snapshotOf(key), key, now);
			return {
				tenant: { id: tenant.id, name: tenant.name, slug: tenant.slug, state: stateOf({ tenant, sweep }) },
				api_key: { id, name, environment, status, key_prefix, last_four },
			};
		}),
		unknown: presented.length - rows.length,
	};
}
