/**
 * The leanest design without objects: each verification reads the key's row and counts in D1, in one batch.
 * docs/scaling.md compares costs with it. It is counted, not timed.
 */
export default {
	async fetch(request, env) {
		if (request.method === "POST") return new Response(await prepare(env.DB));
		const key = request.headers.get("authorization") ?? "";
		const hour = Math.floor(Date.now() / 3_600_000);
		const [read] = await env.DB.batch([
			env.DB.prepare("SELECT id, rate_limit, revoked_at FROM api_keys WHERE hash = ?").bind(key),
			env.DB.prepare(
				"INSERT INTO usage_hourly (key, hour, used) VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET used = used + 1 RETURNING used",
			).bind(key, hour),
		]);
		return Response.json({ ok: read?.results.length === 1 });
	},
} satisfies ExportedHandler<{ DB: D1Database }>;

/** Creates the tables and a key. Returns the key. */
async function prepare(db: D1Database): Promise<string> {
	const key = crypto.randomUUID();
	await db.batch([
		db.prepare(
			"CREATE TABLE api_keys (hash TEXT PRIMARY KEY, id TEXT, rate_limit INTEGER, revoked_at INTEGER) WITHOUT ROWID",
		),
		db.prepare(
			"CREATE TABLE usage_hourly (key TEXT, hour INTEGER, used INTEGER, PRIMARY KEY (key, hour)) WITHOUT ROWID",
		),
		db.prepare("INSERT INTO api_keys VALUES (?, 'one', 1000, NULL)").bind(`Bearer ${key}`),
	]);
	return key;
}
