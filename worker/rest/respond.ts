/** What handlers of REST routes share: the dependencies of services, and the envelope of a response. */
import { databases } from "../../db/client.ts";
import { analyticsOf } from "../admission/verdict-points.ts";
import { metaOf } from "../http/response.ts";
import { type LinkDelivery, linkDelivery } from "../mail.ts";
import { keyGates } from "../namespaces.ts";
import type { Deps } from "../services/deps.ts";
import type { RestContext } from "./context.ts";

export function depsOf({ env, var: { config, info } }: RestContext): Deps {
	return { ...databases(env), gates: keyGates(env), config, analytics: analyticsOf(env, config), now: info.now };
}

/** How links for people get to them. */
export const linksOf = ({ env, var: { config }, req }: RestContext): LinkDelivery => linkDelivery(req.raw, env, config);

/** An object in its envelope. */
export const envelope = <T>(c: RestContext, data: T) => ({ data, meta: metaOf(c.var.info) });

/** A page of a list in its envelope. What the page says besides its items goes into `meta`. */
export const listEnvelope = <T, M extends { next_cursor: string | null }>(
	c: RestContext,
	{ items, ...more }: { items: T[] } & M,
) => ({ data: items, meta: { ...metaOf(c.var.info), ...more } });

/** The header that says where a created object can be read. `collection` is a path such as `/v1/leads`. */
export const locationOf = (collection: string, { id }: { id: string }) => ({ Location: `${collection}/${id}` });

/** An object that an earlier request with the same `Idempotency-Key` created. */
export const replayEnvelope = <T>(c: RestContext, data: T) => ({
	data,
	meta: { ...metaOf(c.var.info), idempotent_replay: true as const },
});
