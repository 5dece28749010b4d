/** Requests that do not give up at the first failure, and not later than they may. */

export interface Persistence {
	/** Milliseconds that one attempt may take. */
	timeout: number;
	/** How many further attempts there may be. */
	retries: number;
	/** Milliseconds that may pass waiting, all in all. */
	maxWait: number;
}

/** What is done twice has the same effect as done once (RFC 9110, §9.2.2). Queries are sent with GET. */
const IDEMPOTENT = /\/trpc\/(keys\.(update|revoke)|session\.logout)$/;
/** The first pause, in milliseconds; each further one is twice as long. */
const FIRST_PAUSE = 250;

/** What the service never says: a page of a proxy, or a redirect. */
export class ForeignAnswer extends Error {
	readonly status: number;

	constructor(status: number) {
		super(`Something else answered in place of the service, with status ${status}`);
		this.status = status;
	}
}

/** `fetch`, with attempts and pauses. Fails as `fetch` does, with a `TimeoutError` and a {@link ForeignAnswer}. */
export function persistent(fetch: typeof globalThis.fetch, { timeout, retries, maxWait }: Persistence) {
	return async (url: string, init: RequestInit = {}): Promise<Response> => {
		const { signal, method = "GET" } = init;
		const { pathname } = new URL(url);
		const mayRepeat = method === "GET" || IDEMPOTENT.test(pathname);
		let waited = 0;
		for (let attempt = 0; ; attempt++) {
			const limits = [AbortSignal.timeout(timeout), ...(signal ? [signal] : [])];
			let response: Response | null = null;
			let text = "";
			let failure: unknown;
			try {
				// A credential, or the password of a sign-in, goes to the service that was named and nowhere else.
				response = await fetch(url, { ...init, redirect: "manual", signal: AbortSignal.any(limits) });
				// To its end, so that an answer that breaks off is one that did not come.
				text = await response.clone().text();
			} catch (thrown) {
				response = null;
				failure = thrown;
			}
			const asked = response && retryAfter(response);
			const isPassing = response
				? // Of a 429 nothing was done. A 503 may come from something in between that lost the answer.
					response.status === 429 || (response.status === 503 && mayRepeat)
				: mayRepeat && !signal?.aborted;
			// Half the pause is left to chance, so that many clients do not come back together.
			const pause = asked ?? FIRST_PAUSE * 2 ** attempt * (0.5 + Math.random() / 2);
			if (!isPassing || attempt >= retries || waited + pause > maxWait) {
				if (!response) throw failure;
				if (isJson(text)) return response;
				throw new ForeignAnswer(response.status);
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

/** Milliseconds that the answer asks to wait for, as a number of seconds or a date (RFC 9110, §10.2.3); null: none. */
function retryAfter({ headers }: Response): number | null {
	const value = headers.get("retry-after");
	if (value === null) return null;
	const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
	return Number.isNaN(ms) ? null : Math.max(0, ms);
}

/** Rejects as soon as the signal is aborted. */
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
