import { useInfiniteQuery } from "@tanstack/solid-query";
import { createSignal, lazy, Match, onCleanup, Show, Suspense, Switch } from "solid-js";
import { ProblemPanel } from "../api/problem-view.tsx";
import { dataOf, loadProblem, tokensQuery } from "../api/queries.ts";
import type { IssuedToken, ManagementToken } from "../api/types.ts";
// Imported statically: if it failed to load after the token was created, the token could not be shown.
import { RevealTokenDialog } from "../features/tokens/reveal-token-dialog.tsx";
import { RevokeTokenDialog } from "../features/tokens/revoke-token-dialog.tsx";
import { TokenTable } from "../features/tokens/token-table.tsx";
import styles from "../features/tokens/tokens.module.css";
import { t } from "../i18n/index.ts";
import { may, useSession } from "../session/session.tsx";
import { useTitle } from "../shell/shell.tsx";
import { Button } from "../ui/button.tsx";
import { EmptyState, Skeleton } from "../ui/states.tsx";

const CreateTokenDialog = lazy(async () => ({
	default: (await import("../features/tokens/create-token-dialog.tsx")).CreateTokenDialog,
}));

/** Management tokens: the list, and the dialogs to create and to revoke one. */
export default function Tokens() {
	const session = useSession();
	const query = useInfiniteQuery(() => tokensQuery());
	const tokens = () => dataOf(query)?.pages.flatMap(({ items }) => items) ?? [];
	const [creating, setCreating] = createSignal(false);
	/** The only place that holds the new token, until the person closes the dialog. */
	const [issued, setIssued] = createSignal<IssuedToken | null>(null);
	const [revoking, setRevoking] = createSignal<ManagementToken | null>(null);
	onCleanup(() => setIssued(null));
	useTitle(() => t().tokens.title);
	const mayWrite = () => may(session(), "tokens:write");
	const words = () => t().tokens;
	return (
		<>
			<div class={styles.head}>
				<div class={styles.titles}>
					<h1>{words().title}</h1>
					<p class={styles.intro}>{words().intro}</p>
				</div>
				<Show when={mayWrite()}>
					<Button variant="primary" icon="plus" onClick={() => setCreating(true)}>
						{words().create}
					</Button>
				</Show>
			</div>
			<Switch>
				<Match when={loadProblem(query)}>
					{(problem) => (
						<ProblemPanel title={words().loadFailed} problem={problem()} onRetry={() => void query.refetch()} />
					)}
				</Match>
				<Match when={query.isPending}>
					<Skeleton height="240px" />
				</Match>
				<Match when={tokens().length === 0}>
					<EmptyState title={words().empty.title}>
						<p>{words().empty.text}</p>
					</EmptyState>
				</Match>
				<Match when={true}>
					<TokenTable tokens={tokens()} onRevoke={mayWrite() ? setRevoking : undefined} />
					<Show when={query.hasNextPage}>
						<div class={styles.more}>
							<Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
								{words().more}
							</Button>
						</div>
					</Show>
				</Match>
			</Switch>
			<Show when={creating()}>
				<Suspense>
					<CreateTokenDialog
						onClose={() => setCreating(false)}
						onCreated={(created) => {
							setIssued(created);
							setCreating(false);
						}}
					/>
				</Suspense>
			</Show>
			<Show when={issued()} keyed>
				{(created) => <RevealTokenDialog issued={created} onDone={() => setIssued(null)} />}
			</Show>
			<Show when={revoking()} keyed>
				{(token) => <RevokeTokenDialog token={token} onClose={() => setRevoking(null)} />}
			</Show>
		</>
	);
}
