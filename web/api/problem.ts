/** What can go wrong with a call, and how the page tells it. */
import { isTRPCClientError, type TRPCClientError } from "@trpc/client";
import type { AppRouter } from "../../worker/trpc/root.ts";
import { formatSpan } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";

/** `UNREACHABLE`: there was no response. Every other code is the service's. */
export interface Problem {
	code: string;
	/** The service's own message, in English. */
	message: string;
	/** For support; null if the service wasn't reached. */
	requestId: string | null;
	/** Which fields of the input are wrong, and how. */
	details: { field: string; message: string }[];
	/** Whole seconds until a retry makes sense. */
	retryAfter: number | null;
}

/** The browser knows that it is offline and has sent nothing. */
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
	// Not from a call: a bug of this page.
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

/** Whether a retry may help: there was no response, or the service itself had trouble. */
export function isPassing({ code }: Problem): boolean {
	return code === "UNREACHABLE" || code === "UNAVAILABLE" || code === "SERVER_ERROR";
}

/** The problem in the reader's language: what happened and what to do. */
export function problemText(problem: Problem): string {
	const words = t().problems;
	switch (problem.code) {
		case "UNREACHABLE":
			return words.unreachable;
		case "UNAVAILABLE":
			return words.unavailable;
		case "SERVER_ERROR":
			return words.internal;
		case "UNAUTHORIZED":
			return words.unauthorized;
		case "FORBIDDEN":
			return words.forbidden;
		case "NOT_FOUND":
			return words.notFound;
		case "CONFLICT":
			return quotaText(problem) ?? words.conflict;
		case "RATE_LIMITED":
			return words.rateLimited(formatSpan((problem.retryAfter ?? 60) * 1_000));
		default:
			// The service's message names the field. English is better than nothing.
			return problem.details.map(({ field, message }) => `${field}: ${message}`).join("\n") || problem.message;
	}
}

/** The service names the quota that a write would exceed. */
function quotaText({ details }: Problem): string | undefined {
	const names: Record<string, string | undefined> = t().account.quotas.names;
	for (const { field } of details) {
		// Nothing can be deleted to make room for it.
		if (field === "rate_limit") return t().problems.rateLimitQuota;
		const name = names[field];
		if (name !== undefined) return t().problems.quota(name);
	}
	return undefined;
}
