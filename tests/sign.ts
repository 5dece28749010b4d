/** Signs requests for tests, by the published scheme and without any code of the service. */
import { createHash, createHmac } from "node:crypto";

export interface ToSign {
	key: string;
	secret: string;
	method?: string;
	path?: string;
	body?: string | Uint8Array;
	/** Unix seconds. Default: now. */
	at?: number;
}

const hmac = (key: string | Buffer, message: string) => createHmac("sha256", key).update(message).digest();

/** The value of `Authorization`. */
export function authorizationOf({
	key,
	secret,
	method = "GET",
	path = "/v1/whoami",
	body = "",
	at = Math.floor(Date.now() / 1_000),
}: ToSign): string {
	const k1 = hmac(secret, key);
	const k2 = hmac(k1, String(at));
	const k3 = hmac(k2, method);
	const k4 = hmac(k3, path);
	const signature = hmac(k4, createHash("sha256").update(body).digest("hex")).toString("hex");
	return `P2S-SIGN-V1 ${key}:${at}:${signature}`;
}
