/** What a screen shows when it has nothing else to show: not yet, nothing there, or not to be had. */
import { type JSX, Show } from "solid-js";
import { Dynamic } from "solid-js/web";
import { explain } from "../api/explain.ts";
import type { Problem } from "../api/problem.ts";
import { t } from "../i18n/index.ts";
import { Button } from "./button.tsx";
import { Icon } from "./icon.tsx";
import styles from "./states.module.css";

/** A grey bar in the place of something that is on its way. `width` and `height` are CSS lengths. */
export function Skeleton(props: { width?: string; height?: string }) {
	return <span class={styles.skeleton} style={{ width: props.width ?? "100%", height: props.height ?? "12px" }} />;
}

/** Tells what belongs here, and the one thing to do about it. */
export function EmptyState(props: {
	title: string;
	/** There is nothing else on the screen, so this is what it is about. */
	screen?: boolean;
	children?: JSX.Element;
	action?: JSX.Element;
}) {
	return (
		<section class={styles.empty}>
			<Dynamic component={props.screen ? "h1" : "h2"} class={styles.title}>
				{props.title}
			</Dynamic>
			<Show when={props.children}>
				<div class={styles.words}>{props.children}</div>
			</Show>
			{props.action}
		</section>
	);
}

/** Something could not be loaded: what, why, the id to quote, and another try. */
export function ProblemPanel(props: { title: string; problem: Problem; onRetry?: () => void }) {
	return (
		<section class={styles.empty} role="alert">
			<h2>{props.title}</h2>
			<div class={styles.words}>
				<p>{explain(props.problem)}</p>
				<Show when={props.problem.requestId}>
					{(id) => (
						<p class="secondary">
							{t().common.requestId} <code>{id()}</code>
						</p>
					)}
				</Show>
			</div>
			<Show when={props.onRetry}>{(retry) => <Button onClick={() => retry()()}>{t().common.tryAgain}</Button>}</Show>
		</section>
	);
}

/** A problem inside a form or dialog, beside what it is about. */
export function ProblemNote(props: { problem: Problem | null }) {
	return (
		<div aria-live="assertive">
			<Show when={props.problem}>
				{(problem) => (
					<div class={styles.note}>
						<Icon name="warning" />
						<div>
							<p>{explain(problem())}</p>
							<Show when={problem().requestId && problem().code !== "VALIDATION_ERROR"}>
								<p class="secondary">
									{t().common.requestId} <code>{problem().requestId}</code>
								</p>
							</Show>
						</div>
					</div>
				)}
			</Show>
		</div>
	);
}

/** Something to know before going on. `warning` is amber, `danger` red, `calm` grey. */
export function Notice(props: { tone: "calm" | "warning" | "danger"; children: JSX.Element }) {
	return (
		<div class={styles.notice} data-tone={props.tone}>
			<Show when={props.tone !== "calm"}>
				<Icon name="warning" />
			</Show>
			<div>{props.children}</div>
		</div>
	);
}
