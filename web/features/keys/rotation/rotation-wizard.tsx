import { createEffect, createSignal, Match, on, Show, Switch } from "solid-js";
import { ProblemNote } from "../../../api/problem-view.tsx";
import type { ApiKeyDetail } from "../../../api/types.ts";
import { formatAgo } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { paths } from "../../../paths.ts";
import { Button, LinkButton } from "../../../ui/button.tsx";
import { Notice } from "../../../ui/states.tsx";
import { useKeyActions } from "../key-actions.ts";
import { keyHint, keyState } from "../key-state.ts";
import styles from "./rotation.module.css";
import { type OpenStage, stepStates } from "./rotation.ts";
import type { RotationActions } from "./rotation-actions.ts";
import { AnotherDialog } from "./rotation-another.tsx";
import { RotationForm } from "./rotation-create.tsx";
import type { RotationView } from "./rotation-live.ts";
import { EndPlan, Silence } from "./rotation-retire.tsx";
import { Confirmation, RotationStep } from "./rotation-steps.tsx";
import { UpdateStep } from "./rotation-update.tsx";
import { AwaitedUse, Liveness, SeenUse } from "./rotation-use.tsx";

/** The four steps with their content at this stage. */
export function RotationWizard(props: {
	old: ApiKeyDetail;
	stage: OpenStage;
	rotation: RotationView;
	actions: RotationActions;
	/** Gets the focus when the focused element is gone. */
	focusAfter: () => HTMLElement | undefined;
}) {
	const keys = useKeyActions();
	const now = () => props.rotation.now();
	const successor = () => props.rotation.successor();
	const states = () => stepStates(props.stage);
	/** The successor that the person wants to replace. */
	const [lost, setLost] = createSignal<ApiKeyDetail | null>(null);
	const replace = async (last: ApiKeyDetail | null) => {
		const settled = await props.actions.replace(props.old, last);
		// After a failure the dialog stays open and shows the problem, unless there is nothing to replace any more.
		if (settled || props.stage !== "update") setLost(null);
	};

	/** Announces a new stage to screen readers. */
	const [announcement, setAnnouncement] = createSignal("");
	createEffect(
		on(
			() => props.stage,
			(stage) => setAnnouncement(stage === "create" ? "" : t().rotate.announcements[stage]),
			{ defer: true },
		),
	);

	const startRevoking = (event: MouseEvent & { currentTarget: HTMLElement }) => {
		const button = event.currentTarget;
		let isDone = false;
		keys.start({
			kind: "revoke",
			keys: [props.old],
			onDone: () => {
				isDone = true;
			},
			returnFocusTo: () => (isDone ? props.focusAfter() : button),
		});
	};

	return (
		<>
			<p class="visually-hidden" role="status">
				{announcement()}
			</p>
			<Switch fallback={<p class={styles.intro}>{t().rotate.intro}</p>}>
				<Match when={props.stage === "done"}>
					<Done old={props.old} successor={successor()} isReplaced={isWorking(successor(), now())} />
				</Match>
				{/* The intro says that no request fails, which is no longer true here. */}
				<Match when={props.stage === "cut"}>{null}</Match>
			</Switch>
			<ol aria-label={t().rotate.steps}>
				<RotationStep step="create" state={states().create}>
					<Switch>
						<Match when={props.stage === "create"}>
							<p>{t().rotate.create.text}</p>
							<RotationForm
								old={props.old}
								now={now}
								busy={props.actions.busy()}
								onSubmit={(choice) => void props.actions.create(choice)}
							/>
							<ProblemNote problem={props.actions.problem()} />
						</Match>
						<Match when={props.stage === "replace"}>
							<Notice tone="warning">{t().rotate.replace.text}</Notice>
							<Button variant="primary" busy={props.actions.busy()} onClick={() => void replace(successor())}>
								{props.actions.busy() ? t().rotate.create.busy : t().rotate.replace.submit}
							</Button>
							<ProblemNote problem={props.actions.problem()} />
						</Match>
						<Match when={successor()}>
							{(key) => <p>{t().rotate.create.done(keyHint(key()), formatAgo(key().created_at, now()))}</p>}
						</Match>
					</Switch>
				</RotationStep>
				<RotationStep step="update" state={states().update}>
					<Show when={states().update === "current" && successor()}>
						{(key) => (
							<UpdateStep
								old={props.old}
								successor={key()}
								tooLate={props.stage === "cut"}
								now={now}
								onLost={() => {
									props.actions.reset();
									setLost(key());
								}}
							/>
						)}
					</Show>
				</RotationStep>
				<RotationStep step="use" state={states().use}>
					<Show when={props.stage !== "create" && props.stage !== "replace" && successor()}>
						{(key) => (
							<Show
								when={states().use === "done"}
								fallback={<AwaitedUse successor={key()} now={now} live={props.rotation.isLive()} />}
							>
								<SeenUse successor={key()} firstUse={props.rotation.firstUse()} now={now} />
							</Show>
						)}
					</Show>
				</RotationStep>
				<RotationStep step="retire" state={states().retire}>
					<Switch>
						<Match when={props.stage === "watch" && successor()}>
							{(key) => (
								<>
									<Liveness live={props.rotation.isLive()} />
									<Silence old={props.old} successor={key()} now={now} />
									<EndPlan old={props.old} now={now} />
									<Button variant="danger" onClick={startRevoking}>
										{t().rotate.retire.revoke}
									</Button>
								</>
							)}
						</Match>
						<Match when={states().retire === "done"}>
							<Ended old={props.old} now={now()} />
						</Match>
						<Match when={props.stage !== "create"}>
							<p>{t().rotate.retire.later}</p>
							<EndPlan old={props.old} now={now} />
						</Match>
					</Switch>
				</RotationStep>
			</ol>
			<Show when={lost()}>
				{(key) => (
					<AnotherDialog
						lost={key()}
						busy={props.actions.busy()}
						problem={props.actions.problem()}
						onConfirm={() => void replace(key())}
						onClose={() => !props.actions.busy() && setLost(null)}
						returnFocusTo={props.focusAfter}
					/>
				)}
			</Show>
		</>
	);
}

const isWorking = (key: ApiKeyDetail | null, now: number): boolean => {
	if (key === null) return false;
	const state = keyState(key, now);
	return state !== "revoked" && state !== "expired";
};

/** After all four steps. */
function Done(props: { old: ApiKeyDetail; successor: ApiKeyDetail | null; isReplaced: boolean }) {
	return (
		<section class={styles.stack} aria-labelledby="rotation-done">
			<Confirmation>
				<h2 id="rotation-done">{t().rotate.done.title}</h2>
				<p>
					{props.successor && props.isReplaced
						? t().rotate.done.text(keyHint(props.old), keyHint(props.successor))
						: t().rotate.done.bothEnded(keyHint(props.old))}
				</p>
			</Confirmation>
			<div class={styles.buttons}>
				<Show when={props.successor}>
					{(key) => (
						<LinkButton variant="primary" href={paths.key(key().id)}>
							{t().rotate.done.open}
						</LinkButton>
					)}
				</Show>
				<LinkButton href={paths.keys}>{t().rotate.allKeys}</LinkButton>
			</div>
		</section>
	);
}

/** When the old key ended. */
function Ended(props: { old: ApiKeyDetail; now: number }) {
	const words = () => t().rotate.retire;
	const text = () => {
		const { revoked_at, revokes_at, expires_at } = props.old;
		if (keyState(props.old, props.now) === "expired" && expires_at !== null)
			return words().expired(formatAgo(expires_at, props.now));
		const at = revoked_at ?? revokes_at;
		return at === null ? "" : words().revoked(formatAgo(at, props.now));
	};
	return <p>{text()}</p>;
}
