/** What a screen shows without its content: loading, empty, failed. And notices between its content. */
import { type JSX, Show } from "solid-js";
import { Dynamic } from "solid-js/web";
import { Icon } from "./icon.tsx";
import styles from "./states.module.css";

/** A grey bar in place of something that is loading. `width` and `height` are CSS lengths. */
export function Skeleton(props: { width?: string; height?: string }) {
	return <span class={styles.skeleton} style={{ width: props.width ?? "100%", height: props.height ?? "12px" }} />;
}

/** Says what belongs here, with the actions that make sense. */
export function EmptyState(props: {
	title: string;
	/** This is all there is on the screen, so its title is the screen's heading. */
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
			<Show when={props.action}>
				<div class={styles.actions}>{props.action}</div>
			</Show>
		</section>
	);
}

/** Something could not be loaded. The children say why. */
export function FailedState(props: { title: string; children: JSX.Element; action?: JSX.Element }) {
	return (
		<section class={styles.empty} role="alert">
			<h2>{props.title}</h2>
			<div class={styles.words}>{props.children}</div>
			{props.action}
		</section>
	);
}

/** What went wrong, inside a form or dialog. */
export function FormNote(props: { children: JSX.Element }) {
	return (
		<div class={styles.note}>
			<Icon name="warning" />
			<div>{props.children}</div>
		</div>
	);
}

/** Something to know before the next step. `warning` is amber, `danger` red, `calm` grey. */
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
