/** Finds out whether a port can be listened on, before a server tries to. */
import { once } from "node:events";
import { createServer } from "node:net";

/** The IP addresses of `localhost`. */
const LOOPBACK = ["127.0.0.1", "::1"];
const PORT_MAX = 65_535;
/** Max ports to try for a free one. */
const PORTS_TRIED = 100;

/** Parses the PORT environment variable. Throws if it is not a port number. */
export function parsePort(text: string): number {
	const port = Number(text);
	if (Number.isInteger(port) && port >= 1 && port <= PORT_MAX) return port;
	throw new Error(`PORT must be a whole number from 1 to ${PORT_MAX}, not "${text}".`);
}

async function canListen(host: string, port: number): Promise<boolean> {
	const server = createServer();
	try {
		await once(server.listen(port, host), "listening");
		return true;
	} catch (error) {
		// On a machine without IPv6, no program listens on the IPv6 port.
		return error instanceof Error && "code" in error && error.code === "EADDRNOTAVAIL";
	} finally {
		server.close();
	}
}

async function isFree(port: number): Promise<boolean> {
	for (const host of LOOPBACK) if (!(await canListen(host, port))) return false;
	return true;
}

/** Throws if the port is taken. The message names a free one. */
export async function requireFreePort(port: number, command: string): Promise<void> {
	if (await isFree(port)) return;
	for (let other = port + 1; other <= Math.min(port + PORTS_TRIED, PORT_MAX); other++)
		if (await isFree(other))
			throw new Error(`Port ${port} is in use. Stop the program that uses it, or run: PORT=${other} ${command}`);
	throw new Error(`Port ${port} and the ports after it are in use. Choose another: PORT=… ${command}`);
}
