/** Calls on a running service, typed by its router. */
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import type { AppRouter } from "../worker/trpc/root.ts";

/** A service that takes requests by path. */
export interface Reachable {
	fetch(path: string, init?: RequestInit): Promise<Response>;
}

/** Thrown when a tRPC call fails. */
export class CallRefused extends Error {
	override readonly name = "CallRefused";
	readonly status: number;

	constructor(procedure: string, status: number, message: string) {
		super(`${procedure}: ${status} ${message}`);
		this.status = status;
	}
}

/** tRPC calls with one credential, over plain HTTP. An error response is thrown as {@link CallRefused}. */
export class Session {
	readonly #service: Reachable;
	readonly token: string | null;

	constructor(service: Reachable, token: string | null) {
		this.#service = service;
		this.token = token;
	}

	query<P extends Procedure>(procedure: P, input?: InputOf<P>): Promise<OutputOf<P>> {
		const search = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
		return this.#call(procedure, `/trpc/${procedure}${search}`, {});
	}

	mutate<P extends Procedure>(procedure: P, input?: InputOf<P>): Promise<OutputOf<P>> {
		return this.#call(procedure, `/trpc/${procedure}`, {
			method: "POST",
			headers: { "content-type": "application/json" },
			...(input === undefined ? {} : { body: JSON.stringify(input) }),
		});
	}

	async #call<T>(
		procedure: string,
		path: string,
		init: RequestInit & { headers?: Record<string, string> },
	): Promise<T> {
		const authorization: Record<string, string> = this.token === null ? {} : { authorization: `Bearer ${this.token}` };
		const response = await this.#service.fetch(path, { ...init, headers: { ...init.headers, ...authorization } });
		// The shape is tRPC's, and the result's type the router's own.
		const body = (await response.json()) as { result?: { data: T }; error?: { message: string } };
		if (!body.result) throw new CallRefused(procedure, response.status, body.error?.message ?? "");
		return body.result.data;
	}
}

type Inputs = inferRouterInputs<AppRouter>;
type Outputs = inferRouterOutputs<AppRouter>;
/** `keys.create` and so on. */
type Procedure = { [R in keyof Outputs & string]: `${R}.${keyof Outputs[R] & string}` }[keyof Outputs & string];
type At<T, P> = P extends `${infer R}.${infer Q}`
	? R extends keyof T
		? Q extends keyof T[R]
			? T[R][Q]
			: never
		: never
	: never;
export type InputOf<P extends Procedure> = At<Inputs, P>;
export type OutputOf<P extends Procedure> = At<Outputs, P>;
