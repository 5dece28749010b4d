/** A problem on the screen: in place of a screen, inside a form, or as a toast. */
import { Show } from "solid-js";
import { t } from "../i18n/index.ts";
import { Button } from "../ui/button.tsx";
import { FailedState, FormNote } from "../ui/states.tsx";
import { notify } from "../ui/toast.tsx";
import { type Problem, problemText } from "./problem.ts";

/** The id that support asks for. */
function RequestId(props: { id: string }) {
	return (
		<>
			{t().common.requestId} <code>{props.id}</code>
		</>
	);
}

/** Something could not be loaded: what, why, the request id, and a button to retry. */
export function ProblemPanel(props: { title: string; problem: Problem; onRetry?: () => void }) {
	return (
		<FailedState
			title={props.title}
			action={
				<Show when={props.onRetry}>{(retry) => <Button onClick={() => retry()()}>{t().common.tryAgain}</Button>}</Show>
			}
		>
			<p>{problemText(props.problem)}</p>
			<Show when={props.problem.requestId}>
				{(id) => (
					<p class="secondary">
						<RequestId id={id()} />
					</p>
				)}
			</Show>
		</FailedState>
	);
}

/** A problem inside a form or dialog. */
export function ProblemNote(props: { problem: Problem | null }) {
	return (
		<div aria-live="assertive">
			<Show when={props.problem}>
				{(problem) => (
					<FormNote>
						<p>{problemText(problem())}</p>
						<Show when={problem().code !== "VALIDATION_ERROR" && problem().requestId}>
							{(id) => (
								<p class="secondary">
									<RequestId id={id()} />
								</p>
							)}
						</Show>
					</FormNote>
				)}
			</Show>
		</div>
	);
}

/** Tells in a toast that something failed. */
export const notifyProblem = (problem: Problem): void => notifyFailure(problemText(problem), problem);

/** Tells that something failed after the person had left its screen. */
export const notifyAbandoned = (problem: Problem): void =>
	notifyFailure(t().problems.abandoned(problemText(problem)), problem);

function notifyFailure(text: string, { requestId }: Problem): void {
	notify(text, { failed: true, ...(requestId === null ? {} : { details: () => <RequestId id={requestId} /> }) });
}
