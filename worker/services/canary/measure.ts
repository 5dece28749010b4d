/**
 * Measures what callers get, as a caller: everything goes over the public URL of the service. Two keys, since a key that has
 * used up its limit is refused whether it is revoked or not.
 */

/** Hourly limit of the first key, and how many requests are sent with it. */
export const CANARY_LIMIT = 20;
const REQUESTS = 25;
/** Requests in flight: a Worker has at most six connections to one host. */
const AT_ONCE = 5;
/** Requests with the second key before it is revoked, so that its gate is awake, as that of a key in use. */
const WARMING = 3;
/** Requests after the response to the revocation. Each must be refused. */
const AFTER_REVOCATION = 5;
/** A request that takes longer counts as lost. */
const REQUEST_TIMEOUT_MS = 5_000;

export interface Measured {
	/** Milliseconds from the response to the revocation until the first refusal; null: none of the requests was refused. */
	refusedAfterMs: number | null;
	lateAdmissions: number;
	/** Null: the hour changed in between, so that twice the limit is right. */
	admitted: number | null;
	admissionMs: number[];
}

/** The measurement could not be carried out. The message is a public code, such as `UNAVAILABLE`. */
export class CanaryError extends Error {
	override readonly name = "CanaryError";
}

export interface CanaryService {
	/** Origin of the service. */
	url: string;
	/** The credential that makes, revokes and deletes keys in the tenant. */
	credential: string;
	tenantId: string;
	fetch: (request: Request) => Promise<Response>;
}

interface Reply {
	status: number;
	headers: Headers;
	body: { data?: unknown; error?: { code?: string } };
	milliseconds: number;
}

/** Measures once. `made` gets the id of each key that was made: delete them, whatever happens. Throws `CanaryError`. */
export async function measure(service: CanaryService, made: (keyId: string) => void): Promise<Measured> {
	const limited = await makeKey(service, CANARY_LIMIT, made);
	const replies: Reply[] = [];
	for (let sent = 0; sent < REQUESTS; sent += AT_ONCE)
		replies.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => present(service, limited.key)))));
	const admitted = replies.filter(({ status }) => status === 200);
	const unexpected = replies.find(({ status }) => status !== 200 && status !== 429);
	if (unexpected) throw failed(unexpected);
	const hours = new Set(replies.map(({ headers }) => headers.get("x-ratelimit-reset")));

	const revoked = await makeKey(service, 10 * (WARMING + AFTER_REVOCATION), made);
	for (let sent = 0; sent < WARMING; sent++) {
		const reply = await present(service, revoked.key);
		if (reply.status !== 200) throw failed(reply);
	}
	await manage(service, "POST", `/v1/api-keys/${revoked.id}/revoke`);
	const revokedAt = performance.now();
	let refusedAfterMs: number | null = null;
	let lateAdmissions = 0;
	for (let sent = 0; sent < AFTER_REVOCATION; sent++) {
		const reply = await present(service, revoked.key);
		if (reply.status === 200) lateAdmissions++;
		else if (reply.status === 401) refusedAfterMs ??= Math.round(performance.now() - revokedAt);
		else throw failed(reply);
	}
	return {
		refusedAfterMs,
		lateAdmissions,
		admitted: hours.size === 1 ? admitted.length : null,
		admissionMs: admitted.map(({ milliseconds }) => Math.round(milliseconds)),
	};
}

/** Deletes a key that the canary has made. */
export async function deleteKey(service: CanaryService, keyId: string): Promise<void> {
	await manage(service, "DELETE", `/v1/api-keys/${keyId}`);
}

async function makeKey(service: CanaryService, limit: number, made: (keyId: string) => void) {
	const reply = await manage(service, "POST", "/v1/api-keys", { name: "Canary", scopes: [], rate_limit: limit });
	// As the OpenAPI document describes it.
	const { key, api_key } = reply.body.data as { key: string; api_key: { id: string } };
	made(api_key.id);
	return { key, id: api_key.id };
}

async function manage(service: CanaryService, method: string, path: string, body?: object): Promise<Reply> {
	const headers = {
		authorization: `Bearer ${service.credential}`,
		"x-tenant-id": service.tenantId,
		...(body ? { "content-type": "application/json" } : {}),
	};
	const reply = await send(service, path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
	if (reply.status >= 300) throw failed(reply);
	return reply;
}

const present = (service: CanaryService, key: string): Promise<Reply> =>
	send(service, "/v1/whoami", { headers: { authorization: `Bearer ${key}` } });

async function send({ url, fetch }: CanaryService, path: string, init: RequestInit): Promise<Reply> {
	const headers = { ...(init.headers as Record<string, string>), "user-agent": "salesos-canary" };
	const startedAt = performance.now();
	try {
		const request = new Request(url + path, { ...init, headers, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS) });
		const response = await fetch(request);
		const text = await response.text();
		const milliseconds = performance.now() - startedAt;
		// A 204 has no body.
		const body = text === "" ? {} : (JSON.parse(text) as Reply["body"]);
		return { status: response.status, headers: response.headers, body, milliseconds };
	} catch (cause) {
		const isLate = cause instanceof Error && cause.name === "TimeoutError";
		throw new CanaryError(isLate ? "TIMEOUT" : "UNREACHABLE", { cause });
	}
}

const failed = ({ status, body }: Reply): CanaryError => new CanaryError(body.error?.code ?? `HTTP_${status}`);
