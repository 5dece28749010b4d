/** What the page knows of the server's state, and how fresh that is. */
import { QueryCache, QueryClient } from "@tanstack/solid-query";
import { isPassing, problemOf } from "./problem.ts";

/** Every answer that says the session is over comes by here. `onSessionEnd` keeps the screen, and asks to sign in. */
export function createQueryClient(onSessionEnd: () => void): QueryClient {
	const notice = (error: unknown) => {
		if (problemOf(error).code === "UNAUTHORIZED") onSessionEnd();
	};
	return new QueryClient({
		queryCache: new QueryCache({ onError: notice }),
		defaultOptions: {
			queries: {
				staleTime: 10_000,
				// Only what may pass by itself is tried again; a refusal stays one.
				retry: (failures, error) => failures < 2 && isPassing(problemOf(error)),
				retryDelay: (failures) => 500 * 2 ** failures,
			},
		},
	});
}
