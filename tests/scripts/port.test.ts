/** Which ports a local start accepts, and what it says about a port that is taken. */
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { afterEach, expect, it } from "vitest";
import { parsePort, requireFreePort } from "../../scripts/port.ts";

let other: Server | undefined;
afterEach(() => void other?.close());

/** Listens on a port and returns it. */
async function takePort(host: string): Promise<number> {
	other = createServer().listen(0, host);
	await once(other, "listening");
	const address = other.address();
	if (address === null || typeof address === "string") throw new Error("A TCP server has no port");
	return address.port;
}

it("takes a whole number from 1 to 65535", () => {
	expect([parsePort("1"), parsePort("8788"), parsePort("65535")]).toEqual([1, 8788, 65535]);
	for (const text of ["0", "65536", "-1", "80.5", "eight", " "])
		expect(() => parsePort(text)).toThrow(`PORT must be a whole number from 1 to 65535, not "${text}".`);
});

it.each(["127.0.0.1", "0.0.0.0", "localhost"])("names a free port when %s has the port taken", async (host) => {
	const port = await takePort(host);
	const message = await requireFreePort(port, "npm run preview").catch(String);
	const [, free] = new RegExp(`Port ${port} is in use\\. .*: PORT=(\\d+) npm run preview$`).exec(String(message)) ?? [];
	await expect(requireFreePort(Number(free), "npm run preview")).resolves.toBeUndefined();
});

it("accepts a port that was free a moment before", async () => {
	const port = await takePort("127.0.0.1");
	other?.close();
	await expect(requireFreePort(port, "npm run dev")).resolves.toBeUndefined();
});
