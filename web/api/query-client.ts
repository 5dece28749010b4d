/** The cache of what the service has returned, and whether the session behind it has ended. */
import { QueryCache, QueryClient } from "@tanstack/solid-query";
import { createSignal } from "solid-js";
import { isPassing, type Problem, problemOf } from "./problem.ts";
import { meQuery } from "./queries.ts";

/** True once the service has said that the session is over, while a screen is open. */
const [sessionEnded, setSessionEnded] = createSignal(false);

export { sessionEnded, setSessionEnded };

/** Asks the person to sign in again if the problem is that their session is over. */
export function noticeSessionEnd({ code }: Problem): void {
	if (code === "UNAUTHORIZED") setSessionEnded(true);
}

export function createQueryClient(): QueryClient {
	const client: QueryClient = new QueryClient({
		queryCache: new QueryCache({
			onError: (error) => {
				// Without a person there is no screen to keep: the router redirects to the sign-in form.
				if (client.getQueryData(meQuery().queryKey) !== undefined) noticeSessionEnd(problemOf(error));
			},
		}),
		defaultOptions: {
			queries: {
				staleTime: 10_000,
				// Retry only failures that may be temporary. A rejected request stays rejected.
				retry: (failures, error) => failures < 2 && isPassing(problemOf(error)),
				retryDelay: (failures) => 500 * 2 ** failures,
			},
		},
	});
	return client;
}
