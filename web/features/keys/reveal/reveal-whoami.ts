/** Does a new key work? Asked the way an integration asks, from this browser. */

export type WhoamiAnswer =
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
	/** There was no answer. */
	| { kind: "unreachable" };

/** What the service answers, as far as it is shown. */
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
 * Calls `whoami` with the key and nothing else: not with the person's session, and past every cache. Never throws;
 * undefined when it was given up by `signal`.
 */
export async function callWhoami(key: string, signal: AbortSignal): Promise<WhoamiAnswer | undefined> {
	try {
		const response = await fetch("/v1/whoami", {
			headers: { Authorization: `Bearer ${key}` },
			credentials: "omit",
			cache: "no-store",
			referrerPolicy: "no-referrer",
			signal,
		});
		// The shape is the contract's; what stands between here and the service may answer otherwise, hence the optional parts.
		const body = (await response.json()) as Body;
		return answerOf(response.status, body);
	} catch {
		return signal.aborted ? undefined : { kind: "unreachable" };
	}
}

function answerOf(status: number, { data, error, meta }: Body): WhoamiAnswer {
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
