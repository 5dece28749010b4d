/** The one table of errors, as tRPC carries it. */
import type { TRPCError } from "@trpc/server";
import { ZodError } from "zod";
import { AppError, ERRORS, type ErrorCode, invalidField, toAppError, validationError, withoutKeys } from "../errors.ts";
import type { ErrorData } from "./error-data.ts";

const BY_TRPC_CODE = new Map<string, ErrorCode>(
	// The keys of a literal object are exactly its codes.
	(Object.keys(ERRORS) as ErrorCode[]).map((code) => [ERRORS[code].trpc, code]),
);

/** What a failed call is to the outside: our own error, wrong input, or tRPC's complaint about the request. */
export function appErrorOf(error: TRPCError, method = "POST"): AppError {
	if (error.cause instanceof AppError) return error.cause;
	if (error.code === "BAD_REQUEST" && error.cause instanceof ZodError)
		return validationError(error.cause.issues, "input");
	// Requests are checked before tRPC reads them, so what it still finds bad is the JSON.
	if (error.code === "BAD_REQUEST" || error.code === "PARSE_ERROR")
		return invalidField(method === "GET" ? "input" : "body", "Must be valid JSON");
	if (error.code === "INTERNAL_SERVER_ERROR") return toAppError(error.cause);
	if (error.code === "NOT_FOUND") return new AppError("NOT_FOUND", "Procedure not found.");
	const code = BY_TRPC_CODE.get(error.code);
	return code ? new AppError(code) : toAppError(error);
}

/** What a failed call tells beside its message. */
export function errorData(error: AppError, path: string | undefined, requestId: string | undefined): ErrorData {
	return {
		code: error.code,
		httpStatus: error.status,
		request_id: requestId,
		path: path === undefined ? undefined : withoutKeys(path),
		...(error.details ? { details: error.details } : {}),
		...(error.retryAfter === undefined ? {} : { retry_after: error.retryAfter }),
	};
}
