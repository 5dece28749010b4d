/** Requests that are valid HTTP and that no library sends, byte by byte. */
import { connect } from "node:net";
import { expect } from "vitest";
import type { Service } from "../harness.ts";

export const ODD_REQUESTS = "rejects a target that is no URL, and serves a request that offers HTTP/2";

export async function expectOddRequestsServed(service: Service): Promise<void> {
	for (const target of ["//", "//[::1"])
		expect(await raw(service, `GET ${target} HTTP/1.1`)).toMatch(/^HTTP\/1\.1 400 /);
	// As Java's HTTP client and `curl --http2` send it.
	const offer = "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA";
	const healthy = await raw(service, `GET /healthz HTTP/1.1\r\n${offer}`);
	expect(healthy).toMatch(/^HTTP\/1\.1 200 /);
	expect(healthy).toContain('"status":"ok"');
	expect((await service.fetch("/healthz")).status).toBe(200);
}

/** Sends the head of a request as it is. Reads until the response has ended or the connection closes. */
function raw(service: Service, head: string): Promise<string> {
	const { hostname, port, host } = new URL(service.url);
	return new Promise((resolve, reject) => {
		const socket = connect(Number(port), hostname, () => socket.write(`${head}\r\nHost: ${host}\r\n\r\n`));
		let text = "";
		socket.setEncoding("latin1").on("data", (chunk: string) => {
			text += chunk;
			if (/\}(\r\n0\r\n\r\n)?$/.test(text)) socket.destroy();
		});
		socket.on("close", () => resolve(text)).on("error", reject);
	});
}
