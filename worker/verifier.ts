/**
 * Admission for other Workers of the platform, by a service binding instead of over HTTP: the same check, the same
 * gate, the same count as for this Worker's own handlers. See docs/verify.md.
 */
import { WorkerEntrypoint } from "cloudflare:workers";
import type { Environment } from "../db/enums.ts";
import { admit } from "./admission/admit.ts";
import { noKeyError, refusalError } from "./admission/refusal.ts";
import { type Bindings, readConfig } from "./env.ts";
import { type AppError, validationError, withoutKeys } from "./errors.ts";
import { rateLimitHeaders } from "./http/rate-limit-headers.ts";
import { tidyUserAgent } from "./http/request-info.ts";
import type { Refused, Unavailable, WindowState } from "./keys/verdict.ts";
import { type RateLimitObject, toRateLimit } from "./keys/window.ts";
import { logError } from "./log.ts";
import type { KeyPresentation } from "./schemas/api-key.ts";
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
			/** For the answer: the rate limit headers. */
			headers: Record<string, string>;
	  }
	| {
			valid: false;
			/** `MISSING`: no key was presented. `UNAVAILABLE`: it cannot be checked right now. */
			code: (Refused | Unavailable)["code"] | "MISSING";
			/** Status of the answer: 401, 403, 429 or 503. */
			status: number;
			/** For the body of the answer, as every door of the service says it. */
			error: { code: AppError["code"]; message: string; retry_after?: number };
			/** For the answer: the rate limit headers where a key was known, `Retry-After`, `WWW-Authenticate`. */
			headers: Record<string, string>;
			rate_limit?: RateLimitObject;
	  };

/** Read once for the isolate; the entry of the Worker has seen to it that it can be. */
let peppers: ReturnType<typeof readConfig>["peppers"] | undefined;

/** Bind with `{ "binding": "KEYS", "service": "salesos-api-keys", "entrypoint": "KeyVerifier" }`. */
export class KeyVerifier extends WorkerEntrypoint<Bindings> {
	/**
	 * Admits a request that presents `key`, of whatever tenant, and counts it unless `consume` is false. Null or nothing
	 * is a request without a key. A key with an allow-list is refused where `ip` is not given. Throws a `TypeError`,
	 * which names the field, for a `presentation` that is none: a misspelt `scope` must not admit.
	 */
	async verify(key: string | null | undefined, presentation: KeyPresentation = {}): Promise<KeyVerdict> {
		if (key != null && typeof key !== "string") throw new TypeError("key: Must be text, or null");
		// Loaded by the first call: the Worker itself starts without schemas.
		const { keyPresentationSchema } = await import("./schemas/api-key.ts");
		const parsed = keyPresentationSchema.safeParse(presentation);
		if (!parsed.success) throw new TypeError(validationError(parsed.error.issues, "presentation").message);
		if (!key) return refused("MISSING", noKeyError());
		const { scope, ip, consume, endpoint, user_agent } = parsed.data;
		peppers ??= readConfig(this.env).peppers;
		const verdict = await admit(
			this.env.KEY_GATE,
			peppers,
			key,
			{
				scope: scope ?? null,
				ip: ip ?? null,
				tenantId: null,
				endpoint: withoutKeys(endpoint),
				userAgent: tidyUserAgent(user_agent),
				consume,
			},
			Date.now(),
		);
		if (verdict.code !== "VALID") {
			if (verdict.code === "UNAVAILABLE") logError("KeyVerifier.verify: UNAVAILABLE", verdict.cause);
			return refused(verdict.code, refusalError(verdict), "window" in verdict ? verdict.window : undefined);
		}
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

function refused(
	code: Extract<KeyVerdict, { valid: false }>["code"],
	error: AppError,
	window?: WindowState,
): KeyVerdict {
	const { status, message, retryAfter, headers } = error;
	return {
		valid: false,
		code,
		status,
		error: { code: error.code, message, ...(retryAfter === undefined ? {} : { retry_after: retryAfter }) },
		headers,
		...(window ? { rate_limit: toRateLimit(window) } : {}),
	};
}
