/**
 * better-auth with its API-key plugin. It does what the service does for `whoami`: verify the key, count the request
 * against an hourly limit, return the key's details. The same code runs over D1 in workerd and over SQLite on Node.
 *
 * Where its documentation leaves a choice, the configuration favours it: defaults for storage, hashing and rate limiting,
 * called in process (`auth.api`) without its router, no telemetry, no logging, none of the headers that the service
 * sends. Its window restarts with every admitted request, the service's with the hour; neither limit is reached here.
 */
import { apiKey } from "@better-auth/api-key";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";

const HOUR_MS = 3_600_000;
/** The same as for the hot key of the service. */
const LIMIT = 1_000_000;

type Auth = ReturnType<typeof betterAuth>;

/** `database`: a D1 binding, or a better-sqlite3 database. */
export function createAuth(database: unknown, secret: string): Auth {
	return betterAuth({
		database,
		secret,
		baseURL: "http://localhost",
		plugins: [apiKey({ rateLimit: { enabled: true, timeWindow: HOUR_MS, maxRequests: LIMIT } })],
		telemetry: { enabled: false },
		logger: { disabled: true },
	});
}

/** Creates the tables, a user and a key. Returns the key. */
export async function prepare(auth: Auth): Promise<string> {
	await (await getMigrations(auth.options)).runMigrations();
	const { internalAdapter } = await auth.$context;
	const owner = await internalAdapter.createUser({ name: "Bench", email: "bench@acme.example", emailVerified: true });
	const { key } = await auth.api.createApiKey({ body: { userId: owner.id, name: "Bench" } });
	return key;
}

/** The response to a request with this `Authorization` header: the key's details, or 401. */
export async function verify(auth: Auth, authorization: string | null): Promise<{ status: number; body: unknown }> {
	const presented = authorization?.replace(/^Bearer /, "") ?? "";
	const { valid, key } = await auth.api.verifyApiKey({ body: { key: presented } });
	if (!valid || !key) return { status: 401, body: { error: { code: "UNAUTHORIZED" } } };
	const { id, name, expiresAt, rateLimitMax, requestCount } = key;
	const body = { data: { id, name, expires_at: expiresAt, rate_limit: rateLimitMax, used: requestCount } };
	return { status: 200, body };
}
