import { createSignal, onCleanup, Show } from "solid-js";
import { ENVIRONMENTS } from "../../../../db/enums.ts";
import { formatNumber, formatSpan } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { Button } from "../../../ui/button.tsx";
import { Icon } from "../../../ui/icon.tsx";
import { ScopeList } from "../scope-list.tsx";
import styles from "./reveal-dialog.module.css";
import { callWhoami, type WhoamiResult } from "./reveal-whoami.ts";

/** Calls the service with the key and shows the response. */
export function TestKey(props: { secret: () => string }) {
	const [busy, setBusy] = createSignal(false);
	const [result, setResult] = createSignal<WhoamiResult>();
	const leaving = new AbortController();
	onCleanup(() => leaving.abort());
	const test = async () => {
		setBusy(true);
		setResult(await callWhoami(props.secret(), leaving.signal));
		setBusy(false);
	};
	return (
		<section class={styles.test}>
			<div class={styles.testHead}>
				<Button busy={busy()} onClick={test}>
					{busy() ? t().create.reveal.testing : t().create.reveal.test}
				</Button>
				<span class="secondary">{t().create.reveal.testHint}</span>
			</div>
			<div aria-live="polite" class={styles.told}>
				<Show when={result()}>{(known) => <Result result={known()} />}</Show>
			</div>
		</section>
	);
}

function Result(props: { result: WhoamiResult }) {
	const works = () => (props.result.kind === "works" ? props.result : undefined);
	const refused = () => (props.result.kind === "refused" ? props.result : undefined);
	return (
		<div class={styles.answer} data-works={works() !== undefined}>
			<p class={styles.verdict}>
				<Icon name={works() ? "check" : "warning"} />
				<span>{verdictOf(props.result)}</span>
			</p>
			<Show when={works()}>{(result) => <KeyFacts result={result()} />}</Show>
			<Show when={refused()}>
				{(result) => (
					<p class="secondary">
						<code>
							{result().status} {result().code}
						</code>
						<Show when={result().requestId}>
							{" "}
							{t().common.requestId} <code>{result().requestId}</code>
						</Show>
					</p>
				)}
			</Show>
		</div>
	);
}

function KeyFacts(props: { result: Extract<WhoamiResult, { kind: "works" }> }) {
	const environment = () => ENVIRONMENTS.find((known) => known === props.result.environment);
	return (
		<dl class={styles.facts}>
			<div>
				<dt>{t().create.reveal.status}</dt>
				<dd>
					<code>{props.result.status}</code>
				</dd>
			</div>
			<div>
				<dt>{t().create.name}</dt>
				<dd>{props.result.name}</dd>
			</div>
			<div>
				<dt>{t().create.environment}</dt>
				<dd>
					<Show when={environment()} fallback={props.result.environment}>
						{(known) => t().keys.environments[known()]}
					</Show>
				</dd>
			</div>
			<div>
				<dt>{t().create.scopes}</dt>
				<dd>
					<ScopeList scopes={props.result.scopes} />
				</dd>
			</div>
			<div>
				<dt>{t().create.reveal.remaining}</dt>
				<dd>{t().create.reveal.remainingOf(formatNumber(props.result.remaining), formatNumber(props.result.limit))}</dd>
			</div>
		</dl>
	);
}

function verdictOf(result: WhoamiResult): string {
	const words = t().create.reveal;
	switch (result.kind) {
		case "works":
			return words.works;
		case "unreachable":
			return words.unreachable;
		case "refused":
			// `whoami` needs no scope, so 403 means that this IP address is not allowed.
			if (result.status === 403) return words.addressRefused;
			if (result.status === 401) return words.unauthorized;
			if (result.status === 429) return words.rateLimited(formatSpan(result.retryAfterMs));
			return words.failed;
		default:
			return result satisfies never;
	}
}
