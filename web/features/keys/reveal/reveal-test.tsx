import { createSignal, onCleanup, Show } from "solid-js";
import { ENVIRONMENTS } from "../../../../db/enums.ts";
import { formatNumber, formatSpan } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { Button } from "../../../ui/button.tsx";
import { Icon } from "../../../ui/icon.tsx";
import { ScopeList } from "../scope-list.tsx";
import styles from "./reveal-dialog.module.css";
import { callWhoami, type WhoamiAnswer } from "./reveal-whoami.ts";

/** Presents the key to the service and shows what it says. */
export function TestKey(props: { secret: () => string }) {
	const [busy, setBusy] = createSignal(false);
	const [answer, setAnswer] = createSignal<WhoamiAnswer>();
	const leaving = new AbortController();
	onCleanup(() => leaving.abort());
	const test = async () => {
		setBusy(true);
		setAnswer(await callWhoami(props.secret(), leaving.signal));
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
				<Show when={answer()}>{(given) => <Answer answer={given()} />}</Show>
			</div>
		</section>
	);
}

function Answer(props: { answer: WhoamiAnswer }) {
	const works = () => (props.answer.kind === "works" ? props.answer : undefined);
	const refused = () => (props.answer.kind === "refused" ? props.answer : undefined);
	return (
		<div class={styles.answer} data-works={works() !== undefined}>
			<p class={styles.verdict}>
				<Icon name={works() ? "check" : "warning"} />
				<span>{verdictOf(props.answer)}</span>
			</p>
			<Show when={works()}>{(answer) => <KeyFacts answer={answer()} />}</Show>
			<Show when={refused()}>
				{(answer) => (
					<p class="secondary">
						<code>
							{answer().status} {answer().code}
						</code>
						<Show when={answer().requestId}>
							{" "}
							{t().common.requestId} <code>{answer().requestId}</code>
						</Show>
					</p>
				)}
			</Show>
		</div>
	);
}

function KeyFacts(props: { answer: Extract<WhoamiAnswer, { kind: "works" }> }) {
	const environment = () => ENVIRONMENTS.find((known) => known === props.answer.environment);
	return (
		<dl class={styles.facts}>
			<div>
				<dt>{t().create.reveal.status}</dt>
				<dd>
					<code>{props.answer.status}</code>
				</dd>
			</div>
			<div>
				<dt>{t().create.name}</dt>
				<dd>{props.answer.name}</dd>
			</div>
			<div>
				<dt>{t().create.environment}</dt>
				<dd>
					<Show when={environment()} fallback={props.answer.environment}>
						{(known) => t().keys.environments[known()]}
					</Show>
				</dd>
			</div>
			<div>
				<dt>{t().create.scopes}</dt>
				<dd>
					<ScopeList scopes={props.answer.scopes} />
				</dd>
			</div>
			<div>
				<dt>{t().create.reveal.remaining}</dt>
				<dd>{t().create.reveal.remainingOf(formatNumber(props.answer.remaining), formatNumber(props.answer.limit))}</dd>
			</div>
		</dl>
	);
}

function verdictOf(answer: WhoamiAnswer): string {
	const words = t().create.reveal;
	switch (answer.kind) {
		case "works":
			return words.works;
		case "unreachable":
			return words.unreachable;
		case "refused":
			// `whoami` needs no scope: a key that is known and may not is in the wrong place.
			if (answer.status === 403) return words.addressRefused;
			if (answer.status === 401) return words.unauthorized;
			if (answer.status === 429) return words.rateLimited(formatSpan(answer.retryAfterMs));
			return words.failed;
		default:
			return answer satisfies never;
	}
}
