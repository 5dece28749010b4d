/** The log: one JSON object a line, for operators. It never contains secrets or customer data. */

import { withoutKeys } from "./schemas/key-pattern.ts";

/** What is logged of an error. Drizzle's own messages are left out: they carry the parameters of the query. */
function causes(thrown: unknown): string[] {
	const messages: string[] = [];
	for (let error = thrown; error instanceof Error; error = error.cause) {
		if (!error.message.startsWith("Failed query")) messages.push(`${error.name}: ${error.message}`);
	}
	return messages.length > 0 ? messages : ["not an Error, or one that names a query"];
}

/** Places in the code, without the message that a stack begins with. */
function places(thrown: unknown): string[] {
	const stack = thrown instanceof Error ? (thrown.stack ?? "") : "";
	return stack.split("\n").filter((line) => line.trimStart().startsWith("at "));
}

/** Logs a failure whose details the caller must not see. `requestId` is also in the response. */
export function logError(what: string, thrown: unknown, requestId?: string): void {
	console.error(
		withoutKeys(
			JSON.stringify({ level: "error", what, request_id: requestId, causes: causes(thrown), at: places(thrown) }),
		),
	);
}
