/**
 * The peer on Node: `node node-server.ts <database file>`. Listens on a free port of the loopback interface and prints one
 * line of JSON, `{"url", "key"}`. SQLite uses write-ahead logging with its defaults, as its documentation recommends.
 */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import Database from "better-sqlite3";
import { createAuth, prepare, verify } from "./better-auth.ts";

const [file] = process.argv.slice(2);
if (!file) throw new Error("Usage: node node-server.ts <database file>");

const database = new Database(file);
database.pragma("journal_mode = WAL");
const auth = createAuth(database, randomBytes(32).toString("hex"));
const key = await prepare(auth);

const server = createServer(async (request, response) => {
	const { status, body } = await verify(auth, request.headers.authorization ?? null);
	response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
});
server.listen(0, "127.0.0.1", () => {
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("A TCP server has no port");
	console.log(JSON.stringify({ url: `http://127.0.0.1:${address.port}`, key }));
});
