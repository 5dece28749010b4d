import { A, Navigate, useParams } from "@solidjs/router";
import { createSignal, For, Match, onCleanup, Show, Switch } from "solid-js";
import type { ApiKey } from "../../worker/schemas/api-key.ts";
import { KeyActionsProvider } from "../features/keys/actions.tsx";
import { formatAgo } from "../features/keys/ago.ts";
import { type IssuedKey, RevealDialog } from "../features/keys/reveal/reveal-dialog.tsx";
import { type OpenStage, STEPS } from "../features/keys/rotation/rotation.ts";
import { type RotationActions, useRotationActions } from "../features/keys/rotation/rotation-actions.ts";
import { type RotationView, useRotation } from "../features/keys/rotation/rotation-live.ts";
import { RotationStep } from "../features/keys/rotation/rotation-steps.tsx";
import { RotationWizard } from "../features/keys/rotation/rotation-wizard.tsx";
import { t } from "../i18n/index.ts";
import { HOME } from "../session/local-path.ts";
import { useTitle } from "../shell/title.ts";
import { LinkButton } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { EmptyState, ProblemPanel, Skeleton } from "../ui/states.tsx";
import styles from "./rotate-key.module.css";

/** Rotates the API key of the address. How far that has come the server knows. */
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
	/** The only place where a new key ever is, and only until the dialog is left. Above all that comes and goes below. */
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
				{(id) => <Navigate href={`${HOME}/${id()}/rotate`} />}
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
	/** Takes the focus when what had it is gone. */
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
				<A class={styles.back} href={old() ? `${HOME}/${props.id}` : HOME}>
					<Icon name="back" />
					{old()?.name ?? t().keys.title}
				</A>
				<h1 ref={props.titleRef} tabindex="-1">
					{heading()}
				</h1>
			</header>
			<Switch fallback={<StepsSkeleton />}>
				<Match when={props.rotation.isGone()}>
					<EmptyState title={t().rotate.gone} action={<LinkButton href={HOME}>{t().rotate.allKeys}</LinkButton>} />
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

/** A key that has ended without having been rotated. */
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
				<div class={styles.buttons}>
					<LinkButton href={`${HOME}/new`} variant="primary">
						{words().create}
					</LinkButton>
					<LinkButton href={`${HOME}/${props.old.id}`}>{words().open}</LinkButton>
				</div>
			}
		>
			<p>{text()}</p>
		</EmptyState>
	);
}

/** The steps without anything in them, until it is known which one it is. */
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
