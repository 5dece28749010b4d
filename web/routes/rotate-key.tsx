import { Navigate, useParams } from "@solidjs/router";
import { createSignal, For, Match, onCleanup, Show, Switch } from "solid-js";
import { ProblemPanel } from "../api/problem-view.tsx";
import type { ApiKey } from "../api/types.ts";
import { KeyActionsProvider } from "../features/keys/key-actions-provider.tsx";
import { type IssuedKey, RevealDialog } from "../features/keys/reveal/reveal-dialog.tsx";
import { type OpenStage, STEPS } from "../features/keys/rotation/rotation.ts";
import { type RotationActions, useRotationActions } from "../features/keys/rotation/rotation-actions.ts";
import { type RotationView, useRotation } from "../features/keys/rotation/rotation-live.ts";
import { RotationStep } from "../features/keys/rotation/rotation-steps.tsx";
import { RotationWizard } from "../features/keys/rotation/rotation-wizard.tsx";
import { formatAgo } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import { paths } from "../paths.ts";
import { useTitle } from "../shell/shell.tsx";
import { BackLink } from "../ui/back-link.tsx";
import { LinkButton } from "../ui/button.tsx";
import { EmptyState, Skeleton } from "../ui/states.tsx";
import styles from "./rotate-key.module.css";

/** Rotates the API key in the URL. The service knows the stage, so the screen can be left and reopened. */
export default function RotateKeyScreen() {
	const params = useParams<{ id: string }>();
	return (
		<KeyActionsProvider>
			<Show when={params.id} keyed>
				{(id) => <Rotation id={id} />}
			</Show>
		</KeyActionsProvider>
	);
}

function Rotation(props: { id: string }) {
	const rotation = useRotation(props.id);
	/** The only place that holds a new key, until the dialog is closed. Above the screen, which remounts meanwhile. */
	const [issued, setIssued] = createSignal<IssuedKey | null>(null);
	onCleanup(() => setIssued(null));
	const actions = useRotationActions(props.id, setIssued);
	let title: HTMLHeadingElement | undefined;
	return (
		<>
			<Show
				when={rotation.underWay()}
				fallback={
					<Screen
						id={props.id}
						rotation={rotation}
						actions={actions}
						titleRef={(element) => {
							title = element;
						}}
						focusAfter={() => title}
					/>
				}
			>
				{(id) => <Navigate href={paths.rotateKey(id())} />}
			</Show>
			<Show when={issued()}>
				{(key) => (
					<RevealDialog
						issued={key()}
						onDone={() => {
							setIssued(null);
							title?.focus();
						}}
					/>
				)}
			</Show>
		</>
	);
}

function Screen(props: {
	id: string;
	rotation: RotationView;
	actions: RotationActions;
	titleRef: (element: HTMLHeadingElement) => void;
	/** Gets the focus when the focused element is gone. */
	focusAfter: () => HTMLElement | undefined;
}) {
	const old = () => props.rotation.old();
	const heading = () => {
		const key = old();
		return key ? t().rotate.title(key.name) : t().rotate.screen;
	};
	useTitle(heading);
	const begun = (): { key: NonNullable<ReturnType<typeof old>>; stage: OpenStage } | null => {
		const key = old();
		const stage = props.rotation.stage();
		return key && stage && stage !== "closed" ? { key, stage } : null;
	};
	return (
		<div class={styles.page}>
			<header class={styles.header}>
				<BackLink href={old() ? paths.key(props.id) : paths.keys}>{old()?.name ?? t().keys.title}</BackLink>
				<h1 ref={props.titleRef} tabindex="-1">
					{heading()}
				</h1>
			</header>
			<Switch fallback={<StepsSkeleton />}>
				<Match when={props.rotation.isGone()}>
					<EmptyState
						title={t().rotate.gone}
						action={<LinkButton href={paths.keys}>{t().rotate.allKeys}</LinkButton>}
					/>
				</Match>
				<Match when={props.rotation.problem()}>
					{(problem) => (
						<ProblemPanel title={t().rotate.loadFailed} problem={problem()} onRetry={props.rotation.retry} />
					)}
				</Match>
				<Match when={props.rotation.stage() === "closed" && old()}>
					{(key) => <Closed old={key()} now={props.rotation.now()} />}
				</Match>
				<Match when={begun()}>
					{(it) => (
						<RotationWizard
							old={it().key}
							stage={it().stage}
							rotation={props.rotation}
							actions={props.actions}
							focusAfter={props.focusAfter}
						/>
					)}
				</Match>
			</Switch>
		</div>
	);
}

/** A key that has ended without a rotation. */
function Closed(props: { old: ApiKey; now: number }) {
	const words = () => t().rotate.closed;
	const text = () => {
		const { status, revoked_at, expires_at } = props.old;
		return status === "expired" && expires_at !== null
			? words().expired(formatAgo(expires_at, props.now))
			: words().revoked(formatAgo(revoked_at ?? props.old.revokes_at ?? new Date(props.now).toISOString(), props.now));
	};
	return (
		<EmptyState
			title={words().title}
			action={
				<>
					<LinkButton href={paths.newKeyLike(props.old.id)} variant="primary">
						{words().create}
					</LinkButton>
					<LinkButton href={paths.key(props.old.id)}>{words().open}</LinkButton>
				</>
			}
		>
			<p>{text()}</p>
		</EmptyState>
	);
}

/** The steps without content, until the stage is known. */
function StepsSkeleton() {
	return (
		<div aria-busy="true">
			<p class={styles.intro}>{t().rotate.intro}</p>
			<ol aria-label={t().rotate.steps}>
				<For each={STEPS}>
					{(step) => (
						<RotationStep step={step} state="todo">
							<Skeleton width="60%" />
						</RotationStep>
					)}
				</For>
			</ol>
		</div>
	);
}
