import * as Kobalte from "@kobalte/core/toast";
import { Show } from "solid-js";
import { Portal } from "solid-js/web";
import { explain } from "../api/explain.ts";
import type { Problem } from "../api/problem.ts";
import { t } from "../i18n/index.ts";
import { Icon } from "./icon.tsx";
import styles from "./toast.module.css";

/** Says in passing that something was done. */
export function notify(text: string): void {
	show(text, null, false);
}

/** Says that something failed, with the id to quote. It stays longer: it may have to be copied. */
export function notifyProblem(problem: Problem): void {
	show(explain(problem), problem.requestId, true);
}

/** Says that something failed after its screen had been left. */
export function notifyAbandoned(problem: Problem): void {
	show(t().problems.abandoned(explain(problem)), problem.requestId, true);
}

const CALM_MS = 5_000;
const PROBLEM_MS = 20_000;

function show(text: string, requestId: string | null, isProblem: boolean): void {
	Kobalte.toaster.show((toast) => (
		<Kobalte.Root
			// An item of a list that is a status at the same time is neither to a screen reader.
			as="div"
			toastId={toast.toastId}
			class={styles.toast}
			priority={isProblem ? "high" : "low"}
			duration={isProblem ? PROBLEM_MS : CALM_MS}
		>
			<span classList={{ [(isProblem ? styles.bad : styles.good) ?? ""]: true }}>
				<Icon name={isProblem ? "warning" : "check"} />
			</span>
			<div class={styles.words}>
				<Kobalte.Title as="div">{text}</Kobalte.Title>
				<Show when={requestId}>
					{(id) => (
						<Kobalte.Description as="div" class="secondary">
							{t().common.requestId} <code>{id()}</code>
						</Kobalte.Description>
					)}
				</Show>
			</div>
			<Kobalte.CloseButton class={styles.cross} aria-label={t().common.close}>
				<Icon name="close" />
			</Kobalte.CloseButton>
		</Kobalte.Root>
	));
}

/** Where toasts appear. Once per page. */
export function Toaster() {
	return (
		<Portal>
			<Kobalte.Region aria-label={t().common.notifications} limit={3}>
				<Kobalte.List as="div" class={styles.list} />
			</Kobalte.Region>
		</Portal>
	);
}
