/**
 * Changes: one call to the server that a person has asked for. They bypass the query cache on purpose: what goes in may
 * be a password, what comes out an API key, and neither may stay in a cache.
 */
import { type Accessor, createSignal, onCleanup } from "solid-js";
import { setSessionEnded } from "../session/ended.ts";
import { notifyAbandoned, notifyProblem } from "../ui/toast.tsx";
import { type Problem, problemOf } from "./problem.ts";

export interface Action<A extends unknown[], R> {
	/** Makes the call. Undefined when it failed; `problem` tells why. Never throws, and never runs twice at once. */
	run: (...args: A) => Promise<R | undefined>;
	busy: Accessor<boolean>;
	/** What went wrong the last time, until the next. */
	problem: Accessor<Problem | null>;
	/** Forgets what went wrong. */
	reset: () => void;
	/** Whether the screen or dialog that began it is gone. */
	abandoned: Accessor<boolean>;
}

/**
 * An action with its state, of the component that calls this. A failure of the server is told in a toast, too, with the
 * request's id; so is every failure that nobody would see any more, because the component is gone.
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
				if (problem.code === "UNAUTHORIZED") setSessionEnded(true);
				if (gone) notifyAbandoned(problem);
				else if (problem.code === "SERVER_ERROR" || problem.code === "UNAVAILABLE") notifyProblem(problem);
				return undefined;
			} finally {
				setBusy(false);
			}
		},
	};
}
