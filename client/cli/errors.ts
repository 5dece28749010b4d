/** Errors of the command line: exit codes, messages for people, JSON for scripts. */
import { SalesOSError, type SalesOSErrorCode } from "../salesos-error.ts";
import { safeText } from "./safe-text.ts";

/** Exit codes. Scripts depend on them, so their meaning never changes. */
export const EXIT = {
	ok: 0,
	/** The service failed or cannot be reached. */
	failure: 1,
	/** The arguments are wrong, or the service rejected a value. */
	usage: 2,
	/** Not signed in, or not allowed to. */
	notAllowed: 3,
	notFound: 4,
	/** The request conflicts with the current state, such as rotating a revoked key. */
	conflict: 5,
	rateLimited: 6,
	/** `verify`: the key must not be admitted. */
	invalidKey: 10,
	/** Cancelled at the keyboard: 128 + SIGINT, as shells report it. */
	interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command that failed. The message says why and what to do. */
export class CommandError extends Error {
	override readonly name = "CommandError";
	readonly exitCode: ExitCode;

	constructor(exitCode: ExitCode, message: string) {
		super(message);
		this.exitCode = exitCode;
	}
}

const EXIT_OF: Partial<Record<SalesOSErrorCode, ExitCode>> = {
	VALIDATION_ERROR: EXIT.usage,
	UNAUTHORIZED: EXIT.notAllowed,
	FORBIDDEN: EXIT.notAllowed,
	NOT_FOUND: EXIT.notFound,
	CONFLICT: EXIT.conflict,
	RATE_LIMITED: EXIT.rateLimited,
};

/** Fields of the service → the option that sets them. */
const OPTION_OF: Record<string, string> = {
	scopes: "--scope",
	ip_allowlist: "--allow-ip",
	ip: "--ip",
	id: "<id>",
	key: "the key",
	key_id: "--key",
	permissions: "--permission",
};

const optionOf = (field: string): string => {
	const [name = field] = field.split(".");
	return OPTION_OF[name] ?? `--${name.replaceAll("_", "-")}`;
};

/** The message for a person. While signing in, it doesn't suggest to sign in. */
export function messageOf(thrown: unknown, isSigningIn = false): string {
	if (!(thrown instanceof SalesOSError)) return thrown instanceof Error ? thrown.message : String(thrown);
	const lines =
		thrown.code === "VALIDATION_ERROR" && thrown.details.length > 0
			? thrown.details.map(({ field, message }) => `${optionOf(field)}: ${message}`)
			: [thrown.message];
	if (thrown.code === "UNAUTHORIZED" && !isSigningIn)
		lines.push("Sign in with `salesos-keys login`, or set SALESOS_TOKEN.");
	// The service's message may say it already.
	if (thrown.retryAfter !== null && !thrown.message.includes("Retry in"))
		lines.push(`Retry in ${thrown.retryAfter} seconds.`);
	if (thrown.status !== null && thrown.status >= 500) lines.push(`Request id: ${thrown.requestId}`);
	return lines.map(safeText).join("\n");
}

/** The code in JSON of an error that didn't come from the service. */
const CODE_OF: Partial<Record<ExitCode, string>> = {
	[EXIT.usage]: "USAGE",
	[EXIT.notAllowed]: "UNAUTHORIZED",
	[EXIT.notFound]: "NOT_FOUND",
	[EXIT.conflict]: "CONFLICT",
	[EXIT.rateLimited]: "RATE_LIMITED",
	[EXIT.interrupted]: "INTERRUPTED",
};

/** The error for a script. */
export function toJson(thrown: unknown): object {
	if (!(thrown instanceof SalesOSError))
		return { error: { code: CODE_OF[exitCodeOf(thrown)] ?? "FAILED", message: messageOf(thrown) } };
	const { code, message, status, details, requestId, retryAfter } = thrown;
	return { error: { code, message, status, details, request_id: requestId, retry_after: retryAfter } };
}

export function exitCodeOf(thrown: unknown): ExitCode {
	if (thrown instanceof CommandError) return thrown.exitCode;
	return thrown instanceof SalesOSError ? (EXIT_OF[thrown.code] ?? EXIT.failure) : EXIT.failure;
}
