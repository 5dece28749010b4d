/** What most tests begin with: a tenant, tokens of its people, and calls on the running Worker. */
import { env, exports } from "cloudflare:workers";
import { scryptSync } from "node:crypto";
import { SignJWT } from "jose";
import { databases } from "../../db/client.ts";
import type { Role } from "../../db/enums.ts";
import { newId } from "../../db/ids.ts";
import { tenants } from "../../db/schema.ts";
import type { ApiKey } from "../../worker/schemas/api-key.ts";

export const ORIGIN = "https://keys.example";
/** Where tenants and keys are, and where what integrations write is. */
export const { db, product } = databases(env);

/** A request to the Worker, as from outside. It renews a token that {@link token} has made for longer than a day. */
export async function request(path: string | Request, init: RequestInit = {}): Promise<Response> {
	const sent = path instanceof Request ? path : new Request(ORIGIN + path, init);
	const lasting = lastingTokens.get(sent.headers.get("authorization")?.slice("Bearer ".length) ?? "");
	if (lasting) sent.headers.set("authorization", `Bearer ${await sign(lasting)}`);
	return exports.default.fetch(sent);
}

/** Adds a tenant and returns its id. */
export async function addTenant(slug: string = newId("ten").toLowerCase().replace("_", "-")): Promise<string> {
	const id = newId("ten");
	await db.insert(tenants).values({ id, name: `Tenant ${slug}`, slug, createdAt: Date.now() });
	return id;
}

/** The hash of a password at a fraction of the usual cost. The cost travels with the hash, so that signing in is cheap, too. */
export function cheapPasswordHash(password: string): string {
	const salt = Buffer.from("salt");
	const cost = { N: 1_024, r: 1, p: 1 };
	const hash = scryptSync(password, salt, 32, cost);
	return ["scrypt", cost.N, cost.r, cost.p, salt.toString("base64"), hash.toString("base64")].join("$");
}

interface TokenOptions {
	tenantId: string;
	role?: Role;
	capabilities?: string[];
	sub?: string;
	/** Seconds from now. The service accepts no token for more than a day: {@link request} renews those that live longer. */
	expiresIn?: number;
	claims?: Record<string, unknown>;
}

const DAY_S = 86_400;
/** Tokens of tests that move the clock by days, with what they are made of. */
const lastingTokens = new Map<string, TokenOptions>();

/** A token as this service's own secret signs it. */
export async function token(options: TokenOptions): Promise<string> {
	const made = await sign(options);
	if ((options.expiresIn ?? 0) > DAY_S) lastingTokens.set(made, options);
	return made;
}

function sign({
	tenantId,
	role = "admin",
	capabilities,
	sub = "usr_test",
	expiresIn = 600,
	claims = {},
}: TokenOptions) {
	return new SignJWT({ tenant_id: tenantId, role, ...(capabilities ? { capabilities } : {}), ...claims })
		.setProtectedHeader({ alg: "HS256" })
		.setSubject(sub)
		.setIssuer(env.JWT_ISSUER)
		.setAudience(env.JWT_AUDIENCE)
		.setExpirationTime(Math.floor(Date.now() / 1_000) + Math.min(expiresIn, DAY_S))
		.sign(new TextEncoder().encode(env.JWT_SECRET));
}

/** The response of a tRPC call. `data` is the result, `error` the error's data with its message. */
export interface Answer<T> {
	status: number;
	headers: Headers;
	data: T;
	error: {
		message: string;
		code: string;
		httpStatus: number;
		request_id: string;
		details?: { field: string; message: string }[];
		retry_after?: number;
	};
}

async function read<T>(response: Response): Promise<Answer<T>> {
	// The shape is tRPC's. A test asserts the rest.
	const body = (await response.json()) as {
		result?: { data: T };
		error?: { message: string; data: Answer<T>["error"] };
	};
	return {
		status: response.status,
		headers: response.headers,
		data: body.result?.data as T,
		error: { ...body.error?.data, message: body.error?.message } as Answer<T>["error"],
	};
}

/** The caller: a bearer token, or headers; null: none. */
export type Credentials = string | null | Record<string, string>;

const headersOf = (who: Credentials): Record<string, string> =>
	who === null ? {} : typeof who === "string" ? { authorization: `Bearer ${who}` } : who;

export async function mutate<T>(who: Credentials, procedure: string, input?: unknown): Promise<Answer<T>> {
	return read(
		await request(`/trpc/${procedure}`, {
			method: "POST",
			headers: { "content-type": "application/json", ...headersOf(who) },
			...(input === undefined ? {} : { body: JSON.stringify(input) }),
		}),
	);
}

export async function query<T>(who: Credentials, procedure: string, input?: unknown): Promise<Answer<T>> {
	const search = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
	return read(await request(`/trpc/${procedure}${search}`, { headers: headersOf(who) }));
}

/** Creates a key by calling `keys.create`. */
export async function createKey(
	who: Credentials,
	input: Record<string, unknown> = {},
): Promise<{ key: string; api_key: ApiKey }> {
	const answer = await mutate<{ key: string; api_key: ApiKey }>(who, "keys.create", { name: "Test key", ...input });
	if (answer.status !== 200) throw new Error(`keys.create: ${answer.status} ${answer.error.message}`);
	return answer.data;
}

/** Sends a request with an API key. */
export function asIntegration(key: string, path = "/v1/whoami", init: RequestInit = {}): Promise<Response> {
	return request(path, {
		...init,
		headers: { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) },
	});
}

/** Sends a request with an API key and a JSON body. */
export const sendJson = (key: string, method: string, path: string, body: unknown): Promise<Response> =>
	asIntegration(key, path, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });

/** Sends a POST with an API key and JSON that is already text. */
export const sendText = (key: string, path: string, body: string): Promise<Response> =>
	asIntegration(key, path, { method: "POST", headers: { "content-type": "application/json" }, body });

/** Stub of a key's gate. */
export const gateOf = (keyId: string) => env.KEY_GATE.getByName(keyId);

/** The fields that an error names, in the order of its details. */
export const fieldsOf = (answer: { error: { details?: { field: string }[] } }): string[] =>
	(answer.error.details ?? []).map(({ field }) => field);
