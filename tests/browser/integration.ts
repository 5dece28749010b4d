/** Calls with an API key, as an integration sends them. */
import type { Reachable } from "../session.ts";

export interface Integration {
	/** Tests the key. */
	whoami(): Promise<Response>;
	get(path: string): Promise<Response>;
	/** Sends `body` as JSON. */
	post(path: string, body: unknown): Promise<Response>;
}

/** `address` is the IP address that the service sees. */
export function integrationOf(service: Reachable, key: string, address: string): Integration {
	const headers = { authorization: `Bearer ${key}`, "cf-connecting-ip": address };
	const get = (path: string) => service.fetch(path, { headers });
	return {
		whoami: () => get("/v1/whoami"),
		get,
		post: (path, body) =>
			service.fetch(path, {
				method: "POST",
				headers: { ...headers, "content-type": "application/json" },
				body: JSON.stringify(body),
			}),
	};
}
