/** The typed router over HTTP. The session travels in a cookie that no script can read. */
import { createTRPCClient, httpBatchLink } from "@trpc/client";
import type { AppRouter } from "../../worker/trpc/root.ts";
import { hearServerTime } from "../server-time.ts";

/** As many calls as the server takes at once. */
const BATCH_MAX = 20;

/** An answer that late is as good as none. Nobody waits for it in front of a dialog that cannot be closed meanwhile. */
const PATIENCE_MS = 30_000;

/** Calls that are made in the same turn travel together; those of a query carry its `AbortSignal`. */
export const api = createTRPCClient<AppRouter>({
	links: [
		httpBatchLink({
			url: "/trpc",
			maxItems: BATCH_MAX,
			maxURLLength: 4_000,
			fetch: async (url, init) => {
				const signals = [AbortSignal.timeout(PATIENCE_MS), ...(init?.signal ? [init.signal] : [])];
				const askedAt = Date.now();
				const response = await fetch(url, { ...init, signal: AbortSignal.any(signals) });
				hearServerTime(response.headers.get("date"), askedAt, Date.now());
				return response;
			},
		}),
	],
});
