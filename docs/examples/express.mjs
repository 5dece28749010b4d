/** Express middleware: only a request with a SalesOS API key passes. Behind it, `req.apiKey` says whose key it was. */
const { SALESOS_URL, SALESOS_TOKEN } = process.env;
const REFUSALS = { MISSING_SCOPE: 403, ADDRESS_NOT_ALLOWED: 403, RATE_LIMITED: 429 };

/** `app.get("/leads", requireApiKey({ scope: "leads:read" }), handler)` */
export const requireApiKey =
	({ scope } = {}) =>
	async (req, res, next) => {
		const key = req.get("Authorization")?.match(/^bearer +(\S+)$/i)?.[1] ?? req.get("X-API-Key");
		if (!key)
			return res
				.status(401)
				.set("WWW-Authenticate", "Bearer")
				.json({ error: { code: "MISSING" } });
		const verdict = await fetch(`${SALESOS_URL}/v1/api-keys/verify`, {
			method: "POST",
			headers: { Authorization: `Bearer ${SALESOS_TOKEN}`, "Content-Type": "application/json" },
			// Behind a proxy, Express has to be told whom to trust with the address: app.set("trust proxy", …).
			body: JSON.stringify({ key, scope, ip: req.ip }),
			signal: AbortSignal.timeout(2_000),
		})
			.then(async (answer) => (answer.ok ? (await answer.json()).data : null))
			.catch(() => null);
		// A key that cannot be checked is not let in.
		if (verdict === null) return res.status(503).json({ error: { code: "UNAVAILABLE" } });
		const { valid, code, api_key, retry_after } = verdict;
		if (!valid) {
			const status = REFUSALS[code] ?? 401;
			if (status === 401) res.set("WWW-Authenticate", "Bearer");
			if (retry_after) res.set("Retry-After", String(retry_after));
			return res.status(status).json({ error: { code } });
		}
		req.apiKey = api_key;
		next();
	};
