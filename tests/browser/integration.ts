/** Calls with an API key, as an integration sends them: from a program, not from a browser. */
import type { Reachable } from "../session.ts";

export interface Integration {
	/** "Does my key work?" */
	whoami(): Promise<Response>;
	get(path: string): Promise<Response>;
	/** Sends `body` as JSON. */
	post(path: string, body: unknown): Promise<Response>;
}

/** `address` is where the calls come from, as the service sees it. */
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
