import { createMemo, Match, Switch } from "solid-js";
import type { Problem } from "../../../api/problem.ts";
import { t } from "../../../i18n/index.ts";
import { Notice, ProblemNote } from "../../../ui/states.tsx";
import type { KeyDraft } from "./key-form-draft.ts";
import { explainRefusal } from "./key-form-errors.ts";

/**
 * Why a form was not taken, as far as its fields do not say so themselves. `unanswered` is for a request that may have
 * arrived although no answer came back.
 */
export function FormProblem(props: { problem: Problem | null; draft: KeyDraft; unanswered?: string }) {
	const code = () => props.problem?.code;
	// What the browser knew when it failed; later it may be connected again.
	const wasOffline = createMemo(() => code() === "UNREACHABLE" && !navigator.onLine);
	const isAtFields = () =>
		code() === "VALIDATION_ERROR" && !explainRefusal(props.problem?.details ?? [], props.draft).rest;
	return (
		<div aria-live="assertive">
			<Switch fallback={<ProblemNote problem={props.problem} />}>
				<Match when={props.problem === null || isAtFields()}>{null}</Match>
				{/* The dialog to sign in has come over the form; this is for when it has gone. */}
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
