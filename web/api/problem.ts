/** What can go wrong with a call, as the page tells it. */
import { isTRPCClientError, TRPCClientError } from "@trpc/client";
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

const isOurs = (error: unknown): error is TRPCClientError<AppRouter> =>
	isTRPCClientError(error) || error instanceof TRPCClientError;

/** The browser knows that it cannot get an answer, and has not asked. */
export const UNREACHABLE: Problem = {
	code: "UNREACHABLE",
	message: "The service cannot be reached",
	requestId: null,
	details: [],
	retryAfter: null,
};

/** Any thrown value as a problem. */
export function problemOf(error: unknown): Problem {
	const data = isOurs(error) ? error.data : undefined;
	if (!isOurs(error) || !data)
		return { code: "UNREACHABLE", message: String(error), requestId: null, details: [], retryAfter: null };
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
	return code === "UNREACHABLE" || code === "UNAVAILABLE" || code === "INTERNAL";
}
