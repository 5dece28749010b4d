/** The Worker with other databases than the tests' own, and integrations that call it. */
import { env } from "cloudflare:workers";
import { readConfig } from "../../../worker/env.ts";
import { createFetchHandler } from "../../../worker/fetch.ts";
import { addTenant, createKey, ORIGIN, token } from "../fixtures.ts";

/** The Worker with other databases. */
export function workerWith(bindings: { DB?: D1Database; PRODUCT_DB?: D1Database | undefined }) {
	const { PRODUCT_DB, ...others } = { ...env, ...bindings };
	const changed = PRODUCT_DB === undefined ? others : { ...others, PRODUCT_DB };
	const handler = createFetchHandler(readConfig(changed));
	return async (key: string, method: string, path: string, body?: unknown) => {
		const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
		const sent = body === undefined ? {} : { body: JSON.stringify(body) };
		const response = await handler(new Request(ORIGIN + path, { method, headers, ...sent }), changed);
		const text = await response.text();
		// The envelope of REST; a 204 has no body.
		const json = (text === "" ? {} : JSON.parse(text)) as {
			data: { id: string; name: string };
			error: { code: string; message: string };
		};
		return { status: response.status, retryAfter: response.headers.get("retry-after"), ...json };
	};
}

/** A tenant with a key that has every scope. */
export async function integration() {
	const tenantId = await addTenant();
	const admin = await token({ tenantId });
	const { key, api_key } = await createKey(admin, { scopes: [], rate_limit: 1_000_000 });
	return { tenantId, admin, key, keyId: api_key.id };
}
