/** The `Idempotency-Key` header: a client can retry a creation without creating anything twice. */
import { z } from "zod";
import { AppError } from "../errors.ts";

const HEADER = "Idempotency-Key";
/** On responses that show what an earlier request created. */
export const REPLAYED = { "Idempotency-Replayed": "true" };

const MAX_CHARACTERS = 255;
const VISIBLE = "[!-~]";

/** For the description of a route, which names headers in lower case. Handlers read {@link idempotencyKeyOf}. */
export const idempotencyHeaders = z.object({
	"idempotency-key": z
		.string()
		.optional()
		.meta({
			minLength: 1,
			maxLength: MAX_CHARACTERS,
			pattern: `^${VISIBLE}+$`,
			// Without an example: tools send a constant example with every request, and receive replays.
			description:
				"A new, unique value for each object that you create, such as a UUID. A second request with the same value and body within 24 hours creates nothing: the response is 200, with the object and without the secret.",
		}),
});

/** The header's value, or undefined. Throws `VALIDATION_ERROR` for a value that is too long or not visible ASCII. */
export function idempotencyKeyOf(request: Request): string | undefined {
	const value = request.headers.get(HEADER);
	if (value === null) return undefined;
	if (new RegExp(`^${VISIBLE}{1,${MAX_CHARACTERS}}$`).test(value)) return value;
	const message = `Must be 1 to ${MAX_CHARACTERS} visible ASCII characters`;
	throw new AppError("VALIDATION_ERROR", `${HEADER}: ${message}`, { details: [{ field: HEADER, message }] });
}
