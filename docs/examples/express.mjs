/** Express middleware that admits only requests with a SalesOS API key. The handler finds the key's object in `req.apiKey`. */
const { SALESOS_URL, SALESOS_TOKEN } = process.env;
const STATUS = { TENANT_SUSPENDED: 403, ADDRESS_NOT_ALLOWED: 403, RATE_LIMITED: 429 };

/** `app.get("/leads", requireApiKey({ scope: "leads:read" }), handler)` */
export const requireApiKey =
	({ scope } = {}) =>
	async (req, res, next) => {
		const refuse = (status, code, headers = {}) => res.status(status).set(headers).json({ error: { code } });
		const key = req.get("Authorization")?.match(/^bearer +(\S+)$/i)?.[1] ?? req.get("X-API-Key");
		if (!key) return refuse(401, "MISSING", { "WWW-Authenticate": "Bearer" });
		const response = await fetch(`${SALESOS_URL}/v1/api-keys/verify`, {
			method: "POST",
			headers: { Authorization: `Bearer ${SALESOS_TOKEN}`, "Content-Type": "application/json" },
			// Behind a proxy, tell Express which proxies may set the IP address: app.set("trust proxy", …).
			body: JSON.stringify({ key, scope, ip: req.ip }),
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
		if (valid) {
			req.apiKey = api_key;
			return next();
		}
		if (code === "MISSING_SCOPE")
			return refuse(403, code, { "WWW-Authenticate": `Bearer error="insufficient_scope", scope="${scope}"` });
		if (code in STATUS) return refuse(STATUS[code], code, retry_after ? { "Retry-After": String(retry_after) } : {});
		return refuse(401, code, { "WWW-Authenticate": 'Bearer error="invalid_token"' });
	};
