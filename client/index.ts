// tRPC's types name what this library of TypeScript declares; a consumer's settings may leave it out.
/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The typed client: every procedure of the service, with its types, from any program that speaks JavaScript.
 *
 *     const salesos = createSalesOSClient({ url: "https://keys.example", token: process.env.SALESOS_TOKEN });
 *     const { key, api_key } = await salesos.keys.create.mutate({ name: "CRM", expires_in_days: 90 });
 */
import { createTRPCClient, httpLink, type TRPCClient } from "@trpc/client";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { persistent } from "./persistent-fetch.ts";
import type { ClientRouter } from "./router.ts";
import { asSalesOSErrors } from "./salesos-error.ts";

export type { ClientRouter } from "./router.ts";
export { SalesOSError, type SalesOSErrorCode } from "./salesos-error.ts";

interface Common {
	/** Where the service is, such as `https://keys.example`. Plain `http:` is for this machine only. */
	url: string;
	/** Milliseconds that one attempt may take. Default: 10,000. */
	timeout?: number;
	/** How often a call that failed in passing is tried again. Default: 2. */
	retries?: number;
	/** Milliseconds that a call may wait between attempts, all in all. Default: 30,000. */
	maxWait?: number;
	/** Makes the requests. Default: the global `fetch`. */
	fetch?: typeof globalThis.fetch;
}

/**
 * A tenant user's JSON Web Token (the tenant is the token's), or the platform's key and the tenant that it acts in.
 * `token: null` is nobody yet, who can sign in with `session.login` and nothing else.
 */
export type SalesOSClientOptions = Common &
	(
		| { token: string | null; serviceRoleKey?: never; tenantId?: never }
		| { serviceRoleKey: string; tenantId: string; token?: never }
	);

export type SalesOSClient = TRPCClient<ClientRouter>;
/** What procedures take, such as `RouterInputs["keys"]["create"]`. */
export type RouterInputs = inferRouterInputs<ClientRouter>;
/** What they give back, such as `RouterOutputs["keys"]["list"]["items"][number]`. */
export type RouterOutputs = inferRouterOutputs<ClientRouter>;

const DEFAULTS = { timeout: 10_000, retries: 2, maxWait: 30_000 };

/**
 * A client of the service. Calls fail with a {@link SalesOSError} and nothing else, unless the caller aborts them. What may pass by itself is tried
 * again, with growing pauses or after what `Retry-After` says: every 429, since nothing was done; an unreachable service
 * and a 503 only where doing it twice is doing it once, so never a creation or a rotation. Redirects are not followed. Throws a `TypeError` for options that cannot work.
 */
export function createSalesOSClient(options: SalesOSClientOptions): SalesOSClient {
	const url = addressOf(options.url);
	const headers = headersOf(options);
	const { timeout, retries, maxWait } = { ...DEFAULTS, ...defined(options) };
	const send = persistent(options.fetch ?? globalThis.fetch, { timeout, retries, maxWait });
	return createTRPCClient<ClientRouter>({
		links: [
			asSalesOSErrors(),
			// One request for each call: each has a status and a Retry-After of its own.
			httpLink({
				url: `${url}/trpc`,
				headers: () => headers,
				// tRPC gives an address as text, and the options of `fetch`.
				fetch: (input, init) => send(String(input), init as RequestInit),
			}),
		],
	});
}

const LOCAL = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function addressOf(text: string): string {
	if (!URL.canParse(text)) throw new TypeError("url: must be an address such as https://keys.example");
	const { protocol, hostname, username, password, search, hash, href } = new URL(text);
	if (username || password) throw new TypeError("url: must not hold a credential");
	if (protocol !== "https:" && !(protocol === "http:" && LOCAL.test(hostname)))
		throw new TypeError("url: must begin with https://, since what is sent is a credential");
	if (search || hash) throw new TypeError("url: must end before any ? or #");
	return href.replace(/\/+$/, "");
}

/** Throws what names the option, where `fetch` would throw what shows the credential. */
function sendable(option: string, text: string): string {
	if (/^[!-~]+$/.test(text)) return text;
	throw new TypeError(`${option}: holds a space, a line end or another character that cannot be sent`);
}

function headersOf({ token, serviceRoleKey, tenantId }: SalesOSClientOptions): Record<string, string> {
	if (token && serviceRoleKey) throw new TypeError("token, serviceRoleKey: give one of them");
	if (token === null) return {};
	if (token) return { authorization: `Bearer ${sendable("token", token)}` };
	if (!serviceRoleKey) throw new TypeError("token: is missing; or give serviceRoleKey and tenantId");
	if (!tenantId) throw new TypeError("tenantId: is missing; the platform has to say in which tenant it acts");
	return {
		authorization: `Bearer ${sendable("serviceRoleKey", serviceRoleKey)}`,
		"x-tenant-id": sendable("tenantId", tenantId),
	};
}

/** The options that are given: one that is undefined leaves the default. */
const defined = <T extends object>(options: T): T =>
	Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
