import { createMemo, Match, Switch } from "solid-js";
import type { Problem } from "../../../api/problem.ts";
import { ProblemNote } from "../../../api/problem-view.tsx";
import { t } from "../../../i18n/index.ts";
import { Notice } from "../../../ui/states.tsx";
import type { KeyDraft } from "./key-form-draft.ts";
import { errorsFromService } from "./key-form-errors.ts";

/**
 * Why the service rejected a form, unless the errors are shown at its fields. `unanswered` is the text for a request that
 * may have arrived although there was no response.
 */
export function FormProblem(props: { problem: Problem | null; draft: KeyDraft; unanswered?: string }) {
	const code = () => props.problem?.code;
	// Read when the call failed: later the browser may be online again.
	const wasOffline = createMemo(() => code() === "UNREACHABLE" && !navigator.onLine);
	const isAtFields = () =>
		code() === "VALIDATION_ERROR" && !errorsFromService(props.problem?.details ?? [], props.draft).rest;
	return (
		<div aria-live="assertive">
			<Switch fallback={<ProblemNote problem={props.problem} />}>
				<Match when={props.problem === null || isAtFields()}>{null}</Match>
				{/* The sign-in dialog covers the form; this shows once the dialog is gone. */}
				<Match when={code() === "UNAUTHORIZED"}>
					<Notice tone="warning">{t().create.sessionEnded}</Notice>
				</Match>
				<Match when={wasOffline()}>
					<Notice tone="danger">{t().create.offline}</Notice>
				</Match>
				<Match when={code() === "UNREACHABLE" && props.unanswered}>
					{(text) => <Notice tone="danger">{text()}</Notice>}
				</Match>
			</Switch>
		</div>
	);
}
