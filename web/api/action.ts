/**
 * Calls that change something on the service. They bypass the query cache: the input may be a password and the output an
 * API key, and neither may stay in a cache.
 */
import { type Accessor, createSignal, onCleanup } from "solid-js";
import { type Problem, problemOf } from "./problem.ts";
import { notifyAbandoned, notifyProblem } from "./problem-view.tsx";
import { noticeSessionEnd } from "./query-client.ts";

export interface Action<A extends unknown[], R> {
	/** Makes the call. Undefined if it failed, and then `problem` says why. Never throws, and runs once at a time. */
	run: (...args: A) => Promise<R | undefined>;
	busy: Accessor<boolean>;
	/** What went wrong in the last run. */
	problem: Accessor<Problem | null>;
	/** Clears `problem`. */
	reset: () => void;
	/** Whether the screen or dialog that started it is gone. */
	abandoned: Accessor<boolean>;
}

/**
 * An action of the component that calls this. Failures of the service also show as a toast with the request id. So does
 * every failure after the component is gone, because nothing else would show it.
 */
export function createAction<A extends unknown[], R>(call: (...args: A) => Promise<R>): Action<A, R> {
	const [busy, setBusy] = createSignal(false);
	const [problem, setProblem] = createSignal<Problem | null>(null);
	let gone = false;
	onCleanup(() => {
		gone = true;
	});
	return {
		busy,
		problem,
		reset: () => setProblem(null),
		abandoned: () => gone,
		async run(...args) {
			if (busy()) return undefined;
			setBusy(true);
			setProblem(null);
			try {
				return await call(...args);
			} catch (error) {
				const problem = problemOf(error);
				setProblem(problem);
				noticeSessionEnd(problem);
				if (gone) notifyAbandoned(problem);
				else if (problem.code === "SERVER_ERROR" || problem.code === "UNAVAILABLE") notifyProblem(problem);
				return undefined;
			} finally {
				setBusy(false);
			}
		},
	};
}
