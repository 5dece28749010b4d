/** Sends a signed request to SalesOS. Needs nothing but Node 20: `node sign.mjs GET /v1/whoami`. */
import { createHash, createHmac } from "node:crypto";

const hmac = (key, message) => createHmac("sha256", key).update(message).digest();

/** The value of `Authorization`. `path` is as it is sent, with its query; `body` is exactly the bytes that are sent. */
export function authorization({ key, secret, method, path, body = "", timestamp = Math.floor(Date.now() / 1000) }) {
	const bodyHash = createHash("sha256").update(body).digest("hex");
	const signature = [key, String(timestamp), method, path, bodyHash].reduce(hmac, secret);
	return `P2S-SIGN-V1 ${key}:${timestamp}:${signature.toString("hex")}`;
}

const [method, path, body] = process.argv.slice(2);
if (method && path) {
	const { SALESOS_URL, SALESOS_API_KEY: key, SALESOS_API_KEY_SECRET: secret } = process.env;
	const response = await fetch(SALESOS_URL + path, {
		method,
		headers: {
			Authorization: authorization({ key, secret, method, path, body }),
			...(body === undefined ? {} : { "Content-Type": "application/json" }),
		},
		body,
	});
	process.stdout.write(`${response.status} ${await response.text()}\n`);
}
