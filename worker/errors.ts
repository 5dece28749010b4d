/** Every failure that a caller can see, in one table: code → HTTP status, tRPC code, public message. */

import { withoutKeys } from "./schemas/key-pattern.ts";

export const ERRORS = {
	VALIDATION_ERROR: { status: 400, trpc: "BAD_REQUEST", message: "The request is not valid." },
	UNAUTHORIZED: {
		status: 401,
		trpc: "UNAUTHORIZED",
		message: "A valid credential is required. Send it as Authorization: Bearer <credential>.",
	},
	FORBIDDEN: { status: 403, trpc: "FORBIDDEN", message: "This credential is not allowed to do this." },
	NOT_FOUND: { status: 404, trpc: "NOT_FOUND", message: "Resource not found." },
	METHOD_NOT_ALLOWED: { status: 405, trpc: "METHOD_NOT_SUPPORTED", message: "Method not allowed." },
	CONFLICT: { status: 409, trpc: "CONFLICT", message: "The request conflicts with the resource's current state." },
	PAYLOAD_TOO_LARGE: { status: 413, trpc: "PAYLOAD_TOO_LARGE", message: "The request body is larger than 1 MiB." },
	UNSUPPORTED_MEDIA_TYPE: {
		status: 415,
		trpc: "UNSUPPORTED_MEDIA_TYPE",
		message: "Send the body as JSON, with Content-Type: application/json.",
	},
	RATE_LIMITED: { status: 429, trpc: "TOO_MANY_REQUESTS", message: "Rate limit exceeded." },
	SERVER_ERROR: { status: 500, trpc: "INTERNAL_SERVER_ERROR", message: "An internal error occurred." },
	UNAVAILABLE: {
		status: 503,
		trpc: "SERVICE_UNAVAILABLE",
		message: "The service is temporarily unavailable. Retry in a few seconds.",
	},
} as const;

export type ErrorCode = keyof typeof ERRORS;

/** One invalid field: its path (`ip_allowlist.2`), and what to do about it. */
export interface FieldError {
	field: string;
	message: string;
	/** Which item of a batch. */
	index?: number;
}

/** Challenges in `WWW-Authenticate` (RFC 6750, §3). */
export const CHALLENGES = {
	/** No credential was sent. */
	none: "Bearer",
	/** A credential was sent. It is malformed, unknown, revoked or expired. */
	invalidToken: 'Bearer error="invalid_token"',
	/** The signature of a request is missing, malformed, wrong or outdated. */
	signature: "P2S-SIGN-V1",
	/** The credential is valid, and lacks a scope. */
	insufficientScope: (scope: string) => `Bearer error="insufficient_scope", scope="${scope}"`,
} as const;

/**
 * A failure as far as the caller may know. An {@link AppError} is one that was thrown; a refusal of the hot path is one
 * that was not.
 */
export interface Failure {
	code: ErrorCode;
	message: string;
	details?: FieldError[] | undefined;
	/** Whole seconds. */
	retryAfter?: number | undefined;
	/** Value of `WWW-Authenticate`. */
	challenge?: string | undefined;
}

/** The error as REST, tRPC and `KeyVerifier` show it. */
export interface PublicError {
	code: ErrorCode;
	message: string;
	/** Every field that is invalid. */
	details?: FieldError[];
	/** Whole seconds. */
	retry_after?: number;
}

/** The one place where a failure becomes what a caller reads. */
export function publicError({ code, message, details, retryAfter }: Failure): PublicError {
	return {
		code,
		message,
		...(details ? { details } : {}),
		...(retryAfter === undefined ? {} : { retry_after: retryAfter }),
	};
}

/** Headers that a failure brings along on every interface. */
export function failureHeaders({
	challenge,
	retryAfter,
}: Pick<Failure, "challenge" | "retryAfter">): Record<string, string> {
	return {
		...(challenge === undefined ? {} : { "WWW-Authenticate": challenge }),
		...(retryAfter === undefined ? {} : { "Retry-After": String(retryAfter) }),
	};
}

/**
 * When to retry a 503, in seconds. Long enough for an object to restart or a database to recover, short enough that a
 * caller barely notices.
 */
export const UNAVAILABLE_RETRY_SECONDS = 5;

interface ErrorExtras {
	details?: FieldError[];
	/** Details that are kept. Default: {@link DETAILS_MAX}. */
	detailsMax?: number;
	/** Whole seconds. A 503 has {@link UNAVAILABLE_RETRY_SECONDS} by default. */
	retryAfter?: number | undefined;
	/** A 401 has `CHALLENGES.invalidToken` by default: most are about a credential that was sent. */
	challenge?: string | undefined;
	/** Further headers of the response, such as `Allow`. */
	headers?: Record<string, string>;
	cause?: unknown;
	/** For operators: the log gets an event with this name. */
	event?: LoggedFailure;
}

/** Failures that operators watch, by the names of their events. */
type LoggedFailure = "management_refused" | "sign_in_throttled";

/** Callers choose the number and the names of their fields, so both are bounded before they are echoed. */
const DETAILS_MAX = 50;
const FIELD_NAME_MAX = 100;

/** A failure whose message is public. The cause is only logged. */
export class AppError extends Error implements Failure {
	override readonly name = "AppError";
	readonly code: ErrorCode;
	readonly details: FieldError[] | undefined;
	readonly retryAfter: number | undefined;
	readonly challenge: string | undefined;
	readonly event: LoggedFailure | undefined;
	readonly #headers: Record<string, string>;

	constructor(code: ErrorCode, message: string = ERRORS[code].message, extras: ErrorExtras = {}) {
		super(withoutKeys(message), { cause: extras.cause });
		this.code = code;
		this.details = extras.details?.slice(0, extras.detailsMax ?? DETAILS_MAX).map(({ field, message, ...item }) => ({
			...item,
			field: withoutKeys(field).slice(0, FIELD_NAME_MAX),
			message: withoutKeys(message),
		}));
		this.retryAfter = extras.retryAfter ?? (code === "UNAVAILABLE" ? UNAVAILABLE_RETRY_SECONDS : undefined);
		this.challenge = extras.challenge ?? (code === "UNAUTHORIZED" ? CHALLENGES.invalidToken : undefined);
		this.event = extras.event;
		this.#headers = extras.headers ?? {};
	}

	get status() {
		return ERRORS[this.code].status;
	}

	/** Headers of the response, on every interface. */
	get headers(): Record<string, string> {
		return { ...this.#headers, ...failureHeaders(this) };
	}
}

/** Shorthand for the most common failure: one field is invalid. */
export function invalidField(field: string, message: string): AppError {
	return new AppError("VALIDATION_ERROR", `${field}: ${message}`, { details: [{ field, message }] });
}

interface Issue {
	path: readonly PropertyKey[];
	message: string;
	code?: string | undefined;
	keys?: readonly string[];
}

/** Turns the issues of zod into a `VALIDATION_ERROR` that names every field. `root` names the whole input. */
export function validationError(issues: readonly Issue[], root = "body"): AppError {
	const details = issues.flatMap((issue): FieldError[] => {
		const path = issue.path.map(String);
		if (issue.code === "unrecognized_keys" && issue.keys)
			return issue.keys.map((key) => ({ field: [...path, key].join("."), message: "Unknown field" }));
		// zod's message for a missing field ("received undefined") means nothing outside JavaScript.
		const absent = issue.code === "invalid_type" && issue.message.endsWith("received undefined");
		return [{ field: path.join(".") || root, message: absent ? "Is required" : issue.message }];
	});
	const first = details[0];
	const message = first ? `${first.field.slice(0, FIELD_NAME_MAX)}: ${first.message}` : undefined;
	return new AppError("VALIDATION_ERROR", message, { details });
}

/**
 * Turns anything thrown into an `AppError`. A failed database is 503, everything else is 500. Both get the message of the
 * table, because their own may contain SQL.
 */
export function toAppError(thrown: unknown): AppError {
	if (thrown instanceof AppError) return thrown;
	return new AppError(isDatabaseFailure(thrown) ? "UNAVAILABLE" : "SERVER_ERROR", undefined, { cause: thrown });
}

/** The error and its causes. Drizzle wraps the errors of D1. */
function* causes(thrown: unknown): Generator<Error> {
	for (let error = thrown; error instanceof Error; error = error.cause) yield error;
}

/** Whether D1 rejected a statement because of this constraint. */
export function isConstraintFailure(thrown: unknown, constraint: "UNIQUE" | "FOREIGN KEY"): boolean {
	for (const error of causes(thrown)) if (error.message.includes(`${constraint} constraint failed`)) return true;
	return false;
}

function isDatabaseFailure(thrown: unknown): boolean {
	for (const error of causes(thrown)) {
		// A violated constraint is our bug, not an outage: a retry would fail again.
		if (error.message.startsWith("D1_")) return !error.message.includes("constraint failed");
	}
	return false;
}
