import { useInfiniteQuery, useQueryClient } from "@tanstack/solid-query";
import { createSignal, lazy, Match, Show, Suspense, Switch } from "solid-js";
import { createAction } from "../api/action.ts";
import { membersChanged } from "../api/cache.ts";
import { api } from "../api/client.ts";
import { ProblemPanel } from "../api/problem-view.tsx";
import { dataOf, loadProblem, membersQuery } from "../api/queries.ts";
import type { Member, MemberLink } from "../api/types.ts";
import { DeactivateDialog, RemoveDialog, ResetDialog } from "../features/members/confirm-dialogs.tsx";
import EditDialog from "../features/members/edit-dialog.tsx";
import InviteDialog from "../features/members/invite-dialog.tsx";
import LinkDialog from "../features/members/link-dialog.tsx";
import { type MemberAction, MemberTable } from "../features/members/member-table.tsx";
import { memberProblemText } from "../features/members/member-words.ts";
import { formatNumber } from "../i18n/format.ts";
import { t, withPart } from "../i18n/index.ts";
import { may, useSession } from "../session/session.tsx";
import { useTitle } from "../shell/shell.tsx";
import { Button } from "../ui/button.tsx";
import { TableFooter } from "../ui/data-table.tsx";
import { EmptyState, Skeleton } from "../ui/states.tsx";
import { notify } from "../ui/toast.tsx";
import styles from "./members.module.css";

const MemberSessionsDialog = lazy(() =>
	withPart("audit", withPart("sessions", import("../features/sessions/member-sessions-dialog.tsx"))),
);

type Opener = () => HTMLElement | null | undefined;
type Open =
	| { dialog: "invite"; opener: Opener }
	| { dialog: Exclude<MemberAction, "reactivate">; member: Member; opener: Opener }
	| { dialog: "made"; made: MemberLink; opener: Opener };

/** The people of the company: who they are, what they may do, and the links that let them in. */
export default function Members() {
	const session = useSession();
	useTitle(() => t().members.title);
	return (
		<Show
			when={may(session(), "members:read")}
			fallback={
				<EmptyState screen title={t().members.notAllowed}>
					<p>{t().problems.forbidden}</p>
				</EmptyState>
			}
		>
			<MemberScreen />
		</Show>
	);
}

function MemberScreen() {
	const session = useSession();
	const client = useQueryClient();
	const list = useInfiniteQuery(() => membersQuery());
	const members = () => dataOf(list)?.pages.flatMap((page) => page.items) ?? [];
	const [open, setOpen] = createSignal<Open | null>(null);
	const words = () => t().members;
	let inviteButton: HTMLButtonElement | undefined;

	const close = () => setOpen(null);
	const refresh = () => void membersChanged(client);
	const changed = () => {
		close();
		refresh();
	};
	const made = (link: MemberLink, opener: Opener) => {
		refresh();
		setOpen({ dialog: "made", made: link, opener });
	};
	const reactivate = createAction((member: Member) => api.members.reactivate.mutate({ id: member.id }));
	const start = async (action: MemberAction, member: Member, opener: Opener) => {
		if (action !== "reactivate") return setOpen({ dialog: action, member, opener });
		if (await reactivate.run(member)) notify(words().reactivated(member.name));
		const problem = reactivate.problem();
		if (problem) notify(memberProblemText(problem), { failed: true });
		refresh();
	};
	const mayMakeOwners = () => session().user.role === "owner";
	return (
		<>
			<header class={styles.head}>
				<div>
					<p class="secondary">{words().settings}</p>
					<h1>{words().title}</h1>
				</div>
				<Show when={may(session(), "members:write")}>
					<Button
						ref={inviteButton}
						variant="primary"
						onClick={() => setOpen({ dialog: "invite", opener: () => inviteButton })}
					>
						{words().invite}
					</Button>
				</Show>
			</header>
			<Switch>
				<Match when={loadProblem(list)}>
					{(problem) => (
						<ProblemPanel title={words().loadFailed} problem={problem()} onRetry={() => void list.refetch()} />
					)}
				</Match>
				<Match when={list.isPending}>
					<Skeleton height="240px" />
				</Match>
				<Match when={true}>
					<MemberTable members={members()} onStart={(...how) => void start(...how)} />
					<TableFooter
						status={
							list.isFetchNextPageError
								? words().moreFailed
								: words().shown(members().length, formatNumber(members().length))
						}
					>
						<Show when={list.hasNextPage}>
							<Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
								{words().more}
							</Button>
						</Show>
					</TableFooter>
				</Match>
			</Switch>
			<Show when={open()} keyed>
				{(now) => (
					<Switch>
						<Match when={now.dialog === "invite"}>
							<InviteDialog
								mayMakeOwners={mayMakeOwners()}
								onClose={close}
								onInvited={(link) => made(link, now.opener)}
								returnFocusTo={now.opener}
							/>
						</Match>
						<Match when={now.dialog === "made" && now}>
							{(shown) => <LinkDialog made={shown().made} onClose={close} returnFocusTo={now.opener} />}
						</Match>
						<Match when={now.dialog === "edit" && now}>
							{(shown) => (
								<EditDialog
									member={shown().member}
									mayMakeOwners={mayMakeOwners()}
									onClose={close}
									onChanged={changed}
									returnFocusTo={now.opener}
								/>
							)}
						</Match>
						<Match when={now.dialog === "link" && now}>
							{(shown) => (
								<ResetDialog
									member={shown().member}
									onClose={close}
									onMade={(link) => made(link, now.opener)}
									returnFocusTo={now.opener}
								/>
							)}
						</Match>
						<Match when={now.dialog === "sessions" && now}>
							{(shown) => (
								<Suspense>
									<MemberSessionsDialog member={shown().member} onClose={close} returnFocusTo={now.opener} />
								</Suspense>
							)}
						</Match>
						<Match when={now.dialog === "deactivate" && now}>
							{(shown) => (
								<DeactivateDialog
									member={shown().member}
									onClose={close}
									onChanged={changed}
									returnFocusTo={now.opener}
								/>
							)}
						</Match>
						<Match when={now.dialog === "remove" && now}>
							{(shown) => (
								<RemoveDialog member={shown().member} onClose={close} onChanged={changed} returnFocusTo={now.opener} />
							)}
						</Match>
					</Switch>
				)}
			</Show>
		</>
	);
}
