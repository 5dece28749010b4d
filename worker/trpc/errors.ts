/** The table of errors in the shape of tRPC. */
import type { TRPCError } from "@trpc/server";
import { ZodError } from "zod";
import {
	AppError,
	ERRORS,
	type ErrorCode,
	invalidField,
	type PublicError,
	publicError,
	toAppError,
	validationError,
} from "../errors.ts";
import { withoutKeys } from "../schemas/key-pattern.ts";

/** `data` of an error of tRPC. The message is a field next to it. */
export interface ErrorData extends Omit<PublicError, "message"> {
	httpStatus: number;
	request_id: string | undefined;
	path: string | undefined;
}

const BY_TRPC_CODE = new Map<string, ErrorCode>(
	// The keys of a literal object are exactly its codes.
	(Object.keys(ERRORS) as ErrorCode[]).map((code) => [ERRORS[code].trpc, code]),
);

/** The public error of a failed call: our own, invalid input, or what tRPC rejected about the request. */
export function appErrorOf(error: TRPCError, method = "POST"): AppError {
	if (error.cause instanceof AppError) return error.cause;
	if (error.code === "BAD_REQUEST" && error.cause instanceof ZodError)
		return validationError(error.cause.issues, "input");
	// `handler.ts` has validated the rest of the request, so only its JSON can be invalid.
	if (error.code === "BAD_REQUEST" || error.code === "PARSE_ERROR")
		return invalidField(method === "GET" ? "input" : "body", "Must be valid JSON");
	if (error.code === "INTERNAL_SERVER_ERROR") return toAppError(error.cause);
	if (error.code === "NOT_FOUND") return new AppError("NOT_FOUND", "Procedure not found.");
	const code = BY_TRPC_CODE.get(error.code);
	return code ? new AppError(code) : toAppError(error);
}

export function errorData(error: AppError, path: string | undefined, requestId: string | undefined): ErrorData {
	const { message: _, ...data } = publicError(error);
	return {
		...data,
		httpStatus: error.status,
		request_id: requestId,
		path: path === undefined ? undefined : withoutKeys(path),
	};
}
