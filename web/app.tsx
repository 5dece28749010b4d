/** The screens and their paths. Each screen loads when it is first opened. */
import { Navigate, Route, Router, useLocation } from "@solidjs/router";
import { QueryClientProvider, useQuery, useQueryClient } from "@tanstack/solid-query";
import { createEffect, type JSX, lazy, Match, on, onCleanup, onMount, Show, Suspense, Switch } from "solid-js";
import type { Permission } from "../db/enums.ts";
import { problemOf } from "./api/problem.ts";
import { ProblemPanel } from "./api/problem-view.tsx";
import { dataOf, meQuery, signInOptionsQuery } from "./api/queries.ts";
import { createQueryClient, setSessionEnded } from "./api/query-client.ts";
import { t, withPart } from "./i18n/index.ts";
import { paths } from "./paths.ts";
import { onSignInElsewhere } from "./session/other-tabs.ts";
import { may, SessionProvider, useSession } from "./session/session.tsx";
import { ScreenBoundary } from "./shell/screen-boundary.tsx";
import { Shell, ShellSkeleton } from "./shell/shell.tsx";

const SignIn = lazy(() => withPart("signIn", import("./routes/sign-in.tsx")));
const KeyList = lazy(() => import("./routes/key-list.tsx"));
const CreateKey = lazy(() => import("./routes/create-key.tsx"));
const KeyDetail = lazy(() => withPart("audit", import("./routes/key-detail.tsx")));
const RotateKey = lazy(() => withPart("rotate", import("./routes/rotate-key.tsx")));
const Sandbox = lazy(() => withPart("sandbox", import("./routes/sandbox.tsx")));
const AuditLog = lazy(() => withPart("audit", import("./routes/audit-log.tsx")));
const Members = lazy(() => withPart("members", import("./routes/members.tsx")));
const AccessLink = lazy(() => withPart("members", import("./routes/access-link.tsx")));
const ForgotPassword = lazy(() => withPart("members", import("./routes/forgot-password.tsx")));
const Sessions = lazy(() => withPart("audit", withPart("sessions", import("./routes/sessions.tsx"))));
const Tokens = lazy(() => withPart("tokens", import("./routes/tokens.tsx")));
const Platform = lazy(() => withPart("platform", import("./routes/platform.tsx")));
const Account = lazy(() => import("./routes/account.tsx"));
const NoPermission = lazy(() => import("./routes/no-permission.tsx"));
const NotFound = lazy(() => import("./routes/not-found.tsx"));

/** Shows the screen to a person who is signed in, and redirects everyone else to the sign-in form. */
function SignedIn(props: { children?: JSX.Element }) {
	const route = useLocation();
	// Take the prefetched response as it is, even if the service rejected the request.
	const me = useQuery(() => ({ ...meQuery(), retryOnMount: false }));
	const client = useQueryClient();
	onCleanup(
		onSignInElsewhere((userId) => {
			void me.refetch();
			if (userId !== dataOf(me)?.user.id) return;
			setSessionEnded(false);
			void client.invalidateQueries();
		}),
	);
	// Another person has signed in with another tab: what this page shows is not theirs.
	const identity = () => {
		const user = dataOf(me)?.user;
		return user && `${user.tenant_id}/${user.id}`;
	};
	createEffect(
		on(identity, (now, before) => {
			if (before === undefined || now === before) return;
			client.clear();
			location.assign("/");
		}),
	);
	const problem = () => (me.isLoadingError ? problemOf(me.error) : null);
	const currentPath = () => route.pathname + route.search;
	return (
		<Switch fallback={<ShellSkeleton />}>
			<Match when={dataOf(me)}>
				{(data) => (
					<SessionProvider me={data()}>
						<Shell>
							<ScreenBoundary path={route.pathname}>
								<Suspense>{props.children}</Suspense>
							</ScreenBoundary>
						</Shell>
					</SessionProvider>
				)}
			</Match>
			<Match when={problem()?.code === "UNAUTHORIZED"}>
				<Navigate href={signInPath(currentPath())} />
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

/** The sign-in form that leads back to this path. */
function signInPath(path: string): string {
	if (path === "/" || path === paths.keys) return paths.signIn;
	return `${paths.signIn}?${new URLSearchParams({ to: path })}`;
}

/** Shows the screen to people who may manage API keys. */
function KeyManagersOnly(props: { children?: JSX.Element }) {
	const session = useSession();
	return (
		<Show when={may(session(), "keys:write")} fallback={<NoPermission />}>
			{props.children}
		</Show>
	);
}

/** Shows the screen to people who have the permission. */
function PermittedOnly(props: { permission: Permission; children: JSX.Element }) {
	const session = useSession();
	return (
		<Show when={may(session(), props.permission)} fallback={<NoPermission permission={props.permission} />}>
			{props.children}
		</Show>
	);
}

const PermittedTokens = () => (
	<PermittedOnly permission="tokens:read">
		<Tokens />
	</PermittedOnly>
);

const client = createQueryClient();

/** Screens of people who are not signed in. */
const PUBLIC_PATHS = new Set([paths.signIn, paths.forgotPassword, paths.invite, paths.reset]);

/** Requests what nearly every visit needs, while the texts are still loading. */
export function prefetch(): void {
	if (location.pathname === paths.signIn) void client.prefetchQuery(signInOptionsQuery());
	if (PUBLIC_PATHS.has(location.pathname) || location.pathname.startsWith(paths.platform)) return;
	void client.prefetchQuery(meQuery());
	// Most visits begin with the list.
	if (location.pathname === paths.keys || location.pathname === "/") void KeyList.preload();
}

/** A visit to the list is usually followed by one to a key. Offline, its screen could not be loaded then. */
const PRELOAD_AFTER_MS = 3_000;

function preloadKeyScreen(): void {
	if (navigator.onLine) void KeyDetail.preload().catch(() => {});
	else window.addEventListener("online", preloadKeyScreen, { once: true });
}

/** Catches what fails outside of the shell, which has a boundary of its own. */
function Root(props: { location: { pathname: string }; children?: JSX.Element }) {
	return (
		<ScreenBoundary path={props.location.pathname}>
			<Suspense>{props.children}</Suspense>
		</ScreenBoundary>
	);
}

export function App() {
	onMount(() => setTimeout(preloadKeyScreen, PRELOAD_AFTER_MS));
	return (
		<QueryClientProvider client={client}>
			<Router root={Root} scrollRestoration>
				<Route path={paths.signIn} component={SignIn} />
				<Route path={paths.forgotPassword} component={ForgotPassword} />
				<Route path={paths.invite} component={AccessLink} />
				<Route path={paths.reset} component={AccessLink} />
				<Route
					path={[paths.platform, paths.platformFind, paths.platformOperations, paths.platformTenant(":id")]}
					component={Platform}
				/>
				<Route component={SignedIn}>
					<Route path="/" component={() => <Navigate href={paths.keys} />} />
					<Route path={paths.account} component={Account} />
					<Route path={paths.members} component={Members} />
					<Route path={paths.sessions} component={Sessions} />
					{/* For every role: its calls are made with the pasted key, not with the session. */}
					<Route path={paths.sandbox} component={Sandbox} />
					<Route path={paths.tokens} component={PermittedTokens} />
					<Route component={KeyManagersOnly}>
						<Route path={paths.integrations} component={() => <Navigate href={paths.keys} />} />
						<Route path={paths.keys} component={KeyList} />
						<Route path={paths.newKey} component={CreateKey} />
						<Route path={paths.key(":id")} component={KeyDetail} />
						<Route path={paths.rotateKey(":id")} component={RotateKey} />
						<Route path={paths.auditLog} component={AuditLog} />
					</Route>
					<Route path="*" component={NotFound} />
				</Route>
			</Router>
		</QueryClientProvider>
	);
}
