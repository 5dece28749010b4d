import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { Match, Show, Switch } from "solid-js";
import { createAction } from "../../api/action.ts";
import { api } from "../../api/client.ts";
import { ProblemNote } from "../../api/problem-view.tsx";
import { dataOf, loadProblem, memberSessionsQuery } from "../../api/queries.ts";
import type { Member } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { useNow } from "../../time.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { notify } from "../../ui/toast.tsx";
import { SessionList } from "./session-list.tsx";

/** Where a member is signed in, with a button that ends all of it. */
export default function MemberSessionsDialog(props: {
	member: Member;
	onClose: () => void;
	returnFocusTo: () => HTMLElement | null | undefined;
}) {
	const client = useQueryClient();
	const sessions = useQuery(() => memberSessionsQuery(props.member.id));
	const now = useNow();
	const words = () => t().sessions;
	const endAll = createAction(async () => {
		const { ended } = await api.members.endSessions.mutate({ id: props.member.id });
		await client.invalidateQueries({ queryKey: memberSessionsQuery(props.member.id).queryKey });
		notify(words().endedOthers(ended));
		props.onClose();
	});
	const items = () => dataOf(sessions) ?? [];
	return (
		<Dialog
			open
			busy={endAll.busy()}
			closeLabel={t().common.close}
			onClose={props.onClose}
			returnFocusTo={props.returnFocusTo}
			title={words().titleOf(props.member.name)}
			footer={
				<>
					<Button onClick={props.onClose} disabled={endAll.busy()}>
						{t().common.close}
					</Button>
					<Show when={items().length > 0}>
						<Button variant="danger" busy={endAll.busy()} onClick={() => void endAll.run()}>
							{words().endAll}
						</Button>
					</Show>
				</>
			}
		>
			<Switch>
				<Match when={loadProblem(sessions)}>{(problem) => <ProblemNote problem={problem()} />}</Match>
				<Match when={sessions.isPending}>
					<Skeleton height="120px" />
				</Match>
				<Match when={items().length === 0}>
					<p>{words().noneOf(props.member.name)}</p>
				</Match>
				<Match when={true}>
					<SessionList sessions={items()} now={now} ending={null} />
					<p class="secondary">{words().endAllText}</p>
				</Match>
			</Switch>
			<ProblemNote problem={endAll.problem()} />
		</Dialog>
	);
}
