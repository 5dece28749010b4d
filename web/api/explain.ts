/** What a problem means to the person who met it, in their language: what happened, and what to do. */

import { formatSpan } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import type { Problem } from "./problem.ts";

export function explain(problem: Problem): string {
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
			return words.conflict;
		case "RATE_LIMITED":
			return words.rateLimited(formatSpan((problem.retryAfter ?? 60) * 1_000));
		default:
			// The server's own words name the field; better those than none.
			return problem.details.map(({ field, message }) => `${field}: ${message}`).join("\n") || problem.message;
	}
}
