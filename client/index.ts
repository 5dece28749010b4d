// tRPC's types use this library of TypeScript, which the settings of a consumer may leave out.
/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The typed client: every procedure of the service with the types of its input and output.
 *
 *     const salesos = createSalesOSClient({ url: "https://keys.example", token: process.env.SALESOS_TOKEN });
 *     const { key, api_key } = await salesos.keys.create.mutate({ name: "CRM", expires_in_days: 90 });
 */
import { createTRPCClient, httpLink, type TRPCClient } from "@trpc/client";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { fetchWithRetries } from "./retrying-fetch.ts";
import type { ClientRouter } from "./router.ts";
import { asSalesOSErrors } from "./salesos-error.ts";

export type { ClientRouter } from "./router.ts";
export { SalesOSError, type SalesOSErrorCode } from "./salesos-error.ts";
export { type RequestToSign, type SigningOptions, signingFetch, signRequest } from "./sign.ts";

interface Common {
	/** URL of the service, such as `https://keys.example`. Plain `http:` is accepted for this machine only. */
	url: string;
	/** Time limit of one attempt, in milliseconds. Default: 10,000. */
	timeout?: number;
	/** How often a call is retried after a temporary failure. Default: 2. */
	retries?: number;
	/** The longest total wait between the attempts of one call, in milliseconds. Default: 30,000. */
	maxWait?: number;
	/** Sends the requests. Default: the global `fetch`. */
	fetch?: typeof globalThis.fetch;
}

/**
 * A management token (`smt_…`) or a tenant user's JSON Web Token, which have their tenant, or the platform's key and the
 * tenant that it acts in.
 * `token: null` sends no credential: `session.login` works, everything else is rejected.
 */
export type SalesOSClientOptions = Common &
	(
		| { token: string | null; serviceRoleKey?: never; tenantId?: never }
		| { serviceRoleKey: string; tenantId: string; token?: never }
	);

export type SalesOSClient = TRPCClient<ClientRouter>;
/** Inputs of the procedures, such as `RouterInputs["keys"]["create"]`. */
export type RouterInputs = inferRouterInputs<ClientRouter>;
/** Outputs of the procedures, such as `RouterOutputs["keys"]["list"]["items"][number]`. */
export type RouterOutputs = inferRouterOutputs<ClientRouter>;

const DEFAULTS = { timeout: 10_000, retries: 2, maxWait: 30_000 };

/**
 * Creates a client of the service. A call fails with a {@link SalesOSError}, unless the caller aborts it. Temporary failures
 * are retried after `Retry-After`, or after a growing pause: a 429 always, because nothing was done; a 503 and a lost
 * connection only if the call is idempotent, so never a creation or a rotation. Redirects are not followed, because they
 * could lead the credential elsewhere. Throws a `TypeError` that names an invalid option.
 */
export function createSalesOSClient(options: SalesOSClientOptions): SalesOSClient {
	const url = baseUrlOf(options.url);
	const headers = headersOf(options);
	const { timeout, retries, maxWait } = { ...DEFAULTS, ...defined(options) };
	const send = fetchWithRetries(options.fetch ?? globalThis.fetch, { timeout, retries, maxWait });
	return createTRPCClient<ClientRouter>({
		links: [
			asSalesOSErrors(),
			// No batches: each call gets its own status and Retry-After.
			httpLink({
				url: `${url}/trpc`,
				headers: () => headers,
				// tRPC types the URL and the options more loosely than it passes them.
				fetch: (input, init) => send(String(input), init as RequestInit),
			}),
		],
	});
}

const LOCAL = /^(localhost|127(\.\d+){3}|\[::1\])$/;

function baseUrlOf(text: string): string {
	if (!URL.canParse(text)) throw new TypeError("url: must be a URL such as https://keys.example");
	const { protocol, hostname, username, password, search, hash, href } = new URL(text);
	if (username || password) throw new TypeError("url: must not hold a credential");
	if (protocol !== "https:" && !(protocol === "http:" && LOCAL.test(hostname)))
		throw new TypeError("url: must begin with https://, because requests carry a credential");
	if (search || hash) throw new TypeError("url: must not have a query string or a fragment");
	return href.replace(/\/+$/, "");
}

/** Rejects what a header can't carry. `fetch` would throw an error that shows the credential; this one names the option. */
function sendable(option: string, text: string): string {
	if (/^[!-~]+$/.test(text)) return text;
	throw new TypeError(`${option}: must not contain spaces, line breaks or other characters that a header cannot carry`);
}

function headersOf({ token, serviceRoleKey, tenantId }: SalesOSClientOptions): Record<string, string> {
	if (token && serviceRoleKey) throw new TypeError("token, serviceRoleKey: pass one of them, not both");
	if (token === null) return {};
	if (token) return { authorization: `Bearer ${sendable("token", token)}` };
	if (!serviceRoleKey) throw new TypeError("token: is required, or serviceRoleKey and tenantId");
	if (!tenantId) throw new TypeError("tenantId: is required with serviceRoleKey");
	return {
		authorization: `Bearer ${sendable("serviceRoleKey", serviceRoleKey)}`,
		"x-tenant-id": sendable("tenantId", tenantId),
	};
}

/** Drops options that are undefined, so that they don't override a default. */
const defined = <T extends object>(options: T): T =>
	Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
