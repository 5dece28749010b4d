/** How much a request may bring. */
import { bodyLimit } from "hono/body-limit";
import { AppError } from "./errors.ts";

/** 500 collaborators with every field full are under half of it. */
const BODY_MAX_BYTES = 1_048_576;

/** Middleware that refuses a body over 1 MiB, announced or found to be, with `PAYLOAD_TOO_LARGE`. */
export const limitBody = bodyLimit({
	maxSize: BODY_MAX_BYTES,
	onError: () => {
		throw new AppError("PAYLOAD_TOO_LARGE");
	},
});
