/** `fetch` with retries and time limits. */

export interface RetryLimits {
	/** Time limit of one attempt, in milliseconds. */
	timeout: number;
	/** How many attempts may follow the first. */
	retries: number;
	/** The longest total wait between attempts, in milliseconds. */
	maxWait: number;
}

/** Mutations with the same effect once or twice (RFC 9110, §9.2.2). Queries are sent with GET. */
const IDEMPOTENT = /\/trpc\/(keys\.(update|revoke)|jobs\.advance|session\.logout)$/;

/** Whether a call can be repeated although the first attempt may have been done. */
function isIdempotent(url: string, { method = "GET", body }: RequestInit): boolean {
	if (method === "GET") return true;
	const { pathname } = new URL(url);
	// An update that was done moves the key's version, so its repetition would fail with a conflict that isn't one.
	const movesVersion = pathname.endsWith("keys.update") && String(body).includes('"expected_version"');
	return IDEMPOTENT.test(pathname) && !movesVersion;
}
/** The first pause, in milliseconds. Each further pause is twice as long. */
const FIRST_PAUSE = 250;

/** A response that is not the service's: a proxy's page, or a redirect. */
export class ForeignResponse extends Error {
	readonly status: number;

	constructor(status: number) {
		super(`A proxy or another server responded instead of the service, with status ${status}.`);
		this.status = status;
	}
}

/** Wraps `fetch`. Fails as `fetch` does, or with a `TimeoutError` or a {@link ForeignResponse}. */
export function fetchWithRetries(fetch: typeof globalThis.fetch, { timeout, retries, maxWait }: RetryLimits) {
	return async (url: string, init: RequestInit = {}): Promise<Response> => {
		const { signal } = init;
		const mayRepeat = isIdempotent(url, init);
		let waited = 0;
		for (let attempt = 0; ; attempt++) {
			const limits = [AbortSignal.timeout(timeout), ...(signal ? [signal] : [])];
			let response: Response | null = null;
			let text = "";
			let failure: unknown;
			try {
				// A redirect could lead the credential, or the password of a sign-in, to another server.
				response = await fetch(url, { ...init, redirect: "manual", signal: AbortSignal.any(limits) });
				// Read the body now: a response that breaks off counts as a lost connection.
				text = await response.clone().text();
			} catch (thrown) {
				response = null;
				failure = thrown;
			}
			const requested = response && retryAfter(response);
			const isTemporary = response
				? // A 429 did nothing. A 503 may come from a proxy that lost the response of a call that was done.
					response.status === 429 || (response.status === 503 && mayRepeat)
				: mayRepeat && !signal?.aborted;
			// Half the pause is random, so that many clients don't come back at the same moment.
			const pause = requested ?? FIRST_PAUSE * 2 ** attempt * (0.5 + Math.random() / 2);
			if (!isTemporary || attempt >= retries || waited + pause > maxWait) {
				if (!response) throw failure;
				if (isJson(text)) return response;
				throw new ForeignResponse(response.status);
			}
			await response?.body?.cancel();
			waited += pause;
			await sleep(pause, signal);
		}
	};
}

function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}

/** The milliseconds to wait by `Retry-After`, which holds seconds or a date (RFC 9110, §10.2.3). Null without the header. */
function retryAfter({ headers }: Response): number | null {
	const value = headers.get("retry-after");
	if (value === null) return null;
	const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
	return Number.isNaN(ms) ? null : Math.max(0, ms);
}

/** Rejects when the signal is aborted. */
function sleep(ms: number, signal?: AbortSignal | null): Promise<void> {
	return new Promise((resolve, reject) => {
		const onAbort = () => {
			clearTimeout(timer);
			reject(signal?.reason);
		};
		const timer = setTimeout(() => {
			signal?.removeEventListener("abort", onAbort);
			resolve();
		}, ms);
		if (signal?.aborted) onAbort();
		else signal?.addEventListener("abort", onAbort, { once: true });
	});
}
