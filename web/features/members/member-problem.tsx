import { Show } from "solid-js";
import type { Problem } from "../../api/problem.ts";
import { FormNote } from "../../ui/states.tsx";
import { memberProblemText } from "./member-words.ts";

/** A problem of managing members, inside a dialog. */
export function MemberProblem(props: { problem: Problem | null }) {
	return (
		<div aria-live="assertive">
			<Show when={props.problem}>
				{(problem) => (
					<FormNote>
						<p>{memberProblemText(problem())}</p>
					</FormNote>
				)}
			</Show>
		</div>
	);
}
