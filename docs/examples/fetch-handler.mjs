/** For handlers that take a `Request` and return a `Response`: only a request with a SalesOS API key reaches them. */
const { SALESOS_URL, SALESOS_TOKEN } = process.env;
const REFUSALS = { MISSING_SCOPE: 403, ADDRESS_NOT_ALLOWED: 403, RATE_LIMITED: 429 };

const refuse = (status, code, headers) => Response.json({ error: { code } }, { status, headers });

/** `handler(request, apiKey)` → `(request, ip) => Response`. `ip` is the caller's address, as your server knows it. */
export const withApiKey =
	(handler, { scope } = {}) =>
	async (request, ip) => {
		const bearer = request.headers.get("authorization")?.match(/^bearer +(\S+)$/i)?.[1];
		const key = bearer ?? request.headers.get("x-api-key");
		if (!key) return refuse(401, "MISSING", { "WWW-Authenticate": "Bearer" });
		const verdict = await fetch(`${SALESOS_URL}/v1/api-keys/verify`, {
			method: "POST",
			headers: { Authorization: `Bearer ${SALESOS_TOKEN}`, "Content-Type": "application/json" },
			body: JSON.stringify({ key, scope, ip }),
			signal: AbortSignal.timeout(2_000),
		})
			.then(async (answer) => (answer.ok ? (await answer.json()).data : null))
			.catch(() => null);
		// A key that cannot be checked is not let in.
		if (verdict === null) return refuse(503, "UNAVAILABLE");
		const { valid, code, api_key, retry_after } = verdict;
		if (valid) return handler(request, api_key);
		const status = REFUSALS[code] ?? 401;
		if (status === 401) return refuse(status, code, { "WWW-Authenticate": "Bearer" });
		return refuse(status, code, retry_after ? { "Retry-After": String(retry_after) } : {});
	};
