/** Idempotency keys: a retry after a lost response creates no second key. */
import { type Problem, problemOf } from "../../../api/problem.ts";

/** Gives the same idempotency key for the same input until `forget`, and a new one for any other input. */
export function createOnce() {
	let known: { input: string; key: string } | undefined;
	return {
		keyFor(input: object): string {
			const text = JSON.stringify(input);
			if (known?.input !== text) known = { input: text, key: crypto.randomUUID() };
			return known.key;
		},
		/** The next call means a new key, even with the same input. */
		forget() {
			known = undefined;
		},
	};
}

/** The id of the key that an earlier request has created, if that is the problem: its response was lost. */
export const createdEarlier = ({ code, details }: Problem): string | undefined =>
	code === "CONFLICT" ? details.find(({ field }) => field === "idempotency_key")?.message : undefined;

/** The same for any thrown value. */
export const createdEarlierOf = (error: unknown): string | undefined => createdEarlier(problemOf(error));
