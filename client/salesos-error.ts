/** What calls fail with. */
import { TRPCClientError, type TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import type { ErrorData } from "../worker/trpc/error-data.ts";
import { ForeignAnswer } from "./persistent-fetch.ts";
import type { ClientRouter } from "./router.ts";

/** The service's codes, and two for answers that never came: in time, or at all. */
export type SalesOSErrorCode = ErrorData["code"] | "TIMEOUT" | "UNREACHABLE";

/** A call that failed. The message is for people; programs go by the code. It never holds a credential. */
export class SalesOSError extends TRPCClientError<ClientRouter> {
	override readonly name = "SalesOSError";
	readonly code: SalesOSErrorCode;
	/** HTTP status of the answer, be it the service's or of something in between; null where there was none. */
	readonly status: number | null;
	/** What to quote to whoever looks after the service; null where there was no answer. */
	readonly requestId: string | null;
	/** Every field that was wrong, of a `VALIDATION_ERROR`. */
	readonly details: readonly { field: string; message: string }[];
	/** Whole seconds until another try makes sense, of a `RATE_LIMITED`. */
	readonly retryAfter: number | null;

	constructor(message: string, cause: Error, data: ErrorData | null, status: number | null = null) {
		super(message, { cause });
		// The class above makes itself the prototype of whatever is derived from it.
		Object.setPrototypeOf(this, SalesOSError.prototype);
		this.code = data?.code ?? (isTimeout(cause) ? "TIMEOUT" : "UNREACHABLE");
		this.status = data?.httpStatus ?? status;
		this.requestId = data?.request_id ?? null;
		this.details = data?.details ?? [];
		this.retryAfter = data?.retry_after ?? null;
	}
}

/** `AbortSignal.timeout` fails with this name (DOM standard). */
function isTimeout(error: unknown): boolean {
	for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause.name === "TimeoutError") return true;
	return false;
}

function toSalesOSError(error: TRPCClientError<ClientRouter>): SalesOSError {
	const { data } = error;
	// Something else than the service may have answered, such as a proxy with a page of its own.
	if (data && "code" in data) return new SalesOSError(error.message, error, data);
	if (isTimeout(error)) return new SalesOSError("The service did not answer in time", error, null);
	// The metadata is what `httpLink` puts there of an answer in JSON that is not the service's.
	const { response } = (error.meta ?? {}) as { response?: Response };
	const foreign = response ? new ForeignAnswer(response.status) : error.cause;
	if (foreign instanceof ForeignAnswer) return new SalesOSError(foreign.message, error, null, foreign.status);
	return new SalesOSError("The service cannot be reached", error, null);
}

/** A link that turns every failure into a {@link SalesOSError}. What the caller has called off itself stays an abort. */
export const asSalesOSErrors = (): TRPCLink<ClientRouter> => () => (call) =>
	observable((observer) =>
		call.next(call.op).subscribe({
			next: (value) => observer.next(value),
			complete: () => observer.complete(),
			error: (error) => observer.error(call.op.signal?.aborted ? error : toSalesOSError(error)),
		}),
	);
