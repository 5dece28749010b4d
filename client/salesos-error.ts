/** The error of a call that failed. */
import { TRPCClientError, type TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import type { ErrorData } from "../worker/trpc/errors.ts";
import { ForeignResponse } from "./retrying-fetch.ts";
import type { ClientRouter } from "./router.ts";

/** The service's codes, and two for a call without a response of the service. */
export type SalesOSErrorCode = ErrorData["code"] | "TIMEOUT" | "UNREACHABLE";

/** A call that failed. Show the message to people; let programs use the code. It never contains a credential. */
export class SalesOSError extends TRPCClientError<ClientRouter> {
	override readonly name = "SalesOSError";
	readonly code: SalesOSErrorCode;
	/** HTTP status of the response, the service's or a proxy's; null without a response. */
	readonly status: number | null;
	/** Quote it when you report a problem; null without a response of the service. */
	readonly requestId: string | null;
	/** Every invalid field of a `VALIDATION_ERROR`; empty for other codes. */
	readonly details: readonly { field: string; message: string }[];
	/** Whole seconds until a retry can succeed; null if the response doesn't say. */
	readonly retryAfter: number | null;

	constructor(message: string, cause: Error, data: ErrorData | null, status: number | null = null) {
		super(message, { cause });
		// TRPCClientError sets its own prototype, also for subclasses.
		Object.setPrototypeOf(this, SalesOSError.prototype);
		this.code = data?.code ?? (isTimeout(cause) ? "TIMEOUT" : "UNREACHABLE");
		this.status = data?.httpStatus ?? status;
		this.requestId = data?.request_id ?? null;
		this.details = data?.details ?? [];
		this.retryAfter = data?.retry_after ?? null;
	}
}

/** `AbortSignal.timeout` aborts with an error of this name (DOM standard). */
function isTimeout(error: unknown): boolean {
	for (let cause = error; cause instanceof Error; cause = cause.cause) if (cause.name === "TimeoutError") return true;
	return false;
}

function toSalesOSError(error: TRPCClientError<ClientRouter>): SalesOSError {
	const { data } = error;
	// A proxy's response has no code of ours.
	if (data && "code" in data) return new SalesOSError(error.message, error, data);
	if (isTimeout(error)) return new SalesOSError("The service did not respond in time.", error, null);
	// `httpLink` puts the response here if it is JSON, but not the service's.
	const { response } = (error.meta ?? {}) as { response?: Response };
	const foreign = response ? new ForeignResponse(response.status) : error.cause;
	if (foreign instanceof ForeignResponse) return new SalesOSError(foreign.message, error, null, foreign.status);
	return new SalesOSError("The service cannot be reached.", error, null);
}

/** A tRPC link that turns every failure into a {@link SalesOSError}, except a call that the caller aborted. */
export const asSalesOSErrors = (): TRPCLink<ClientRouter> => () => (call) =>
	observable((observer) =>
		call.next(call.op).subscribe({
			next: (value) => observer.next(value),
			complete: () => observer.complete(),
			error: (error) => observer.error(call.op.signal?.aborted ? error : toSalesOSError(error)),
		}),
	);
