/** Wraps a handler that takes a `Request` and returns a `Response`, so that only requests with a SalesOS API key reach it. */
const { SALESOS_URL, SALESOS_TOKEN } = process.env;
const STATUS = { TENANT_SUSPENDED: 403, ADDRESS_NOT_ALLOWED: 403, RATE_LIMITED: 429 };

const refuse = (status, code, headers = {}) => Response.json({ error: { code } }, { status, headers });

/** `handler(request, apiKey)` → `(request, ip) => Response`. `ip` is the caller's IP address, as your server knows it. */
export const withApiKey =
	(handler, { scope } = {}) =>
	async (request, ip) => {
		const bearer = request.headers.get("authorization")?.match(/^bearer +(\S+)$/i)?.[1];
		const key = bearer ?? request.headers.get("x-api-key");
		if (!key) return refuse(401, "MISSING", { "WWW-Authenticate": "Bearer" });
		const response = await fetch(`${SALESOS_URL}/v1/api-keys/verify`, {
			method: "POST",
			headers: { Authorization: `Bearer ${SALESOS_TOKEN}`, "Content-Type": "application/json" },
			body: JSON.stringify({ key, scope, ip }),
			signal: AbortSignal.timeout(2_000),
		}).catch(() => null);
		const body = await response?.json().catch(() => null);
		if (response?.status === 400) {
			// The service is up; this call is wrong, for example because of a misspelt scope.
			console.error("SalesOS rejects the call that verifies API keys:", body?.error);
			return refuse(500, "SERVER_ERROR");
		}
		// Never admit a key that can't be checked.
		if (!response?.ok || !body) return refuse(503, "UNAVAILABLE", { "Retry-After": "5" });
		const { valid, code, api_key, retry_after } = body.data;
		if (valid) return handler(request, api_key);
		if (code === "MISSING_SCOPE")
			return refuse(403, code, { "WWW-Authenticate": `Bearer error="insufficient_scope", scope="${scope}"` });
		if (code in STATUS) return refuse(STATUS[code], code, retry_after ? { "Retry-After": String(retry_after) } : {});
		return refuse(401, code, { "WWW-Authenticate": 'Bearer error="invalid_token"' });
	};
