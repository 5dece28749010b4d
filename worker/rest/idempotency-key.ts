/** The header by which a creation can be asked for again without making anything twice. */
import { z } from "zod";
import { AppError } from "../errors.ts";

const HEADER = "Idempotency-Key";
/** On answers that tell of what was made before. */
export const REPLAYED = { "Idempotency-Replayed": "true" };

const NAME_MAX = 255;
const VISIBLE = "[!-~]";

/** For the description of a route. Read by {@link idempotencyKeyOf}, since routes see headers in lower case. */
export const idempotencyHeaders = z.object({
	"idempotency-key": z
		.string()
		.optional()
		.meta({
			minLength: 1,
			maxLength: NAME_MAX,
			pattern: `^${VISIBLE}+$`,
			description:
				"A name of your own for this request, such as a UUID. Sent again within 24 hours with the same body, it makes no second API key: the answer is then 200, with the object and without the secret.",
			example: "9c1a4c5e-0f5d-4f6e-8a35-2f6f2f0f9a10",
		}),
});

/** The header's value, or undefined. Throws `VALIDATION_ERROR` where it is no name that can be told apart. */
export function idempotencyKeyOf(request: Request): string | undefined {
	const name = request.headers.get(HEADER);
	if (name === null) return undefined;
	if (new RegExp(`^${VISIBLE}{1,${NAME_MAX}}$`).test(name)) return name;
	const message = `Must be 1 to ${NAME_MAX} visible ASCII characters`;
	throw new AppError("VALIDATION_ERROR", `${HEADER}: ${message}`, { details: [{ field: HEADER, message }] });
}
