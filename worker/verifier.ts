/**
 * Admission for other Workers of the platform, by a service binding instead of over HTTP: the same check, the same
 * gate, the same count as for this Worker's own handlers. See docs/verify.md.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import type { Environment } from "../db/enums.ts";
import { admit } from "./admission/admit.ts";
import { NO_KEY, type Refusal, refusalHeaders, refusalOf } from "./admission/refusal.ts";
import { analyticsOf, keyIdIn, recordVerdict } from "./admission/verdict-points.ts";
import { type Bindings, type Config, readConfig } from "./env.ts";
import { ERRORS, type PublicError, publicError, validationError } from "./errors.ts";
import { rateLimitHeaders } from "./http/rate-limit-headers.ts";
import { tidyUserAgent } from "./http/request-info.ts";
import { readIpAddress } from "./keys/ip-address.ts";
import type { Refused, Unavailable } from "./keys/verdict.ts";
import { type RateLimitObject, toRateLimit } from "./keys/window.ts";
import { logError } from "./log.ts";
import { keyGates } from "./namespaces.ts";
import { withoutKeys } from "./schemas/key-pattern.ts";
import type { KeyPresentation } from "./schemas/key-verify.ts";
import { toTimestamp } from "./schemas/time.ts";

/** What a Worker may do with the request that it holds. In doubt, `valid` is false. */
export type KeyVerdict =
	| {
			valid: true;
			code: "VALID";
			/** Whose key it is. What the request reads or writes must be this tenant's, and of this environment. */
			api_key: {
				id: string;
				tenant_id: string;
				name: string;
				environment: Environment;
				/** Empty: unrestricted. */
				scopes: readonly string[];
				expires_at: string | null;
			};
			rate_limit: RateLimitObject;
			/** For the response: the rate limit headers. */
			headers: Record<string, string>;
	  }
	| {
			valid: false;
			/** `MISSING`: no key was presented. `UNAVAILABLE`: the key could not be verified. */
			code: (Refused | Unavailable)["code"] | "MISSING";
			/** Status of the response: 401, 403, 429 or 503. */
			status: number;
			/** For the body of the response, as on every interface of the service. */
			error: PublicError;
			/** For the response: the rate limit headers where a key was known, `Retry-After`, `WWW-Authenticate`. */
			headers: Record<string, string>;
			rate_limit?: RateLimitObject;
	  };

/** Read once per isolate. `index.ts` has validated the configuration at start. */
let config: Config | undefined;

/** Bind with `{ "binding": "KEYS", "service": "salesos-api-keys", "entrypoint": "KeyVerifier" }`. */
export class KeyVerifier extends WorkerEntrypoint<Bindings> {
	/**
	 * Admits a request that presents `key`, of any tenant, and counts it unless `consume` is false. Null, undefined and
	 * the empty text mean a request without a key. A key with an allow-list is refused without `ip`. An invalid
	 * `presentation` throws a `TypeError` that names the field: a misspelt `scope` must not admit.
	 */
	async verify(key: string | null | undefined, presentation: KeyPresentation = {}): Promise<KeyVerdict> {
		if (key != null && typeof key !== "string") throw new TypeError("key: Must be text, or null");
		// Loaded by the first call: the Worker itself starts without schemas.
		const { keyPresentationSchema } = await import("./schemas/key-verify.ts");
		const parsed = keyPresentationSchema.safeParse(presentation);
		if (!parsed.success) throw new TypeError(validationError(parsed.error.issues, "presentation").message);
		if (!key) return refused("MISSING", NO_KEY);
		const { scope, ip, consume, endpoint, user_agent } = parsed.data;
		config ??= readConfig(this.env);
		const analytics = analyticsOf(this.env, config);
		const startedAt = performance.now();
		const verdict = await admit(
			keyGates(this.env),
			config.peppers,
			key,
			{
				scope: scope ?? null,
				ip: readIpAddress(ip),
				tenantId: null,
				byWorker: true,
				endpoint: withoutKeys(endpoint),
				userAgent: tidyUserAgent(user_agent),
				consume,
			},
			Date.now(),
			config.legacyKeys ? this.env.DB : null,
		);
		if (analytics !== null)
			recordVerdict(analytics, {
				verdict,
				keyId: verdict.code === "VALID" ? verdict.key.id : keyIdIn(key),
				// Not the endpoint of the other Worker, which may have an id in it.
				endpoint: "KeyVerifier.verify",
				milliseconds: performance.now() - startedAt,
				requestId: crypto.randomUUID(),
			});
		if (verdict.code === "UNAVAILABLE") logError("KeyVerifier.verify: UNAVAILABLE", verdict.cause);
		if (verdict.code === "THROTTLED") return refused("RATE_LIMITED", refusalOf(verdict));
		if (verdict.code !== "VALID") return refused(verdict.code, refusalOf(verdict));
		const { id, tenantId, name, environment, scopes, expiresAt } = verdict.key;
		return {
			valid: true,
			code: "VALID",
			api_key: {
				id,
				tenant_id: tenantId,
				name,
				environment,
				scopes,
				expires_at: expiresAt === null ? null : toTimestamp(expiresAt),
			},
			rate_limit: toRateLimit(verdict.window),
			headers: rateLimitHeaders(verdict.window),
		};
	}
}

function refused(code: Extract<KeyVerdict, { valid: false }>["code"], refusal: Refusal): KeyVerdict {
	return {
		valid: false,
		code,
		status: ERRORS[refusal.code].status,
		error: publicError(refusal),
		headers: refusalHeaders(refusal),
		...(refusal.window ? { rate_limit: toRateLimit(refusal.window) } : {}),
	};
}
