/** The screens and the addresses they live at. Each is loaded when somebody goes there. */
import { Navigate, Route, Router, useLocation } from "@solidjs/router";
import { QueryClientProvider, useQuery, useQueryClient } from "@tanstack/solid-query";
import { createEffect, type JSX, lazy, Match, on, onCleanup, Show, Suspense, Switch } from "solid-js";
import { loaded } from "./api/loaded.ts";
import { problemOf } from "./api/problem.ts";
import { meQuery } from "./api/queries.ts";
import { createQueryClient } from "./api/query-client.ts";
import { t } from "./i18n/index.ts";
import { setSessionEnded } from "./session/ended.ts";
import { HOME, SIGN_IN } from "./session/local-path.ts";
import { onSignInElsewhere } from "./session/other-tabs.ts";
import { mayManageKeys, SessionProvider, useSession } from "./session/session.tsx";
import { Shell, ShellSkeleton } from "./shell/shell.tsx";
import { ScreenBoundary } from "./ui/screen-boundary.tsx";
import { ProblemPanel } from "./ui/states.tsx";

const SignIn = lazy(() => import("./routes/sign-in.tsx"));
const KeyList = lazy(() => import("./routes/key-list.tsx"));
const CreateKey = lazy(() => import("./routes/create-key.tsx"));
const KeyDetail = lazy(() => import("./routes/key-detail.tsx"));
const RotateKey = lazy(() => import("./routes/rotate-key.tsx"));
const AuditLog = lazy(() => import("./routes/audit-log.tsx"));
const Account = lazy(() => import("./routes/account.tsx"));
const NoPermission = lazy(() => import("./routes/no-permission.tsx"));
const NotFound = lazy(() => import("./routes/not-found.tsx"));

/** Needs somebody to be signed in, and shows them the way in otherwise. */
function SignedIn(props: { children?: JSX.Element }) {
	const route = useLocation();
	// The answer that was asked for ahead is taken as it is, be it a refusal.
	const me = useQuery(() => ({ ...meQuery(), retryOnMount: false }));
	const client = useQueryClient();
	onCleanup(
		onSignInElsewhere((userId) => {
			void me.refetch();
			if (userId !== loaded(me)?.user.id) return;
			setSessionEnded(false);
			void client.invalidateQueries();
		}),
	);
	// Somebody else has signed in, in another tab: what is on this page is not theirs, and what it would do is not meant.
	const who = () => {
		const user = loaded(me)?.user;
		return user && `${user.tenant_id}/${user.id}`;
	};
	createEffect(
		on(who, (now, before) => {
			if (before === undefined || now === before) return;
			client.clear();
			location.assign("/");
		}),
	);
	const problem = () => (me.isLoadingError ? problemOf(me.error) : null);
	const here = () => route.pathname + route.search;
	return (
		<Switch fallback={<ShellSkeleton />}>
			<Match when={loaded(me)}>
				{(data) => (
					<SessionProvider me={data()}>
						<Shell>
							<ScreenBoundary address={route.pathname}>
								<Suspense>{props.children}</Suspense>
							</ScreenBoundary>
						</Shell>
					</SessionProvider>
				)}
			</Match>
			<Match when={problem()?.code === "UNAUTHORIZED"}>
				<Navigate href={here() === "/" || here() === HOME ? SIGN_IN : `${SIGN_IN}?to=${encodeURIComponent(here())}`} />
			</Match>
			<Match when={problem()}>
				{(found) => (
					<main>
						<ProblemPanel title={t().problems.title} problem={found()} onRetry={() => void me.refetch()} />
					</main>
				)}
			</Match>
		</Switch>
	);
}

/** Screens about API keys, for those who may manage them. */
function Managing(props: { children?: JSX.Element }) {
	const session = useSession();
	return (
		<Show when={mayManageKeys(session())} fallback={<NoPermission />}>
			{props.children}
		</Show>
	);
}

// Before anybody was signed in there is no screen to keep: the route itself leads to the way in.
const client = createQueryClient(() => setSessionEnded(client.getQueryData(meQuery().queryKey) !== undefined));

/** Asks ahead what nearly every visit needs, while the words are still on their way. */
export function prefetch(): void {
	if (location.pathname === SIGN_IN) return;
	void client.prefetchQuery(meQuery());
	// Most visits begin with the list.
	if (location.pathname === HOME || location.pathname === "/") void KeyList.preload();
}

/** Around everything; what fails inside the frame of the dashboard is caught there. */
function Root(props: { location: { pathname: string }; children?: JSX.Element }) {
	return (
		<ScreenBoundary address={props.location.pathname}>
			<Suspense>{props.children}</Suspense>
		</ScreenBoundary>
	);
}

export function App() {
	return (
		<QueryClientProvider client={client}>
			<Router root={Root} scrollRestoration>
				<Route path={SIGN_IN} component={SignIn} />
				<Route component={SignedIn}>
					<Route path="/" component={() => <Navigate href={HOME} />} />
					<Route path="/account" component={Account} />
					<Route path="/integrations" component={Managing}>
						<Route path="/" component={() => <Navigate href={HOME} />} />
						<Route path="/api-keys" component={KeyList} />
						<Route path="/api-keys/new" component={CreateKey} />
						<Route path="/api-keys/:id" component={KeyDetail} />
						<Route path="/api-keys/:id/rotate" component={RotateKey} />
						<Route path="/audit-log" component={AuditLog} />
					</Route>
					<Route path="*" component={NotFound} />
				</Route>
			</Router>
		</QueryClientProvider>
	);
}
