/** Responses to requests whose body was not read to its end. Imports nothing, because the hot path loads it. */

/** A client that pauses for longer isn't sending. It has the response already, so the wait costs it nothing. */
const IDLE_MAX_MS = 5_000;
/** Long enough for the largest body that the platform accepts (100 MB) on a fast line. */
const DRAIN_MAX_MS = 30_000;
/** Without a size, the runtime reads 4 KiB at a time, which takes longer than the client needs to send. */
const CHUNK_BYTES = 65_536;

/**
 * The response at once, and its end when the rest of the request's body has arrived. Otherwise the runtime would close the
 * connection under a client that is still sending, and the client would lose the response (RFC 9112, §9.6). Bounded,
 * because every caller can send a body.
 */
export async function endAfterBody(response: Response, { body, bodyUsed, headers }: Request): Promise<Response> {
	// A body was read in part only if it is too large.
	if (body === null || body.locked || (bodyUsed && response.status !== 413)) return response;
	// The client waits for this response before it sends the body (RFC 9110, §10.1.1).
	if (headers.has("expect")) return response;
	if (response.body === null) {
		await drain(body);
		return response;
	}
	const { readable, writable } = new IdentityTransformStream();
	const ended = new Response(readable, response);
	// Its own length would let the client take the response for complete.
	ended.headers.delete("Content-Length");
	void response.body
		.pipeTo(writable, { preventClose: true })
		.then(() => drain(body))
		.finally(() => writable.close())
		// The client has gone.
		.catch(() => undefined);
	return ended;
}

/** Reads a body to its end and drops it. */
async function drain(body: ReadableStream): Promise<void> {
	const reader = body.getReader({ mode: "byob" });
	const deadline = performance.now() + DRAIN_MAX_MS;
	try {
		let buffer = new ArrayBuffer(CHUNK_BYTES);
		while (performance.now() < deadline) {
			const idle = scheduler.wait(IDLE_MAX_MS).then(() => null);
			const read = await Promise.race([reader.read(new Uint8Array(buffer)), idle]);
			if (read === null || read.done) return;
			// The runtime hands the buffer back. The type allows shared memory, which isn't used here.
			buffer = read.value.buffer as ArrayBuffer;
		}
	} catch {
		// The client has gone.
	} finally {
		// Releasing the lock would throw while a read is pending.
		void reader.cancel().catch(() => undefined);
	}
}
