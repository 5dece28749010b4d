/** Signs requests with the secret of a signed key, by P2S-SIGN-V1. Runs wherever the Web Crypto API does. */

export interface RequestToSign {
	/** The public key, `sk_live_…`. */
	key: string;
	/** The secret of the key, which is never sent. */
	secret: string;
	/** In upper case. */
	method: string;
	/** As it is sent, with its query. */
	path: string;
	/** Exactly what is sent. Default: no body. */
	body?: string | Uint8Array<ArrayBuffer> | undefined;
	/** Unix seconds. Default: now. */
	timestamp?: number | undefined;
}

const encoder = new TextEncoder();
const SHA256 = { name: "HMAC", hash: "SHA-256" } as const;

/** What a signature covers, in the order of the HMACs. */
export interface SignedParts {
	key: string;
	/** Unix seconds. */
	timestamp: string;
	method: string;
	path: string;
	/** SHA-256 of the body, in lower-case hex. */
	bodyHash: string;
}

/** The value of `Authorization` for one request. A request is admitted once: sign each attempt anew. */
export async function signRequest(request: RequestToSign): Promise<string> {
	return (await signedParts(request)).authorization;
}

/** The value of `Authorization`, and what it was computed from. */
export async function signedParts(request: RequestToSign): Promise<{ parts: SignedParts; authorization: string }> {
	const { key, secret, method, path, body = "", timestamp = Math.floor(Date.now() / 1_000) } = request;
	const bytes = typeof body === "string" ? encoder.encode(body) : body;
	const bodyHash = hex(await crypto.subtle.digest("SHA-256", bytes));
	const parts: SignedParts = { key, timestamp: String(timestamp), method, path, bodyHash };
	let mac = encoder.encode(secret);
	for (const text of [parts.key, parts.timestamp, parts.method, parts.path, parts.bodyHash]) {
		const macKey = await crypto.subtle.importKey("raw", mac, SHA256, false, ["sign"]);
		mac = new Uint8Array(await crypto.subtle.sign("HMAC", macKey, encoder.encode(text)));
	}
	return { parts, authorization: `P2S-SIGN-V1 ${key}:${timestamp}:${hex(mac.buffer)}` };
}

function hex(buffer: ArrayBuffer): string {
	return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export interface SigningOptions {
	key: string;
	secret: string;
	/** How often a request is repeated, signed anew, that the service asks to send again. Default: 2. */
	retries?: number;
	/** Sends the requests. Default: the global `fetch`. */
	fetch?: typeof globalThis.fetch;
}

/** The longest pause before a retry, in milliseconds. A longer `Retry-After` is left to the caller. */
const PAUSE_MAX = 35_000;

/**
 * A `fetch` that signs: `const salesos = signingFetch({ key, secret }); await salesos(url, { method, body })`. Bodies are text
 * or bytes. After a 503 with `Retry-After`, which says that nothing was done, it signs again and retries.
 */
export function signingFetch({ key, secret, retries = 2, fetch = globalThis.fetch }: SigningOptions) {
	return async (
		url: string | URL,
		init: Omit<RequestInit, "body"> & { body?: string | Uint8Array<ArrayBuffer> } = {},
	): Promise<Response> => {
		const { pathname, search } = new URL(url);
		const method = (init.method ?? "GET").toUpperCase();
		for (let attempt = 0; ; attempt++) {
			const headers = new Headers(init.headers);
			headers.set(
				"authorization",
				await signRequest({ key, secret, method, path: pathname + search, body: init.body }),
			);
			// A redirect would need a signature of its own.
			const response = await fetch(url, { ...init, method, headers, redirect: "manual" });
			const pause = Number(response.headers.get("retry-after") ?? Number.NaN) * 1_000;
			if (response.status !== 503 || attempt >= retries || !(pause <= PAUSE_MAX)) return response;
			await response.body?.cancel();
			await new Promise((resolve) => setTimeout(resolve, pause));
		}
	};
}
