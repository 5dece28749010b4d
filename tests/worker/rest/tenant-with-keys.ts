/** Fixtures for tests of REST: a tenant with keys, and calls whose response is read in whole. */
import { addTenant, asIntegration, createKey, request, token } from "../fixtures.ts";

/** Creates a tenant with an unrestricted key of each environment. */
export async function tenantWithKeys() {
	const tenantId = await addTenant();
	const admin = await token({ tenantId });
	const [live, test] = await Promise.all([
		createKey(admin, { scopes: [], rate_limit: 1_000_000 }),
		createKey(admin, { scopes: [], rate_limit: 1_000_000, environment: "test" }),
	]);
	return { tenantId, admin, live: live.key, test: test.key, liveId: live.api_key.id, testId: test.api_key.id };
}

/** The response of a REST call. */
export interface Reply<T> {
	status: number;
	headers: Headers;
	data: T;
	error: {
		code: string;
		message: string;
		details?: { index?: number; field: string; message: string }[];
		retry_after?: number;
	};
	meta: { request_id: string; timestamp: string; next_cursor?: string | null };
}

/** Sends a request with an API key, and the body as JSON if there is one. */
export async function call<T>(key: string, method: string, path: string, body?: unknown): Promise<Reply<T>> {
	const json =
		body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
	return read(await asIntegration(key, path, { method, ...json }));
}

/** Reads a response. */
export async function read<T>(response: Response): Promise<Reply<T>> {
	// The shape is that of every REST response. A test asserts the rest.
	const body = (await response.json()) as Pick<Reply<T>, "data" | "error" | "meta">;
	return { status: response.status, headers: response.headers, data: body.data, error: body.error, meta: body.meta };
}

/** Sends a request without a credential. */
export const visit = async <T>(path: string, init?: RequestInit): Promise<Reply<T>> => read(await request(path, init));
