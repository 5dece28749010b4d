/** What tRPC's errors carry beside the message. */
import type { ErrorCode, FieldError } from "../errors.ts";

/** `code` is that of the one table of errors, as on every other door. */
export interface ErrorData {
	code: ErrorCode;
	httpStatus: number;
	request_id: string | undefined;
	path: string | undefined;
	/** Every field that is wrong. */
	details?: FieldError[];
	/** Whole seconds. */
	retry_after?: number;
}
