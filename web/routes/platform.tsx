import { A, useLocation, useParams } from "@solidjs/router";
import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { lazy, Match, Show, Suspense, Switch } from "solid-js";
import { createAction } from "../api/action.ts";
import { problemOf } from "../api/problem.ts";
import { ProblemPanel } from "../api/problem-view.tsx";
import { dataOf } from "../api/queries.ts";
import { platformApi } from "../features/platform/api.ts";
import { FindKeys } from "../features/platform/find-keys.tsx";
import styles from "../features/platform/platform.module.css";
import { PlatformSignIn } from "../features/platform/platform-sign-in.tsx";
import { TenantList } from "../features/platform/tenant-list.tsx";
import { TenantPage } from "../features/platform/tenant-page.tsx";
import { formatClock } from "../i18n/format.ts";
import { t, withPart } from "../i18n/index.ts";
import { paths } from "../paths.ts";
import { Brand, useTitle } from "../shell/shell.tsx";
import { Button } from "../ui/button.tsx";
import { Notice, Skeleton } from "../ui/states.tsx";
import { Toaster } from "../ui/toast.tsx";

const OperationsScreen = lazy(() => withPart("operations", import("../features/operations/operations-screen.tsx")));

/** The operator's screens: companies, one company, whose keys a text contains, and the running service. */
export default function Platform() {
	useTitle(() => t().platform.title);
	const client = useQueryClient();
	// No interval and no focus: only what an operator does keeps the session open.
	const me = useQuery(() => ({
		queryKey: ["platform", "me"],
		queryFn: ({ signal }: { signal: AbortSignal }) => platformApi.platform.me.query(undefined, { signal }),
		refetchOnWindowFocus: false,
		retry: false,
	}));
	const problem = () => (me.isError ? problemOf(me.error) : null);
	const reload = () => {
		client.removeQueries({ queryKey: ["platform"], predicate: ({ queryKey }) => queryKey[1] !== "me" });
		void me.refetch();
	};
	return (
		<>
			<Switch fallback={<Skeleton height="240px" />}>
				<Match when={problem()?.code === "UNAUTHORIZED"}>
					<main class={styles.page}>
						<Brand />
						<PlatformSignIn onDone={reload} />
					</main>
				</Match>
				<Match when={problem()}>
					{(found) => (
						<main class={styles.page}>
							<ProblemPanel title={t().problems.title} problem={found()} onRetry={() => void me.refetch()} />
						</main>
					)}
				</Match>
				<Match when={dataOf(me)}>{(session) => <Screens session={session()} onSignedOut={reload} />}</Match>
			</Switch>
			<Toaster label={t().common.notifications} closeLabel={t().common.close} />
		</>
	);
}

function Screens(props: {
	session: { expires_at: string | null; credential: "current" | "previous" };
	onSignedOut: () => void;
}) {
	const words = () => t().platform;
	const route = useLocation();
	const params = useParams<{ id?: string }>();
	const signOut = createAction(async () => {
		await platformApi.platform.logout.mutate();
		props.onSignedOut();
	});
	return (
		<div class={styles.page}>
			<header class={styles.head}>
				<Brand />
				<nav class={styles.buttons} aria-label={words().views}>
					<A href={paths.platform} end>
						{words().tenants}
					</A>
					<A href={paths.platformFind}>{words().find}</A>
					<A href={paths.platformOperations}>{words().operations}</A>
				</nav>
				<Button busy={signOut.busy()} onClick={() => void signOut.run()}>
					{words().signOut}
				</Button>
			</header>
			<Show when={props.session.credential === "previous"}>
				<Notice tone="warning">{words().previousKey}</Notice>
			</Show>
			<main>
				<Switch fallback={<TenantList />}>
					<Match when={route.pathname === paths.platformFind}>
						<FindKeys />
					</Match>
					<Match when={route.pathname === paths.platformOperations}>
						<Suspense fallback={<Skeleton height="240px" />}>
							<OperationsScreen />
						</Suspense>
					</Match>
					<Match when={params.id}>
						<TenantPage />
					</Match>
				</Switch>
			</main>
			<Show when={props.session.expires_at}>
				{(time) => <footer class="secondary">{words().until(formatClock(time()))}</footer>}
			</Show>
		</div>
	);
}
