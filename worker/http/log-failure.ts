/** Logs a failure where it becomes a response, with the request that it belongs to. */
import type { AppError } from "../errors.ts";
import { logError, logEvent, type Trace } from "../log.ts";

/** Logs what operators look for, and every failure of the service itself. `place` is the operation that failed. */
export function logFailure(place: string, error: AppError, trace: Trace): void {
	if (error.event) logEvent(error.event, { place }, { trace });
	if (error.status >= 500) logError(`${place}: ${error.code}`, error.cause ?? error, trace);
}
