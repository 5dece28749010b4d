/** The typed router over HTTP. The session travels in a cookie that no script can read. */
import { createTRPCClient, httpBatchLink } from "@trpc/client";
import type { AppRouter } from "../../worker/trpc/root.ts";

/** As many calls as the server takes at once. */
const BATCH_MAX = 20;

/** Calls that are made in the same turn travel together; those of a query carry its `AbortSignal`. */
export const api = createTRPCClient<AppRouter>({
	links: [httpBatchLink({ url: "/trpc", maxItems: BATCH_MAX, maxURLLength: 4_000 })],
});
