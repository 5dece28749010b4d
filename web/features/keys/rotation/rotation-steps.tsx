import type { JSX } from "solid-js";
import { Show } from "solid-js";
import { t } from "../../../i18n/index.ts";
import { Icon } from "../../../ui/icon.tsx";
import styles from "./rotation.module.css";
import { STEPS, type Step, type StepState } from "./rotation.ts";

/** One of the four steps: number or check mark, title and content. */
export function RotationStep(props: { step: Step; state: StepState; children?: JSX.Element }) {
	return (
		<li class={styles.step} data-state={props.state} aria-current={props.state === "current" ? "step" : undefined}>
			<span class={styles.mark} aria-hidden="true">
				<Show when={props.state === "done"} fallback={STEPS.indexOf(props.step) + 1}>
					<Icon name="check" />
				</Show>
			</span>
			<div class={styles.content}>
				<h2>
					<Show when={props.state === "done"}>
						<span class="visually-hidden">{t().rotate.isDone} </span>
					</Show>
					{t().rotate[props.step].title}
				</h2>
				{props.children}
			</div>
		</li>
	);
}

/** Says that something went well. */
export function Confirmation(props: { children: JSX.Element }) {
	return (
		<div class={styles.confirmation}>
			<Icon name="check" />
			<div>{props.children}</div>
		</div>
	);
}
