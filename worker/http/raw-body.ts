/** The bytes of a body, read in chunks within a limit. Not in `body.ts`, because the hot path loads it without Hono. */
import { AppError, invalidField } from "../errors.ts";

/** More than twice the size of 500 collaborators with every field full. */
export const BODY_MAX_BYTES = 1_048_576;

/**
 * Reads a whole body; null if it is larger. Hono's `bodyLimit` keeps the lock on a larger one, whose rest then can't be
 * read: see `drain-body.ts`. Throws `VALIDATION_ERROR` for a body that is cut off.
 */
export async function readUpTo(
	maxBytes: number,
	body: ReadableStream<Uint8Array>,
	onChunk: (chunk: Uint8Array) => void = () => undefined,
): Promise<Uint8Array | null> {
	const chunks: Uint8Array[] = [];
	const size = await readChunks(maxBytes, body, (chunk) => {
		onChunk(chunk);
		chunks.push(chunk);
	});
	return size === null ? null : joined(chunks, size);
}

/** Reads a body in chunks and returns its size; null if it is larger than `maxBytes`. */
async function readChunks(
	maxBytes: number,
	body: ReadableStream<Uint8Array>,
	onChunk: (chunk: Uint8Array) => void,
): Promise<number | null> {
	const reader = body.getReader();
	let size = 0;
	try {
		for (;;) {
			const { done, value } = await reader.read();
			if (done) return size;
			size += value.byteLength;
			if (size > maxBytes) return null;
			onChunk(value);
		}
	} catch (cause) {
		throw cutOff(cause);
	} finally {
		reader.releaseLock();
	}
}

/**
 * The length that a request announces; null if it sends chunks, which win over a length beside them (RFC 9112, §6.3).
 * Throws `PAYLOAD_TOO_LARGE`, with `message` if there is one, for a length above `maxBytes`.
 */
export function announcedLength({ headers }: Request, maxBytes: number, message?: string): number | null {
	const length = headers.has("transfer-encoding") ? null : headers.get("content-length");
	if (length !== null && Number(length) > maxBytes) throw new AppError("PAYLOAD_TOO_LARGE", message);
	return length === null ? null : Number(length);
}

/**
 * Reads the body, and returns a request that has it whole. Throws `PAYLOAD_TOO_LARGE` as soon as the body is known to be
 * larger than {@link BODY_MAX_BYTES}.
 */
export async function withRawBody(request: Request, onChunk: (chunk: Uint8Array) => void): Promise<Request> {
	const { body, method, headers, url } = request;
	if (body === null) return request;
	announcedLength(request, BODY_MAX_BYTES);
	const bytes = await readUpTo(BODY_MAX_BYTES, body, onChunk);
	if (bytes === null) throw new AppError("PAYLOAD_TOO_LARGE");
	// `new Request` refuses a body on these, and no route reads one (RFC 9110, section 9.3.1).
	if (method === "GET" || method === "HEAD") return new Request(url, { method, headers });
	return new Request(request, { body: bytes });
}

/** Reads the body and keeps nothing of it. Throws what {@link withRawBody} would throw. */
export async function skipRawBody(request: Request): Promise<void> {
	if (request.body === null) return;
	announcedLength(request, BODY_MAX_BYTES);
	if ((await readChunks(BODY_MAX_BYTES, request.body, () => undefined)) === null)
		throw new AppError("PAYLOAD_TOO_LARGE");
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
	const [only] = chunks;
	if (chunks.length === 1 && only) return only;
	const whole = new Uint8Array(size);
	let at = 0;
	for (const chunk of chunks) {
		whole.set(chunk, at);
		at += chunk.byteLength;
	}
	return whole;
}

/** The error for a body that ends too early: the sender's mistake. */
export function cutOff(cause: unknown): AppError {
	const { message, details = [] } = invalidField("body", "Was cut off before its end");
	return new AppError("VALIDATION_ERROR", message, { details, cause });
}
