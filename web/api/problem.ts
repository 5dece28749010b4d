/** What can go wrong with a call, as the page tells it. */
import { isTRPCClientError, type TRPCClientError } from "@trpc/client";
import type { AppRouter } from "../../worker/trpc/root.ts";

/** `UNREACHABLE`: there was no answer at all. Every other code is the server's (CONTRACT: errors). */
export interface Problem {
	code: string;
	/** The server's own sentence, in English. */
	message: string;
	/** What to quote to whoever looks after the service; null where the server was not reached. */
	requestId: string | null;
	/** Which fields of the input are wrong, and how. */
	details: { field: string; message: string }[];
	/** Whole seconds until another try makes sense. */
	retryAfter: number | null;
}

/** The browser knows that it cannot get an answer, and has not asked. */
export const UNREACHABLE: Problem = {
	code: "UNREACHABLE",
	message: "The service cannot be reached",
	requestId: null,
	details: [],
	retryAfter: null,
};

const isCallError = (error: unknown): error is TRPCClientError<AppRouter> => isTRPCClientError(error);

/** Any thrown value as a problem. */
export function problemOf(error: unknown): Problem {
	// Not from a call: a mistake of this page itself.
	if (!isCallError(error)) return { ...UNREACHABLE, code: "SERVER_ERROR", message: String(error) };
	const { data } = error;
	if (!data) return { ...UNREACHABLE, message: error.message };
	return {
		code: data.code,
		message: error.message,
		requestId: data.request_id ?? null,
		details: [...(data.details ?? [])],
		retryAfter: data.retry_after ?? null,
	};
}

/** Whether trying the same again may help: there was no answer, or the server itself had trouble. */
export function isPassing({ code }: Problem): boolean {
	return code === "UNREACHABLE" || code === "UNAVAILABLE" || code === "SERVER_ERROR";
}
