/** How far D1 is behind the gates of API keys, for the platform's operators. */
import { sql } from "drizzle-orm";
import { type LocationHint, toPlace } from "../../db/places.ts";
import { apiKeys, tenants, unlistedKeys } from "../../db/schema.ts";
import type { DeliveryState } from "../gate/delivery/delivery.ts";
import { logError } from "../log.ts";
import type { Deliveries, DeliveriesInput } from "../schemas/operations.ts";
import { toTimestampOrNull } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { eachGate } from "./each-gate.ts";
import { callAddedMethod } from "./gates.ts";

interface Known {
	id: string;
	tenantId: string;
	/** Where the tenant's gates are created: asking about a key that was never used creates its gate. */
	hint: LocationHint | null;
}

/** Only for keys that D1 knows, listed or not: asking the gate of another id would create an object for it. */
export async function deliveries(
	{ db, gates }: Pick<Deps, "db" | "gates">,
	{ key_ids }: DeliveriesInput,
): Promise<Deliveries> {
	const known = await db.all<Known>(sql`
		select * from (
			select asked.key as position, asked.value as id, coalesce(${apiKeys.tenantId}, ${unlistedKeys.tenantId}) as tenantId,
				${tenants.locationHint} as hint
			from json_each(${JSON.stringify([...new Set(key_ids)])}) asked
			left join ${apiKeys} on ${apiKeys.id} = asked.value
			left join ${unlistedKeys} on ${unlistedKeys.keyId} = asked.value
			left join ${tenants} on ${tenants.id} = ${apiKeys.tenantId}
		) where tenantId is not null order by position`);
	const items = await eachGate(known, async ({ id, tenantId, hint }) => {
		const state = await stateOf(id, () => gates.getByName(id, toPlace(hint)).deliveryState());
		return { key_id: id, tenant_id: tenantId, ...(state ? described(state) : UNKNOWN_STATE) };
	});
	return { items };
}

const UNKNOWN_STATE = { waiting_since: null, failures: null, failing_since: null };

/** Null: the gate can't be reached, or runs the release before, which has no such method. */
async function stateOf(keyId: string, ask: () => Promise<DeliveryState>): Promise<DeliveryState | null> {
	try {
		return await callAddedMethod<DeliveryState | null>(ask, () => null);
	} catch (error) {
		logError(`The gate of the key ${keyId} could not be asked about its deliveries`, error);
		return null;
	}
}

/** While deliveries fail, usage waits too, since the first failure at the latest. */
function described({ failures, failingSince, oldestEventAt }: DeliveryState) {
	const since = [failingSince, oldestEventAt].filter((time) => time !== null);
	return {
		waiting_since: toTimestampOrNull(since.length === 0 ? null : Math.min(...since)),
		failures,
		failing_since: toTimestampOrNull(failingSince),
	};
}
