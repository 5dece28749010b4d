/**
 * Requests that the service rejects before it has read their body. The client must get the response although it is still
 * sending (RFC 9112, section 9.6), on connections that are kept alive.
 */
import { Agent, request } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Service } from "../harness.ts";

/** A body that is too large for the service, and for every buffer on the way. */
const TOO_LARGE_BYTES = 6_000_000;
const REQUESTS = 40;
const AT_ONCE = 8;

let service: Service;
let key: string;

beforeAll(async () => {
	service = await Service.start();
	const owner = await service.signIn();
	({ key } = await owner.mutate("keys.create", { name: "Unread bodies", scopes: [], rate_limit: 1_000_000 }));
}, 180_000);
afterAll(() => service?.dispose());

type Sending = "with a length" | "in chunks" | "after 100 Continue";

/** Sends the body in pieces, as a client does that reads it from a disk. Returns the response's status and whether its JSON is whole. */
function send(agent: Agent, path: string, credential: string | null, bytes: number, sending: Sending): Promise<string> {
	const { hostname, port } = new URL(service.url);
	const piece = Buffer.alloc(65_536, " ");
	return new Promise((resolve, reject) => {
		const sent = request({ agent, hostname, port, path, method: "POST" });
		sent.setHeader("Content-Type", "application/json");
		if (credential !== null) sent.setHeader("Authorization", `Bearer ${credential}`);
		if (sending !== "in chunks") sent.setHeader("Content-Length", bytes);
		sent.on("response", (response) => {
			let text = "";
			response.setEncoding("utf8").on("data", (chunk: string) => {
				text += chunk;
			});
			response.on("end", () => resolve(`${response.statusCode} ${JSON.parse(text).error.code}`));
			response.on("error", reject);
		});
		sent.on("error", reject);
		const write = (left: number) => {
			if (left <= 0) sent.end();
			else sent.write(piece.subarray(0, Math.min(left, piece.length)), () => write(left - piece.length));
		};
		if (sending === "after 100 Continue") {
			sent.setHeader("Expect", "100-continue");
			sent.on("continue", () => write(bytes)).flushHeaders();
		} else write(bytes);
	});
}

describe("a response to a body that is not read", () => {
	const FORGED = `sk_live_${"0".repeat(48)}`;
	const CASES: [string, string, () => string | null, string][] = [
		["a missing key", "/v1/leads", () => null, "401 UNAUTHORIZED"],
		["a forged key", "/v1/leads", () => FORGED, "401 UNAUTHORIZED"],
		["a forged token", "/v1/api-keys", () => "x.y.z", "401 UNAUTHORIZED"],
		["an unknown path", "/v1/nothing", () => null, "404 NOT_FOUND"],
		["a body that is too large", "/v1/leads", () => key, "413 PAYLOAD_TOO_LARGE"],
	];

	it.each(
		CASES.flatMap((example) =>
			(["with a length", "in chunks", "after 100 Continue"] as const).map((sending) => [...example, sending] as const),
		),
	)("arrives: %s, %4$s", async (_, path, credential, expected, sending) => {
		const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
		const sent = Array.from({ length: REQUESTS }, () => send(agent, path, credential(), TOO_LARGE_BYTES, sending));
		expect(new Set(await Promise.all(sent))).toEqual(new Set([expected]));
		agent.destroy();
	});
});
