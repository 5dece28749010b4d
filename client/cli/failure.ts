/** How commands fail: what a person reads, and what a script sees. */
import { SalesOSError, type SalesOSErrorCode } from "../salesos-error.ts";
import { plain } from "./plain.ts";

/** Exit codes. Scripts go by them, so they never change their meaning. */
export const EXIT = {
	ok: 0,
	/** The service failed or cannot be reached. */
	failure: 1,
	/** The command was given wrongly, or the service refused its values. */
	usage: 2,
	/** Not signed in, or not allowed to. */
	notAllowed: 3,
	notFound: 4,
	/** It contradicts the present state, such as rotating a revoked key. */
	conflict: 5,
	rateLimited: 6,
	/** `verify`: the key is not to be admitted. */
	invalidKey: 10,
	/** Called off at the keyboard, as shells say it: 128 + SIGINT. */
	interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A command that cannot do what it was asked for. The message says why and what to do. */
export class CommandFailure extends Error {
	override readonly name = "CommandFailure";
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

/** Fields of the service → the option that they were given by. */
const OPTION_OF: Record<string, string> = {
	scopes: "--scope",
	ip_allowlist: "--allow-ip",
	ip: "--ip",
	id: "<id>",
	key: "the key",
	key_id: "--key",
};

const optionOf = (field: string): string => {
	const [name = field] = field.split(".");
	return OPTION_OF[name] ?? `--${name.replaceAll("_", "-")}`;
};

/** A failure, for a person. `isSigningIn`: who is being told how to sign in does it just now. */
export function wordsOf(thrown: unknown, isSigningIn = false): string {
	if (!(thrown instanceof SalesOSError)) return thrown instanceof Error ? thrown.message : String(thrown);
	const lines =
		thrown.details.length > 0
			? thrown.details.map(({ field, message }) => `${optionOf(field)}: ${message}`)
			: [thrown.message];
	if (thrown.code === "UNAUTHORIZED" && !isSigningIn)
		lines.push("Sign in with `salesos-keys login`, or set SALESOS_TOKEN.");
	if (thrown.retryAfter !== null) lines.push(`Try again in ${thrown.retryAfter} seconds.`);
	if (thrown.status !== null && thrown.status >= 500) lines.push(`Request ${thrown.requestId}`);
	return lines.map(plain).join("\n");
}

/** What a failure before or after the service is called, where the exit code says more than that there was one. */
const CODE_OF: Partial<Record<ExitCode, string>> = {
	[EXIT.usage]: "USAGE",
	[EXIT.notAllowed]: "UNAUTHORIZED",
	[EXIT.notFound]: "NOT_FOUND",
	[EXIT.conflict]: "CONFLICT",
	[EXIT.rateLimited]: "RATE_LIMITED",
	[EXIT.interrupted]: "INTERRUPTED",
};

/** A failure, for a program. */
export function toJson(thrown: unknown): object {
	if (!(thrown instanceof SalesOSError))
		return { error: { code: CODE_OF[exitCodeOf(thrown)] ?? "FAILED", message: wordsOf(thrown) } };
	const { code, message, status, details, requestId, retryAfter } = thrown;
	return { error: { code, message, status, details, request_id: requestId, retry_after: retryAfter } };
}

export function exitCodeOf(thrown: unknown): ExitCode {
	if (thrown instanceof CommandFailure) return thrown.exitCode;
	return thrown instanceof SalesOSError ? (EXIT_OF[thrown.code] ?? EXIT.failure) : EXIT.failure;
}
