/** The typed router over HTTP. The session is in a cookie that scripts cannot read. */
import { createTRPCClient, httpBatchLink } from "@trpc/client";
import type { AppRouter } from "../../worker/trpc/root.ts";
import { learnServerTime } from "../server-time.ts";

/** The service takes this many calls in one request. */
const BATCH_MAX = 20;

/** Max wait for a response. A busy dialog can't be closed, so a person should not wait longer in front of one. */
const TIMEOUT_MS = 30_000;

/** Calls of the same turn share a request. A query's call carries its `AbortSignal`. */
export const createClient = (headers: Record<string, string>) =>
	createTRPCClient<AppRouter>({
		links: [
			httpBatchLink({
				url: "/trpc",
				maxItems: BATCH_MAX,
				maxURLLength: 4_000,
				headers,
				fetch: async (url, init) => {
					const signals = [AbortSignal.timeout(TIMEOUT_MS), ...(init?.signal ? [init.signal] : [])];
					const sentAt = Date.now();
					const response = await fetch(url, { ...init, signal: AbortSignal.any(signals) });
					learnServerTime(response.headers.get("date"), sentAt, Date.now());
					return response;
				},
			}),
		],
	});

/** With the session of the person who is signed in. */
export const api = createClient({});
