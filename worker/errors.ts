/** Everything that can go wrong, in one table: code → HTTP status, tRPC code, public message. */

import { KEY_IN_TEXT } from "./schemas/key-pattern.ts";

export const ERRORS = {
	VALIDATION_ERROR: { status: 400, trpc: "BAD_REQUEST", message: "The request is not valid." },
	UNAUTHORIZED: { status: 401, trpc: "UNAUTHORIZED", message: "A valid credential is required." },
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

/** One field that is wrong, by its path (`ip_allowlist.2`), and what to do about it. */
export interface FieldError {
	field: string;
	message: string;
}

interface ErrorExtras {
	details?: FieldError[];
	/** Whole seconds. */
	retryAfter?: number;
	/** Further headers of the answer, such as `Allow`. */
	headers?: Record<string, string>;
	cause?: unknown;
}

/** Callers choose how much is wrong and what their fields are called, so an answer tells of only so much. */
const DETAILS_MAX = 50;
const FIELD_NAME_MAX = 100;

const EVERY_KEY_IN_TEXT = new RegExp(KEY_IN_TEXT, "g");

/** The text with each API key cut down to its prefix. Callers put keys where they don't belong, such as in a path. */
export function withoutKeys(text: string): string {
	// Most strings contain no key, and `includes` is cheaper than the pattern.
	if (!text.includes("sk_")) return text;
	return text.replace(EVERY_KEY_IN_TEXT, "sk_$1_…");
}

/** A failure that the caller may hear about. Its message is public; the cause is only logged. */
export class AppError extends Error {
	override readonly name = "AppError";
	readonly code: ErrorCode;
	readonly details: FieldError[] | undefined;
	readonly retryAfter: number | undefined;
	readonly #headers: Record<string, string>;

	constructor(code: ErrorCode, message: string = ERRORS[code].message, extras: ErrorExtras = {}) {
		super(withoutKeys(message), { cause: extras.cause });
		this.code = code;
		this.details = extras.details?.slice(0, DETAILS_MAX).map(({ field, message }) => ({
			field: withoutKeys(field).slice(0, FIELD_NAME_MAX),
			message: withoutKeys(message),
		}));
		this.retryAfter = extras.retryAfter;
		this.#headers = extras.headers ?? {};
	}

	get status() {
		return ERRORS[this.code].status;
	}

	/** Headers that belong to the answer, whatever door it leaves by. */
	get headers(): Record<string, string> {
		return {
			...this.#headers,
			...(this.status === 401 ? { "WWW-Authenticate": "Bearer" } : {}),
			...(this.retryAfter === undefined ? {} : { "Retry-After": String(this.retryAfter) }),
		};
	}
}

/** Shorthand for the commonest failure: one field is wrong. */
export function invalidField(field: string, message: string): AppError {
	return new AppError("VALIDATION_ERROR", `${field}: ${message}`, { details: [{ field, message }] });
}

interface Issue {
	path: readonly PropertyKey[];
	message: string;
	code?: string | undefined;
	keys?: readonly string[];
}

/** What zod found → a `VALIDATION_ERROR` that names every field. `root` stands for the whole input. */
export function validationError(issues: readonly Issue[], root = "body"): AppError {
	const details = issues.flatMap((issue): FieldError[] => {
		const path = issue.path.map(String);
		if (issue.code === "unrecognized_keys" && issue.keys)
			return issue.keys.map((key) => ({ field: [...path, key].join("."), message: "Unknown field" }));
		// zod's words for a field that is not there would puzzle anybody who does not write JavaScript.
		const absent = issue.code === "invalid_type" && issue.message.endsWith("received undefined");
		return [{ field: path.join(".") || root, message: absent ? "Is required" : issue.message }];
	});
	const first = details[0];
	const message = first ? `${first.field.slice(0, FIELD_NAME_MAX)}: ${first.message}` : undefined;
	return new AppError("VALIDATION_ERROR", message, { details });
}

/**
 * Anything thrown → what the caller hears. Only an `AppError` speaks for itself; a database that failed is 503 and
 * the rest is 500, both with the table's own message, since theirs may carry SQL.
 */
export function toAppError(thrown: unknown): AppError {
	if (thrown instanceof AppError) return thrown;
	return new AppError(isDatabaseFailure(thrown) ? "UNAVAILABLE" : "SERVER_ERROR", undefined, { cause: thrown });
}

/** Walks the causes: Drizzle wraps what D1 threw. */
function* causes(thrown: unknown): Generator<Error> {
	for (let error = thrown; error instanceof Error; error = error.cause) yield error;
}

/** Whether D1 refused a statement because of the named constraint. */
export function isConstraintFailure(thrown: unknown, constraint: "UNIQUE" | "FOREIGN KEY"): boolean {
	for (const error of causes(thrown)) if (error.message.includes(`${constraint} constraint failed`)) return true;
	return false;
}

function isDatabaseFailure(thrown: unknown): boolean {
	for (const error of causes(thrown)) {
		// A constraint is no outage: trying again would not help, and the mistake is ours.
		if (error.message.startsWith("D1_")) return !error.message.includes("constraint failed");
	}
	return false;
}
