/** One retry of a call of a gate, where the platform says that a retry can help. */

/**
 * Runs `call`, and once more if it throws an error that the platform marks as `retryable` and not as `overloaded`: for
 * example, a deploy has just restarted the object. `call` must get a new stub each time, because a stub stays broken after
 * such an error.
 *
 * The first call may have run even though its response was lost. So use it only where running twice is harmless.
 */
export async function retryOnce<T>(call: () => Promise<T>): Promise<T> {
	try {
		return await call();
	} catch (error) {
		if (!isRetryable(error)) throw error;
		return call();
	}
}

function isRetryable(error: unknown): boolean {
	if (!(error instanceof Error)) return false;
	// Properties that the platform adds, see "Error handling" in the documentation of Durable Objects.
	const { retryable, overloaded } = error as { retryable?: unknown; overloaded?: unknown };
	return retryable === true && overloaded !== true;
}
