/**
 * The floors: what the platform itself takes for the least that a design could do, in the same runtime and process as
 * the service. Each floor is an entrypoint with a socket of its own, so that none pays for telling paths apart.
 *
 * They are kept as low as they can be, since a heavy floor would flatter the service:
 * - They get the very request that the service gets, with its path and headers, and read none of it that they need not.
 * - They answer a dozen bytes with no header of their own. The service answers some 400 bytes and 17 headers; what
 *   those cost is the service's to bear.
 * - The object's method takes nothing and returns nothing, and the object has neither storage nor state.
 * - D1 is asked through its binding, without an ORM, for one row of a small table by its primary key.
 */
import { DurableObject } from "cloudflare:workers";

interface FloorBindings {
	NOTHING: DurableObjectNamespace<Nothing>;
	DB: D1Database;
}

/** The object that does nothing. */
export class Nothing extends DurableObject {
	nothing(): void {}
}

/** The Worker that does nothing. */
export const nothing: ExportedHandler<FloorBindings> = {
	fetch: () => Response.json({ ok: true }),
};

/** One call to one object that does nothing: the least for a verdict that one authority gives. */
export const object: ExportedHandler<FloorBindings> = {
	async fetch(_request, env) {
		await env.NOTHING.getByName("one").nothing();
		return Response.json({ ok: true });
	},
};

/** The same with as many objects as there are paths. */
export const objects: ExportedHandler<FloorBindings> = {
	async fetch(request, env) {
		await env.NOTHING.getByName(request.url).nothing();
		return Response.json({ ok: true });
	},
};

/** One row of D1 by its primary key: the least for a verdict that the database gives, before anything is counted. */
export const d1: ExportedHandler<FloorBindings> = {
	async fetch(_request, env) {
		const row = await env.DB.prepare("SELECT id, body FROM point WHERE id = ?").bind("p500").first();
		return row ? Response.json({ ok: true }) : new Response(null, { status: 500 });
	},
};
