/** Requests in numbers, and a record of what became of each. */
import type { Service } from "../harness.ts";

/** What became of one request. Times in milliseconds since the epoch. */
export interface Outcome {
	startedAt: number;
	endedAt: number;
	/** null: the connection broke before there was an answer. */
	status: number | null;
	headers: Headers;
	body: string;
}

/** Sends one request and tells what became of it; never throws. */
export async function send(service: Service, path: string, init: RequestInit): Promise<Outcome> {
	const startedAt = Date.now();
	const outcome: Outcome = { startedAt, endedAt: startedAt, status: null, headers: new Headers(), body: "" };
	try {
		const response = await service.fetch(path, init);
		// An answer counts from its first line on, even when the rest of it is lost.
		outcome.status = response.status;
		outcome.headers = response.headers;
		outcome.body = await response.text();
	} catch {
		// The record says so: without a status, or without a body.
	}
	outcome.endedAt = Date.now();
	return outcome;
}

/** "Does my key work?" */
export const whoami = (service: Service, key: string): Promise<Outcome> =>
	send(service, "/v1/whoami", { headers: { authorization: `Bearer ${key}` } });

/** The UTC hour that an answer was counted in, by the Unix second in which it ends. */
export const windowOf = ({ headers }: Outcome): number => Number(headers.get("x-ratelimit-reset"));

export const withStatus = (outcomes: readonly Outcome[], status: number | null): Outcome[] =>
	outcomes.filter((outcome) => outcome.status === status);

/** Requests in loops: each loop sends one, waits for the answer, and sends the next. */
export class Load {
	/** In order of their ends. */
	readonly outcomes: Outcome[] = [];
	readonly #loops: Promise<void>[];
	#stopped = false;

	/** Starts at once. A loop ends when its connection breaks. */
	constructor(loops: number, request: () => Promise<Outcome>) {
		this.#loops = Array.from({ length: loops }, () => this.#loop(request));
	}

	/** Number of requests that were admitted so far. */
	get admitted(): number {
		return withStatus(this.outcomes, 200).length;
	}

	/** Lets the requests that are under way end, and sends no more. */
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
