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
/** A request that takes longer is aborted. */
const REQUEST_TIMEOUT_MS = 5_000;

/** What a run has measured before it ended. A broken promise counts even if another request of the run failed. */
export interface Measured {
	/** Public code of the first request that failed, such as `UNAVAILABLE`; null: every step was carried out. */
	error: string | null;
	/** Milliseconds from the response to the revocation until the first refusal; null: none of the requests was refused. */
	refusedAfterMs: number | null;
	/** Null: the key was not revoked. */
	lateAdmissions: number | null;
	/** Null: it cannot be compared with the limit. A request has failed, or the hour changed in between. */
	admitted: number | null;
	/** An aborted request counts with the time after which it was aborted. */
	admissionMs: number[];
}

/** A request failed. The message is a public code. */
class CanaryError extends Error {
	override readonly name = "CanaryError";
}

export interface CanaryService {
	/** Origin of the service. */
	url: string;
	/** The credential that makes, revokes and deletes keys in the tenant. */
	credential: string;
	tenantId: string;
	/** When the whole run must end. */
	deadline: AbortSignal;
	fetch: (request: Request) => Promise<Response>;
}

interface Reply {
	status: number;
	headers: Headers;
	body: { data?: unknown; error?: { code?: string } };
	milliseconds: number;
}

/** Measures once. `made` gets the id of each key that was made: delete them, whatever happens. */
export async function measure(service: CanaryService, made: (keyId: string) => void): Promise<Measured> {
	const measured: Measured = {
		error: null,
		refusedAfterMs: null,
		lateAdmissions: null,
		admitted: null,
		admissionMs: [],
	};
	for (const step of [measureLimit, measureRevocation])
		try {
			await step(service, measured, made);
		} catch (thrown) {
			if (!(thrown instanceof CanaryError)) throw thrown;
			measured.error ??= thrown.message;
		}
	return measured;
}

async function measureLimit(service: CanaryService, measured: Measured, made: (keyId: string) => void): Promise<void> {
	const { key } = await makeKey(service, CANARY_LIMIT, made);
	const replies: Presented[] = [];
	for (let sent = 0; sent < REQUESTS; sent += AT_ONCE)
		replies.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => present(service, key)))));
	const admitted = replies.filter(({ code }) => code === "VALID");
	const failure = replies.find(({ code }) => code !== "VALID" && code !== "RATE_LIMITED");
	const late = replies.filter(({ code }) => code === TIMEOUT);
	measured.admissionMs = [...admitted, ...late].map(({ milliseconds }) => Math.round(milliseconds));
	measured.error ??= failure?.code ?? null;
	const hours = new Set(replies.flatMap(({ hour }) => hour ?? []));
	if (hours.size > 1) return;
	// A request that failed may have been admitted too. More than twenty admissions are wrong in any case.
	if (!failure || admitted.length > CANARY_LIMIT) measured.admitted = admitted.length;
}

async function measureRevocation(
	service: CanaryService,
	measured: Measured,
	made: (keyId: string) => void,
): Promise<void> {
	const { key, id } = await makeKey(service, 10 * (WARMING + AFTER_REVOCATION), made);
	for (let sent = 0; sent < WARMING; sent++) {
		const { code } = await present(service, key);
		if (code !== "VALID") measured.error ??= code;
	}
	await manage(service, "POST", `/v1/api-keys/${id}/revoke`);
	const revokedAt = performance.now();
	measured.lateAdmissions = 0;
	for (let sent = 0; sent < AFTER_REVOCATION; sent++) {
		const { code } = await present(service, key);
		if (code === "VALID") measured.lateAdmissions++;
		else if (code === "UNAUTHORIZED") measured.refusedAfterMs ??= Math.round(performance.now() - revokedAt);
		else measured.error ??= code;
	}
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

/** The outcome of a request with a key: `VALID`, or the code of the error. */
interface Presented {
	code: string;
	milliseconds: number;
	/** When the hour of the limit ends; null: the response doesn't say. */
	hour: string | null;
}

const TIMEOUT = "TIMEOUT";

/** Never throws: one request that fails doesn't hide what the others show. */
async function present(service: CanaryService, key: string): Promise<Presented> {
	try {
		const reply = await send(service, "/v1/whoami", { headers: { authorization: `Bearer ${key}` } });
		const code = reply.status === 200 ? "VALID" : failed(reply).message;
		return { code, milliseconds: reply.milliseconds, hour: reply.headers.get("x-ratelimit-reset") };
	} catch (thrown) {
		if (!(thrown instanceof CanaryError)) throw thrown;
		return { code: thrown.message, milliseconds: REQUEST_TIMEOUT_MS, hour: null };
	}
}

async function send({ url, deadline, fetch }: CanaryService, path: string, init: RequestInit): Promise<Reply> {
	const headers = { ...(init.headers as Record<string, string>), "user-agent": "salesos-canary" };
	const startedAt = performance.now();
	try {
		const signal = AbortSignal.any([AbortSignal.timeout(REQUEST_TIMEOUT_MS), deadline]);
		const request = new Request(url + path, { ...init, headers, signal });
		const response = await fetch(request);
		const text = await response.text();
		const milliseconds = performance.now() - startedAt;
		// A 204 has no body.
		const body = text === "" ? {} : (JSON.parse(text) as Reply["body"]);
		return { status: response.status, headers: response.headers, body, milliseconds };
	} catch (cause) {
		const isLate = cause instanceof Error && cause.name === "TimeoutError";
		throw new CanaryError(isLate ? TIMEOUT : "UNREACHABLE", { cause });
	}
}

const failed = ({ status, body }: Reply): CanaryError => new CanaryError(body.error?.code ?? `HTTP_${status}`);
