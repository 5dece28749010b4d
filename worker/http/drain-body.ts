/** Bodies of requests that were answered before they were read. Imports nothing, because the hot path loads it. */

/** More than the largest body that is accepted. */
const DRAIN_MAX_BYTES = 2 * 1_048_576;
const DRAIN_MAX_MS = 1_000;

/**
 * Reads what is left of a body, so that the response arrives: a client that is still sending when the connection closes
 * may never see it (RFC 9112, §9.6). Bounded, because every caller can send a body.
 */
export async function drainBody({ body, bodyUsed }: Request): Promise<void> {
	if (body === null || bodyUsed || body.locked) return;
	const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
	const timeout = scheduler.wait(DRAIN_MAX_MS).then(() => null);
	try {
		for (let bytes = 0; bytes <= DRAIN_MAX_BYTES; ) {
			const chunk = await Promise.race([reader.read(), timeout]);
			if (chunk === null || chunk.done) return;
			bytes += chunk.value.byteLength;
		}
	} catch {
		// The client has gone.
	} finally {
		// Releasing the lock would throw while a read is pending.
		void reader.cancel().catch(() => undefined);
	}
}
