import { A, useLocation } from "@solidjs/router";
import {
	createEffect,
	createSignal,
	ErrorBoundary,
	type JSX,
	lazy,
	on,
	onCleanup,
	onMount,
	Show,
	Suspense,
} from "solid-js";
import { sessionEnded } from "../api/query-client.ts";
import { t } from "../i18n/index.ts";
import { paths } from "../paths.ts";
import { may, useSession } from "../session/session.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { notify, Toaster } from "../ui/toast.tsx";
import styles from "./shell.module.css";
import { ShortcutProvider } from "./shortcuts.tsx";

const SessionEndedDialog = lazy(() => import("../session/session-ended-dialog.tsx"));

/** The dialog loads this long after the page: when it is needed, there may be no connection to load it with. */
const PRELOAD_AFTER_MS = 3_000;

/** Names the screen in the browser's tab. */
export function useTitle(title: () => string): void {
	createEffect(() => {
		document.title = `${title()} · SalesOS`;
	});
}

export function Brand() {
	return (
		<span class={styles.logo}>
			<img src="/icon.svg" alt="" width="24" height="24" />
			SalesOS
		</span>
	);
}

/** The frame of every screen: navigation, offline bar, toasts, and the dialog for an ended session. */
export function Shell(props: { children: JSX.Element }) {
	const location = useLocation();
	let main: HTMLElement | undefined;
	// Focus moves to the start of a new screen, unless the screen has moved it itself.
	createEffect(
		on(
			() => location.pathname,
			() => !main?.contains(document.activeElement) && main?.focus({ preventScroll: true }),
			{ defer: true },
		),
	);
	// Wait for a connection: browsers do not retry an import that has failed once.
	const preload = () => {
		if (navigator.onLine) void SessionEndedDialog.preload().catch(() => {});
		else window.addEventListener("online", preload, { once: true });
	};
	const timer = setTimeout(preload, PRELOAD_AFTER_MS);
	onCleanup(() => {
		clearTimeout(timer);
		window.removeEventListener("online", preload);
	});
	return (
		<ShortcutProvider>
			<div class={styles.shell}>
				{/* The target keeps the router from handling the link: only the browser moves the focus with it. */}
				<a class={styles.skip} href="#content" target="_self">
					{t().shell.skip}
				</a>
				<SideBar />
				<div class={styles.main}>
					<OfflineBar />
					<SuspendedBar />
					<main id="content" tabindex="-1" class={styles.content} ref={main}>
						{props.children}
					</main>
				</div>
			</div>
			<Show when={sessionEnded()}>
				<ErrorBoundary fallback={<SessionEndedToast />}>
					<Suspense>
						<SessionEndedDialog />
					</Suspense>
				</ErrorBoundary>
			</Show>
			<Toaster label={t().common.notifications} closeLabel={t().common.close} />
		</ShortcutProvider>
	);
}

/** Shown if the dialog cannot be loaded. */
function SessionEndedToast() {
	onMount(() => notify(t().problems.unauthorized));
	return null;
}

/** The frame without content, until the session is known. */
export function ShellSkeleton() {
	return (
		<div class={styles.shell} aria-busy="true">
			<header class={styles.side}>
				<div class={styles.brand}>
					<Brand />
				</div>
			</header>
			<main class={styles.main} aria-label={t().common.loading} />
		</div>
	);
}

function SideBar() {
	const session = useSession();
	return (
		<header class={styles.side}>
			<div class={styles.brand}>
				<Brand />
			</div>
			<nav class={styles.nav} aria-label={t().shell.navigation}>
				<span class={styles.group}>{t().shell.integrations}</span>
				<NavLink href={paths.keys} icon="key" label={t().shell.apiKeys} />
				<NavLink href={paths.auditLog} icon="log" label={t().shell.auditLog} />
				<Show when={may(session(), "members:read") || may(session(), "tokens:read")}>
					<span class={styles.group}>{t().shell.settings}</span>
				</Show>
				<Show when={may(session(), "members:read")}>
					<NavLink href={paths.members} icon="people" label={t().shell.members} />
				</Show>
				<Show when={may(session(), "tokens:read")}>
					<NavLink href={paths.tokens} icon="terminal" label={t().shell.tokens} />
				</Show>
				<NavLink href={paths.account} icon="person" label={t().shell.account} bottom>
					<span class={styles.who}>
						<span class={styles.name}>{session().user.name ?? session().user.email ?? session().user.id}</span>
						<span class="secondary">{session().tenant?.name ?? session().user.tenant_id}</span>
					</span>
				</NavLink>
			</nav>
		</header>
	);
}

function NavLink(props: { href: string; icon: IconName; label: string; bottom?: boolean; children?: JSX.Element }) {
	return (
		<A
			href={props.href}
			class={styles.link}
			activeClass={styles.current ?? ""}
			classList={{ [styles.bottom ?? ""]: props.bottom === true }}
		>
			<Icon name={props.icon} />
			<Show when={props.children} fallback={props.label}>
				<span class="visually-hidden">{props.label}:</span>
				{props.children}
				<span class={styles.short} aria-hidden="true">
					{props.label}
				</span>
			</Show>
		</A>
	);
}

/** Shown while the browser is offline: the screen may be out of date, and nothing can be changed. */
/** Why every change is refused. */
function SuspendedBar() {
	const session = useSession();
	const isSuspended = () => session().tenant?.suspended_at != null;
	return (
		<div role="status">
			<Show when={isSuspended()}>
				<div class={styles.bar}>
					<Icon name="warning" />
					{t().shell.suspended}
				</div>
			</Show>
		</div>
	);
}

function OfflineBar() {
	const [offline, setOffline] = createSignal(!navigator.onLine);
	const update = () => setOffline(!navigator.onLine);
	onMount(() => {
		window.addEventListener("online", update);
		window.addEventListener("offline", update);
	});
	onCleanup(() => {
		window.removeEventListener("online", update);
		window.removeEventListener("offline", update);
	});
	return (
		<div role="status">
			<Show when={offline()}>
				<div class={styles.bar}>
					<Icon name="offline" />
					{t().shell.offline}
				</div>
			</Show>
		</div>
	);
}
