import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { createSignal, Match, Show, Switch } from "solid-js";
import { createAction } from "../api/action.ts";
import { api } from "../api/client.ts";
import { ProblemNote, ProblemPanel } from "../api/problem-view.tsx";
import { dataOf, loadProblem, sessionsQuery } from "../api/queries.ts";
import type { OpenSession } from "../api/types.ts";
import { SessionList } from "../features/sessions/session-list.tsx";
import { t } from "../i18n/index.ts";
import { useTitle } from "../shell/shell.tsx";
import { useNow } from "../time.tsx";
import { AlertDialog } from "../ui/alert-dialog.tsx";
import { Button } from "../ui/button.tsx";
import { Skeleton } from "../ui/states.tsx";
import { notify } from "../ui/toast.tsx";
import styles from "./sessions.module.css";

/** Where the person is signed in, and how to end that. */
export default function Sessions() {
	const client = useQueryClient();
	const sessions = useQuery(() => sessionsQuery());
	const now = useNow();
	const [ending, setEnding] = createSignal<string | null>(null);
	const [asking, setAsking] = createSignal(false);
	let heading: HTMLHeadingElement | undefined;
	let othersButton: HTMLButtonElement | undefined;
	useTitle(() => t().sessions.title);

	const others = () => (dataOf(sessions) ?? []).filter(({ current }) => !current);
	const refetch = () => client.invalidateQueries({ queryKey: sessionsQuery().queryKey });
	const endOne = createAction(async ({ id }: OpenSession) => {
		setEnding(id);
		const { ended } = await api.sessions.end.mutate({ id });
		await refetch();
		notify(ended ? t().sessions.ended : t().sessions.endedBefore);
		// The button with the focus is gone.
		heading?.focus();
	});
	const endOthers = createAction(async () => {
		const { ended } = await api.sessions.endOthers.mutate();
		setAsking(false);
		await refetch();
		notify(t().sessions.endedOthers(ended));
		heading?.focus();
	});

	return (
		<div class={styles.page}>
			<h1 tabindex="-1" ref={heading}>
				{t().sessions.title}
			</h1>
			<p class="secondary">{t().sessions.intro}</p>
			<Switch>
				<Match when={loadProblem(sessions)}>
					{(problem) => (
						<ProblemPanel title={t().sessions.loadFailed} problem={problem()} onRetry={() => void sessions.refetch()} />
					)}
				</Match>
				<Match when={sessions.isPending}>
					<Skeleton height="180px" />
				</Match>
				<Match when={dataOf(sessions)}>
					{(items) => (
						<>
							<SessionList
								sessions={items()}
								now={now}
								ending={endOne.busy() ? ending() : null}
								onEnd={(session) => void endOne.run(session)}
							/>
							<ProblemNote problem={endOne.problem()} />
							<Show when={others().length > 0} fallback={<p class="secondary">{t().sessions.noOthers}</p>}>
								<Button ref={othersButton} class={styles.others} onClick={() => setAsking(true)}>
									{t().sessions.endOthers}
								</Button>
							</Show>
						</>
					)}
				</Match>
			</Switch>
			<Show when={asking()}>
				<AlertDialog
					title={t().sessions.confirmTitle}
					onClose={() => setAsking(false)}
					returnFocusTo={() => othersButton}
					footer={
						<>
							<Button onClick={() => setAsking(false)}>{t().common.cancel}</Button>
							<Button variant="danger" busy={endOthers.busy()} onClick={() => void endOthers.run()}>
								{t().sessions.endOthers}
							</Button>
						</>
					}
				>
					<p>{t().sessions.confirmText(others().length)}</p>
					<ProblemNote problem={endOthers.problem()} />
				</AlertDialog>
			</Show>
		</div>
	);
}
