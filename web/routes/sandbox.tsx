import { createSignal, onCleanup } from "solid-js";
import { SandboxForm } from "../features/sandbox/sandbox-form.tsx";
import { SandboxResult } from "../features/sandbox/sandbox-result.tsx";
import type { Outcome } from "../features/sandbox/signed-call.ts";
import { t } from "../i18n/index.ts";
import { useTitle } from "../shell/shell.tsx";
import styles from "./sandbox.module.css";

/** The screen that signs a request in the browser, sends it, and explains the response. */
export default function SandboxScreen() {
	const [outcome, setOutcome] = createSignal<Outcome | null>(null);
	onCleanup(() => setOutcome(null));
	useTitle(() => t().sandbox.title);
	return (
		<div class={styles.page}>
			<header class={styles.head}>
				<p class="secondary">{t().shell.integrations}</p>
				<h1>{t().sandbox.title}</h1>
				<p class={styles.purpose}>{t().sandbox.purpose}</p>
			</header>
			<div class={styles.halves}>
				<SandboxForm onSent={setOutcome} />
				<SandboxResult outcome={outcome()} />
			</div>
		</div>
	);
}
