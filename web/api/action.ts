/**
 * Changes: one call to the server that a person has asked for. They bypass the query cache on purpose: what goes in may
 * be a password, what comes out an API key, and neither may stay in a cache.
 */
import { type Accessor, createSignal } from "solid-js";
import { setSessionEnded } from "../session/ended.ts";
import { notifyProblem } from "../ui/toast.tsx";
import { type Problem, problemOf } from "./problem.ts";

export interface Action<A extends unknown[], R> {
	/** Makes the call. Undefined when it failed; `problem` tells why. Never throws, and never runs twice at once. */
	run: (...args: A) => Promise<R | undefined>;
	busy: Accessor<boolean>;
	/** What went wrong the last time, until the next. */
	problem: Accessor<Problem | null>;
	/** Forgets what went wrong. */
	reset: () => void;
}

/** An action with its state. A failure of the server is told in a toast, too, with the request's id. */
export function createAction<A extends unknown[], R>(call: (...args: A) => Promise<R>): Action<A, R> {
	const [busy, setBusy] = createSignal(false);
	const [problem, setProblem] = createSignal<Problem | null>(null);
	return {
		busy,
		problem,
		reset: () => setProblem(null),
		async run(...args) {
			if (busy()) return undefined;
			setBusy(true);
			setProblem(null);
			try {
				return await call(...args);
			} catch (error) {
				const problem = problemOf(error);
				setProblem(problem);
				if (problem.code === "UNAUTHORIZED") setSessionEnded(true);
				if (problem.code === "INTERNAL" || problem.code === "UNAVAILABLE") notifyProblem(problem);
				return undefined;
			} finally {
				setBusy(false);
			}
		},
	};
}
