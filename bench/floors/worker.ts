/**
 * The floors: the least work that a design could do, in the same runtime and process as the service. Each floor is an
 * entrypoint with a socket of its own, so that none has to route by path.
 *
 * A heavy floor would flatter the service, so they do as little as possible:
 * - They get the same request as the service, with its path and headers, and don't read it.
 * - They send a dozen bytes without headers of their own. The service sends some 400 bytes and 17 headers.
 * - The object's method takes and returns nothing, and the object has no storage and no state.
 * - D1 is queried through its binding, without an ORM, for one row of a small table by its primary key.
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

/** One call to one object that does nothing: the least for a design with one authority per key. */
export const object: ExportedHandler<FloorBindings> = {
	async fetch(_request, env) {
		await env.NOTHING.getByName("one").nothing();
		return Response.json({ ok: true });
	},
};

/** The same with one object per path. */
export const objects: ExportedHandler<FloorBindings> = {
	async fetch(request, env) {
		await env.NOTHING.getByName(request.url).nothing();
		return Response.json({ ok: true });
	},
};

/** One row of D1 by its primary key: the least for a design that keeps keys in the database, before it counts. */
export const d1: ExportedHandler<FloorBindings> = {
	async fetch(_request, env) {
		const row = await env.DB.prepare("SELECT id, body FROM point WHERE id = ?").bind("p500").first();
		return row ? Response.json({ ok: true }) : new Response(null, { status: 500 });
	},
};
