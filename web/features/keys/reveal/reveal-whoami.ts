/** Tests a new key with the call that an integration would make. */

export type WhoamiResult =
	| {
			kind: "works";
			status: number;
			name: string;
			environment: string;
			scopes: string[];
			limit: number;
			remaining: number;
	  }
	| { kind: "refused"; status: number; code: string; requestId: string | null; retryAfterMs: number }
	/** There was no response. */
	| { kind: "unreachable" };

/** The parts of the response that are shown. */
interface Body {
	data?: {
		name: string;
		environment: string;
		scopes: string[];
		current_hour: { limit: number; remaining: number };
	};
	error?: { code: string; retry_after?: number };
	meta?: { request_id?: string };
}

/**
 * Calls `whoami` with the key alone, without the person's session and past every cache. Never throws. Undefined if `signal`
 * aborted it.
 */
export async function callWhoami(key: string, signal: AbortSignal): Promise<WhoamiResult | undefined> {
	try {
		const response = await fetch("/v1/whoami", {
			headers: { Authorization: `Bearer ${key}` },
			credentials: "omit",
			cache: "no-store",
			referrerPolicy: "no-referrer",
			signal,
		});
		// The service's response. A proxy in between may send another one, so every part is optional.
		const body = (await response.json()) as Body;
		return resultOf(response.status, body);
	} catch {
		return signal.aborted ? undefined : { kind: "unreachable" };
	}
}

function resultOf(status: number, { data, error, meta }: Body): WhoamiResult {
	if (data) {
		const { name, environment, scopes, current_hour } = data;
		const { limit, remaining } = current_hour;
		return { kind: "works", status, name, environment, scopes, limit, remaining };
	}
	return {
		kind: "refused",
		status,
		code: error?.code ?? "UNAVAILABLE",
		requestId: meta?.request_id ?? null,
		retryAfterMs: (error?.retry_after ?? 60) * 1_000,
	};
}
