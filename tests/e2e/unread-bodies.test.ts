/**
 * Requests that the service rejects without reading their body. The client sees the response while it is still sending, and
 * can send the rest (RFC 9112, section 9.6). `tests/proofs/preview.test.ts` sends such requests through `npm run preview`.
 */
import { Agent, request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Service } from "../harness.ts";

const PIECE = Buffer.alloc(65_536, " ");
/** Larger than the service accepts, and than every buffer on the way. */
const BODY_PIECES = 96;
/** More than 1 MiB: the service must read so much of a chunked body to know that it is too large. */
const TOO_LARGE_PIECES = 20;
const TOO_LARGE = /^413 .*"PAYLOAD_TOO_LARGE"/;
/** On one connection, one after the other. */
const REQUESTS = 3;

let service: Service;
let key: string;

beforeAll(async () => {
	service = await Service.start();
	const owner = await service.signIn();
	({ key } = await owner.mutate("keys.create", { name: "Unread bodies", scopes: [], rate_limit: 1_000_000 }));
}, 180_000);
afterAll(() => service?.dispose());

interface Sent {
	path: string;
	credential: string | null;
	isChunked: boolean;
	/** How many pieces are sent before the response must be there. */
	piecesBefore: number;
}

/** Sends a part of the body, waits for the status, and sends the rest. Returns status and text of the whole response. */
function send(agent: Agent, { path, credential, isChunked, piecesBefore }: Sent): Promise<string> {
	const { hostname, port } = new URL(service.url);
	return new Promise((resolve, reject) => {
		const sent = request({ agent, hostname, port, path, method: "POST" });
		sent.setHeader("Content-Type", "application/json");
		if (credential !== null) sent.setHeader("Authorization", `Bearer ${credential}`);
		if (!isChunked) sent.setHeader("Content-Length", BODY_PIECES * PIECE.length);
		sent.on("error", reject);
		sent.on("response", (response) => {
			let text = "";
			response.setEncoding("utf8").on("data", (chunk: string) => {
				text += chunk;
			});
			response.on("error", reject);
			response.on("end", () => resolve(`${response.statusCode} ${text}`));
			for (let piece = piecesBefore; piece < BODY_PIECES; piece++) sent.write(PIECE);
			sent.end();
		});
		for (let piece = 0; piece < piecesBefore; piece++) sent.write(PIECE);
	});
}

describe.each([
	["with a length", false],
	["in chunks", true],
])("a body that is sent %s and not read", (_, isChunked) => {
	const CASES: [string, string, () => string | null, RegExp][] = [
		["a missing key", "/v1/leads", () => null, /^401 .*"UNAUTHORIZED"/],
		["a forged key", "/v1/leads", () => `sk_live_${"0".repeat(48)}`, /^401 .*"UNAUTHORIZED"/],
		["a forged token", "/v1/api-keys", () => "x.y.z", /^401 .*"UNAUTHORIZED"/],
		["a procedure without a credential", "/trpc/keys.create", () => null, TOO_LARGE],
		["an unknown path", "/v1/nothing", () => null, /^404 .*"NOT_FOUND"/],
		["a body that is too large", "/v1/leads", () => key, TOO_LARGE],
	];

	it.each(CASES)("breaks no connection: %s", async (_, path, credential, expected) => {
		const agent = new Agent({ keepAlive: true, maxSockets: 1 });
		const piecesBefore = isChunked && expected === TOO_LARGE ? TOO_LARGE_PIECES : 1;
		for (let round = 0; round < REQUESTS; round++)
			expect(await send(agent, { path, credential: credential(), isChunked, piecesBefore })).toMatch(expected);
		agent.destroy();
	});
});
