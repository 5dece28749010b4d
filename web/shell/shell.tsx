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
import { t } from "../i18n/index.ts";
import { sessionEnded } from "../session/ended.ts";
import { AUDIT_LOG, HOME } from "../session/local-path.ts";
import { useSession } from "../session/session.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { notify, Toaster } from "../ui/toast.tsx";
import { Brand } from "./brand.tsx";
import styles from "./shell.module.css";
import { ShortcutProvider } from "./shortcuts.tsx";

const SessionEndedDialog = lazy(() => import("../session/session-ended-dialog.tsx"));

/** A page that has come to rest gets the dialog ahead: when it is needed, there may be no connection to get it by. */
const REST_MS = 3_000;

/** What surrounds every screen: the side bar, which is a bottom bar on a phone, and what may come over all of them. */
export function Shell(props: { children: JSX.Element }) {
	const location = useLocation();
	let main: HTMLElement | undefined;
	// A new screen is read from its beginning, unless it has put the focus somewhere itself.
	createEffect(
		on(
			() => location.pathname,
			() => !main?.contains(document.activeElement) && main?.focus({ preventScroll: true }),
			{ defer: true },
		),
	);
	// Not without a connection: what has failed once browsers do not ask for again.
	const getAhead = () => {
		if (navigator.onLine) void SessionEndedDialog.preload().catch(() => {});
		else window.addEventListener("online", getAhead, { once: true });
	};
	const ahead = setTimeout(getAhead, REST_MS);
	onCleanup(() => {
		clearTimeout(ahead);
		window.removeEventListener("online", getAhead);
	});
	return (
		<ShortcutProvider>
			<div class={styles.shell}>
				{/* With a target it is the browser's link and not the router's, which would move no focus. */}
				<a class={styles.skip} href="#content" target="_self">
					{t().shell.skip}
				</a>
				<SideBar />
				<div class={styles.main}>
					<OfflineBar />
					<main id="content" tabindex="-1" class={styles.content} ref={main}>
						{props.children}
					</main>
				</div>
			</div>
			<Show when={sessionEnded()}>
				<ErrorBoundary fallback={<SignInAnew />}>
					<Suspense>
						<SessionEndedDialog />
					</Suspense>
				</ErrorBoundary>
			</Show>
			<Toaster />
		</ShortcutProvider>
	);
}

/** In place of a dialog that cannot be loaded: what it would ask for takes a new page. */
function SignInAnew() {
	onMount(() => notify(t().problems.unauthorized));
	return null;
}

/** The frame alone, while it is being asked who is signed in. */
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
				<NavLink href={HOME} icon="key" label={t().shell.apiKeys} />
				<NavLink href={AUDIT_LOG} icon="log" label={t().shell.auditLog} />
				<NavLink href="/account" icon="person" label={t().shell.account} bottom>
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

/** Says so while there is no connection: what is on the screen may be old, and nothing can be changed. */
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
				<div class={styles.offline}>
					<Icon name="offline" />
					{t().shell.offline}
				</div>
			</Show>
		</div>
	);
}
