/** Sends many requests and records the outcome of each. */
import type { Service } from "../harness.ts";

/** The outcome of one request. Times in milliseconds since the epoch. */
export interface Outcome {
	startedAt: number;
	endedAt: number;
	/** null: the connection broke before the response began. */
	status: number | null;
	headers: Headers;
	body: string;
}

/** Sends one request and returns its outcome. Never throws. */
export async function send(service: Service, path: string, init: RequestInit): Promise<Outcome> {
	const startedAt = Date.now();
	const outcome: Outcome = { startedAt, endedAt: startedAt, status: null, headers: new Headers(), body: "" };
	try {
		const response = await service.fetch(path, init);
		// The status counts even if the body is lost.
		outcome.status = response.status;
		outcome.headers = response.headers;
		outcome.body = await response.text();
	} catch {
		// Recorded as an outcome without a status, or without a body.
	}
	outcome.endedAt = Date.now();
	return outcome;
}

/** Sends `GET /v1/whoami` with the key. */
export const whoami = (service: Service, key: string): Promise<Outcome> =>
	send(service, "/v1/whoami", { headers: { authorization: `Bearer ${key}` } });

/** The UTC hour in which the request was counted, as the Unix time of its end. */
export const windowOf = ({ headers }: Outcome): number => Number(headers.get("x-ratelimit-reset"));

export const withStatus = (outcomes: readonly Outcome[], status: number | null): Outcome[] =>
	outcomes.filter((outcome) => outcome.status === status);

/** Sends requests in parallel loops. Each loop waits for the response before it sends the next request. */
export class Load {
	/** In the order in which the requests ended. */
	readonly outcomes: Outcome[] = [];
	readonly #loops: Promise<void>[];
	#stopped = false;

	/** Starts at once. A loop ends when its connection breaks. */
	constructor(loops: number, request: () => Promise<Outcome>) {
		this.#loops = Array.from({ length: loops }, () => this.#loop(request));
	}

	/** Number of requests admitted so far. */
	get admitted(): number {
		return withStatus(this.outcomes, 200).length;
	}

	/** Sends no more requests and waits for those in flight. */
	async stop(): Promise<void> {
		this.#stopped = true;
		await Promise.all(this.#loops);
	}

	async #loop(request: () => Promise<Outcome>): Promise<void> {
		while (!this.#stopped) {
			const outcome = await request();
			this.outcomes.push(outcome);
			if (outcome.status === null) return;
		}
	}
}
