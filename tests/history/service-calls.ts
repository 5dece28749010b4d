/** Calls of a key's users and admins on the service, with the responses in the terms of a history. */
import type { ApiKey } from "../../worker/schemas/api-key.ts";
import type { Verification } from "../../worker/schemas/key-verify.ts";
import { exported, oldKey } from "../old-key.ts";
import { CallRefused, type Reachable, Session } from "../session.ts";
import { authorizationOf } from "../sign.ts";
import type { Stored } from "./agreement.ts";
import type { CallResponse, Settings, Signature, VerdictCode } from "./operations.ts";

const HOUR_MS = 3_600_000;
/** The pause before a suspension that was interrupted is continued. */
const RETRY_MS = 50;

/** A request of an integration. */
export interface Presented {
	scope: string | null;
	address: string | null;
	consume: boolean;
}

/** A key that was made: its text, and the secret of a signed one. */
export interface MadeKey {
	key: string;
	secret?: string | null;
}

/** A new key with the settings that it got. */
export interface NewKey extends MadeKey {
	id: string;
	settings: Settings;
}

/** A signed request. Sending it again is a replay. */
export interface SignedRequest {
	signature: Signature;
	scope: string | null;
	authorization: string;
	path: string;
}

export const settingsOf = (key: ApiKey): Settings => ({
	name: key.name,
	scopes: key.scopes,
	limit: key.rate_limit,
	addresses: key.ip_allowlist,
	expiresAt: key.expires_at === null ? null : Date.parse(key.expires_at),
});

const inputOf = ({ name, scopes, limit, addresses, expiresAt }: Partial<Settings>) => ({
	...(name === undefined ? {} : { name }),
	...(scopes === undefined ? {} : { scopes: [...scopes] as ("leads:read" | "leads:write" | "default:sync")[] }),
	...(limit === undefined ? {} : { rate_limit: limit }),
	...(addresses === undefined ? {} : { ip_allowlist: [...addresses] }),
	...(expiresAt === undefined ? {} : { expires_at: expiresAt === null ? null : new Date(expiresAt).toISOString() }),
});

const expecting = (version: number | undefined) => (version === undefined ? {} : { expected_version: version });

/** Verdicts by the message of the 401, 403 or 429 response. */
const REASONS: [RegExp, VerdictCode][] = [
	[/revoked/, "REVOKED"],
	[/expired/, "EXPIRED"],
	[/Invalid API key/, "NOT_FOUND"],
	[/is suspended/, "TENANT_SUSPENDED"],
	[/this IP address/, "ADDRESS_NOT_ALLOWED"],
	[/lacks the scope/, "MISSING_SCOPE"],
	[/Rate limit of/, "RATE_LIMITED"],
	[/already received/, "REPLAYED"],
	[/timestamp is outdated/, "OUTDATED"],
	[/sign again in \d+ second/, "UNCERTAIN"],
];

/** A request that is admitted and counted, but then fails validation, so that it writes nothing to D1. */
const NOTHING_TO_WRITE = { path: "/v1/leads", method: "POST", body: "{}", status: 400 } as const;
const WHOAMI = { path: "/v1/whoami", method: "GET", body: "" } as const;

/** An endpoint that requires a scope, or any key. */
const endpointOf = (scope: string | null) => (scope === null ? WHOAMI : NOTHING_TO_WRITE);

export class ServiceCalls {
	readonly #service: Reachable;
	readonly #admin: Session;
	readonly #platform: Session;
	readonly #tenantId: string;

	/** `platform` is the service_role key, which imports keys into the admin's tenant. */
	constructor(
		service: Reachable,
		{ admin, platform, tenantId }: { admin: string; platform: string; tenantId: string },
	) {
		this.#service = service;
		this.#admin = new Session(service, admin);
		this.#platform = new Session(service, platform);
		this.#tenantId = tenantId;
	}

	/** Sends a request with the key to an endpoint that requires the scope. */
	async present(
		key: string,
		{ scope, address }: Presented,
		header: "bearer" | "x-api-key",
	): Promise<CallResponse | null> {
		const { path } = endpointOf(scope);
		return this.#send(
			path,
			scope,
			address,
			header === "bearer" ? { authorization: `Bearer ${key}` } : { "x-api-key": key },
		);
	}

	/** Signs a request to an endpoint that requires the scope. A parameter that it ignores makes it unlike all others. */
	sign({ key, secret }: MadeKey, scope: string | null, signature: Signature): SignedRequest {
		const { method, body, ...endpoint } = endpointOf(scope);
		const path = `${endpoint.path}?tenant_id=${signature.no}`;
		const authorization = authorizationOf({ key, secret: secret ?? "", method, path, body, at: signature.at });
		return { signature, scope, authorization, path };
	}

	/** Sends a signed request, for the first time or once more. */
	sendSigned({ scope, authorization, path }: SignedRequest, address: string | null): Promise<CallResponse | null> {
		return this.#send(path, scope, address, { authorization });
	}

	async #send(
		path: string,
		scope: string | null,
		address: string | null,
		credential: Record<string, string>,
	): Promise<CallResponse | null> {
		const { method, body } = endpointOf(scope);
		const headers: Record<string, string> = { "content-type": "application/json", ...credential };
		if (address !== null) headers["cf-connecting-ip"] = address;
		const init = { method, headers, ...(method === "GET" ? {} : { body }) };
		return orLost(async () => {
			const response = await this.#service.fetch(path, init);
			const { status } = response;
			const window = windowOf(response.headers);
			// The status counts even if the body is lost.
			if (status === 200 || status === NOTHING_TO_WRITE.status) {
				await response.arrayBuffer().catch(() => undefined);
				return { kind: "verdict", code: "VALID", ...window };
			}
			const { error } = (await response.json()) as { error: { message: string } };
			const [, code] = REASONS.find(([words]) => words.test(error.message)) ?? [];
			if (!code && status === 503) return null;
			if (!code) throw new Error(`${method} ${path}: ${status} ${error.message}`);
			const retryAfter = Number(response.headers.get("retry-after"));
			return { kind: "verdict", code, ...window, ...(code === "UNCERTAIN" ? { retryAfter } : {}) };
		});
	}

	/** Verifies the key, as a back end does. */
	async verify(key: string, { scope, address, consume }: Presented): Promise<CallResponse | null> {
		return this.#responseOf(async () => {
			const verification = await this.#admin.mutate("keys.verify", {
				key,
				consume,
				...(scope === null ? {} : { scope: scope as "leads:read" }),
				...(address === null ? {} : { ip: address }),
			});
			return verdictOf(verification);
		});
	}

	/** Creates a key. Null if the response was lost. */
	async create(settings: Settings, authentication: "bearer" | "signed"): Promise<NewKey | null> {
		try {
			const input = { ...inputOf(settings), name: settings.name, authentication };
			const { key, secret, api_key } = await this.#admin.mutate("keys.create", input);
			return { id: api_key.id, key, secret, settings: settingsOf(api_key) };
		} catch (thrown) {
			if (isBrokenConnection(thrown)) return null;
			throw thrown;
		}
	}

	/** Imports a key of another system. Null if the response was lost. */
	async import(settings: Settings): Promise<NewKey | null> {
		const key = oldKey();
		const keys = [{ ...exported(key), ...inputOf(settings) }];
		try {
			const { items } = await this.#platform.mutate("keys.import", { tenant_id: this.#tenantId, keys });
			const id = items[0]?.id;
			if (!id) throw new Error(JSON.stringify(items));
			return { id, key, settings };
		} catch (thrown) {
			if (isBrokenConnection(thrown)) return null;
			throw thrown;
		}
	}

	read(id: string): Promise<CallResponse | null> {
		return this.#responseOf(async () => {
			const detail = await this.#admin.query("keys.get", { id });
			const { used: count, resets_at } = detail.current_hour;
			const used = { hour: Date.parse(resets_at) - HOUR_MS, count, total: detail.usage_count };
			return { kind: "key", settings: settingsOf(detail), status: detail.status, version: detail.version, used };
		});
	}

	/** Number of admissions between two times in milliseconds. */
	usage(id: string, from: number, to: number): Promise<CallResponse | null> {
		return this.#responseOf(async () => {
			const span = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
			const { totals } = await this.#admin.query("keys.usage", { id, granularity: "day", ...span });
			const { allowed, rate_limited: rateLimited, denied } = totals;
			return { kind: "usage", allowed, rateLimited, denied };
		});
	}

	update(id: string, patch: Partial<Settings>, expectedVersion?: number): Promise<CallResponse | null> {
		return this.#responseOf(async () => {
			const { version } = await this.#admin.mutate("keys.update", {
				id,
				...inputOf(patch),
				// Has no effect unless a restricted key loses its last scope.
				unrestricted: true,
				...expecting(expectedVersion),
			});
			return { kind: "done", version };
		});
	}

	/** Rotates the key. Also returns the successor as it was made. */
	async rotate(
		id: string,
		overlapMs: number | null,
		expectedVersion?: number,
	): Promise<{ response: CallResponse | null; made?: MadeKey }> {
		let made: MadeKey | undefined;
		const response = await this.#responseOf(async () => {
			const rotated = await this.#admin.mutate("keys.rotate", {
				id,
				...(overlapMs === null ? {} : { revoke_previous_after_hours: overlapMs / HOUR_MS }),
				...expecting(expectedVersion),
			});
			const { api_key, previous, key, secret } = rotated;
			made = { key, secret };
			return {
				kind: "rotated",
				successorId: api_key.id,
				successor: settingsOf(api_key),
				version: previous.version,
			};
		});
		return made === undefined ? { response } : { response, made };
	}

	revoke(id: string, reason: string, expectedVersion?: number): Promise<CallResponse | null> {
		return this.#responseOf(async () => {
			await this.#admin.mutate("keys.revoke", { id, reason, ...expecting(expectedVersion) });
			return { kind: "done" };
		});
	}

	/**
	 * Revokes the keys as a job, and returns the response for each of them. Without one, the key may be revoked or not.
	 * "rejected": the tenant has too many unfinished jobs already. Kills leave them behind.
	 */
	async revokeAsJob(
		ids: string[],
		reason: string,
		{ stops, workers }: { stops: boolean; workers: number },
	): Promise<ReadonlyMap<string, CallResponse> | "rejected"> {
		const responses = new Map<string, CallResponse>();
		try {
			const { id } = await this.#admin.mutate("jobs.create", { kind: "revoke_keys", ids, reason });
			if (stops) for (const change of ["jobs.stop", "jobs.resume"] as const) await this.#admin.mutate(change, { id });
			// One call is enough for so few keys. A second one at the same time must do nothing twice.
			await Promise.all(Array.from({ length: workers }, () => this.#admin.mutate("jobs.advance", { id })));
			const { items } = await this.#admin.query("jobs.items", { id });
			for (const { key_id, outcome, error } of items) {
				if (outcome === "succeeded") responses.set(key_id, { kind: "done" });
				else if (error === "NOT_FOUND") responses.set(key_id, { kind: "not found" });
				else if (outcome === "failed" && error !== "UNAVAILABLE") throw new Error(`A key of a job: ${error}`);
			}
		} catch (thrown) {
			if (isSuspended(thrown) || (thrown instanceof CallRefused && thrown.status === 409)) return "rejected";
			if (!(thrown instanceof CallRefused && thrown.status === 503) && !isBrokenConnection(thrown)) throw thrown;
		}
		return responses;
	}

	/** Suspends or resumes the tenant, and returns once the service says that it is for every key. */
	async changeTenant(change: "suspend" | "resume"): Promise<void> {
		const wanted = change === "suspend" ? "suspended" : "active";
		for (;;) {
			try {
				const { state } = await this.#platform.mutate(`tenants.${change}`, { id: this.#tenantId });
				if (state === wanted) return;
			} catch (thrown) {
				const isPassing = isBrokenConnection(thrown) || (thrown instanceof CallRefused && thrown.status === 503);
				if (!isPassing) throw thrown;
			}
			await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
		}
	}

	delete(id: string, expectedVersion?: number): Promise<CallResponse | null> {
		return this.#responseOf(async () => {
			await this.#admin.mutate("keys.delete", { id, ...expecting(expectedVersion) });
			return { kind: "done" };
		});
	}

	#responseOf(call: () => Promise<CallResponse>): Promise<CallResponse | null> {
		return orLost(async () => {
			try {
				return await call();
			} catch (thrown) {
				if (!(thrown instanceof CallRefused)) throw thrown;
				if (thrown.status === 404) return { kind: "not found" };
				if (isSuspended(thrown)) return { kind: "tenant suspended" };
				if (thrown.status === 409) return { kind: "conflict" };
				if (thrown.status === 400) return { kind: "invalid" };
				if (thrown.status === 503) return null;
				throw thrown;
			}
		});
	}
}

/** Whether a change was refused because the tenant is suspended. */
const isSuspended = (thrown: unknown): boolean =>
	thrown instanceof CallRefused && thrown.status === 403 && thrown.message.includes("suspended");

/** Returns null if the connection breaks. That is no failure of the test: the outcome of the call is unknown. */
async function orLost(call: () => Promise<CallResponse | null>): Promise<CallResponse | null> {
	try {
		return await call();
	} catch (thrown) {
		if (thrown instanceof TypeError || (thrown instanceof Error && thrown.message.startsWith("connection")))
			return null;
		throw thrown;
	}
}

/** Whether `fetch` threw this, or reading an incomplete response did. */
const isBrokenConnection = (thrown: unknown) => thrown instanceof TypeError || thrown instanceof SyntaxError;

/** Converts a verification to a response of a history. */
export function verdictOf({
	code,
	rate_limit,
}: Pick<Verification, "rate_limit"> & { code: VerdictCode }): CallResponse {
	if (!rate_limit) return { kind: "verdict", code };
	const { limit, remaining, resets_at } = rate_limit;
	return { kind: "verdict", code, window: { limit, remaining, hour: Date.parse(resets_at) - HOUR_MS } };
}

function windowOf(headers: Headers): { window?: { limit: number; remaining: number; hour: number } } {
	const [limit, remaining, reset] = ["limit", "remaining", "reset"].map((name) => headers.get(`x-ratelimit-${name}`));
	if (limit == null) return {};
	const hour = Number(reset) * 1_000 - HOUR_MS;
	return { window: { limit: Number(limit), remaining: Number(remaining), hour } };
}

/** The contents of D1, as the lists show them. */
export async function listed(admin: Session): Promise<Stored> {
	const rows: Stored["rows"] = new Map();
	for (let cursor: string | null | undefined; cursor !== null; ) {
		const page = await admin.query("keys.list", { limit: 100, ...(cursor === undefined ? {} : { cursor }) });
		for (const item of page.items) (rows as Map<string, (typeof page.items)[number]>).set(item.id, item);
		cursor = page.next_cursor;
	}
	const events: Stored["events"][number][] = [];
	for (let cursor: string | null | undefined; cursor !== null; ) {
		const page = await admin.query("audit.list", { limit: 100, ...(cursor === undefined ? {} : { cursor }) });
		events.push(...page.items);
		cursor = page.next_cursor;
	}
	return { rows, events };
}
