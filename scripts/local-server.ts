/** Hardens the build tool's servers (`npm run dev`, `npm run preview`) against requests that crash or confuse them. */
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Connect, Plugin, PreviewServer, ViteDevServer } from "vite";

/** The WebSocket protocols that notify Vite's page of changed files. */
const VITE_PROTOCOL = /^vite-(hmr|ping)$/;
/** Headers by which a client offers another protocol. They concern this connection only, and the tool can't forward them. */
const OFFERS = ["upgrade", "http2-settings"];

function fail(response: ServerResponse, status: number, code: string, message: string): void {
	if (response.headersSent) return void response.destroy();
	response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", connection: "close" });
	response.end(JSON.stringify({ error: { code, message } }));
}

/** The tool parses the request target without catching, so `GET //` would end the process. */
const rejectInvalidTargets: Connect.NextHandleFunction = (request, response, next) => {
	if (URL.canParse(request.url ?? "", "http://localhost")) next();
	else fail(response, 400, "VALIDATION_ERROR", "The request URL is not valid.");
};

/** A server may ignore an offer to upgrade and answer over HTTP/1.1 (RFC 9110, section 7.8). */
const ignoreOffers: Connect.NextHandleFunction = (request, _response, next) => {
	// The tool forwards the raw headers: names and values in turn.
	const { rawHeaders } = request;
	for (let at = rawHeaders.length - 2; at >= 0; at -= 2)
		if (OFFERS.includes(rawHeaders[at]?.toLowerCase() ?? "")) rawHeaders.splice(at, 2);
	for (const name of OFFERS) delete request.headers[name];
	next();
};

/** The tool would answer with a stack. Four parameters make it a handler of errors. */
const hideErrors: Connect.ErrorHandleFunction = (error, _request, response, _next) => {
	console.error(error);
	fail(response, 500, "SERVER_ERROR", "An internal error occurred.");
};

interface Upgradable {
	/** Since Node 24.9: whether the server emits a request that offers an upgrade as an upgrade. */
	shouldUpgradeCallback: (request: IncomingMessage) => boolean;
}

function harden({ httpServer, middlewares }: ViteDevServer | PreviewServer): () => void {
	// The tool destroys the socket of every upgrade that is not a WebSocket. Java's HTTP client offers h2c by default.
	// @types/node does not know the property yet, and Vite's type covers HTTP/2, which only a server with TLS speaks.
	const server = httpServer as (Server & Upgradable) | null;
	if (server)
		server.shouldUpgradeCallback = ({ headers }) => VITE_PROTOCOL.test(headers["sec-websocket-protocol"] ?? "");
	middlewares.use(rejectInvalidTargets);
	middlewares.use(ignoreOffers);
	// Vite calls the returned function after it has added its own middleware.
	return () => void middlewares.use(hideErrors);
}

/** Put it first, so that it sees requests before the other plugins do. */
export const hardenedServer: Plugin = {
	name: "hardened-server",
	configureServer: harden,
	configurePreviewServer: harden,
};
