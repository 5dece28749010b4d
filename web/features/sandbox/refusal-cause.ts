/** Why the service refused a signed request. Pure. */

/** The service names the cause in its message. tests/web/refusal-cause.test.ts compares each pattern with the service. */
const CAUSES = {
	body: /^The body was changed after signing/,
	path: /^The path is not canonical/,
	time: /timestamp is outdated/,
	method: /^The request was signed for the method/,
	mismatch: /^The signature does not match/,
	replay: /^This signed request was already received/,
	uncertain: /^The service cannot tell whether it already processed/,
} as const;

export type RefusalCause = keyof typeof CAUSES;

/** The cause that the body of a response names. Null if it is no refusal of a signature. */
export function causeOf(body: unknown): RefusalCause | null {
	const message = messageOf(body);
	for (const [cause, pattern] of Object.entries(CAUSES)) if (pattern.test(message)) return cause as RefusalCause;
	return null;
}

function messageOf(body: unknown): string {
	if (typeof body !== "object" || body === null || !("error" in body)) return "";
	const { error } = body;
	if (typeof error !== "object" || error === null || !("message" in error)) return "";
	return String(error.message);
}
