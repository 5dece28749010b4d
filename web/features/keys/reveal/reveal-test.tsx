import { createSignal, Match, Show, Switch } from "solid-js";
import { createAction } from "../../../api/action.ts";
import { api } from "../../../api/client.ts";
import { ProblemNote } from "../../../api/problem-view.tsx";
import type { Verification } from "../../../api/types.ts";
import { formatNumber, formatSpan } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { Button } from "../../../ui/button.tsx";
import { Icon } from "../../../ui/icon.tsx";
import { ScopeList } from "../scope-list.tsx";
import styles from "./reveal-dialog.module.css";

/** Lets the service verify the key and shows the verdict. This does not count as use of the key. */
export function TestKey(props: { secret: () => string }) {
	const [verdict, setVerdict] = createSignal<Verification>();
	const test = createAction(async () => {
		setVerdict(undefined);
		setVerdict(await api.keys.verify.mutate({ key: props.secret(), consume: false }));
	});
	return (
		<section class={styles.test}>
			<div class={styles.testHead}>
				<Button busy={test.busy()} onClick={() => void test.run()}>
					{test.busy() ? t().create.reveal.testing : t().create.reveal.test}
				</Button>
				<span class="secondary">{t().create.reveal.testHint}</span>
			</div>
			<div aria-live="polite" class={styles.told}>
				<Show when={verdict()}>{(known) => <Verdict verdict={known()} />}</Show>
			</div>
			<ProblemNote problem={test.problem()} />
		</section>
	);
}

/** The key works, though perhaps not from this browser: the service does not know the integration's IP address. */
const works = ({ code }: Verification): boolean => code === "VALID" || code === "ADDRESS_NOT_ALLOWED";

function Verdict(props: { verdict: Verification }) {
	return (
		<div class={styles.answer} data-works={works(props.verdict)}>
			<p class={styles.verdict}>
				<Icon name={works(props.verdict) ? "check" : "warning"} />
				<span>{textOf(props.verdict)}</span>
			</p>
			<Switch>
				<Match when={works(props.verdict) && props.verdict.api_key}>
					{(key) => <KeyFacts apiKey={key()} rateLimit={props.verdict.rate_limit} />}
				</Match>
				<Match when={!works(props.verdict)}>
					<p class="secondary">
						<code>{props.verdict.code}</code>
					</p>
				</Match>
			</Switch>
		</div>
	);
}

function KeyFacts(props: { apiKey: NonNullable<Verification["api_key"]>; rateLimit: Verification["rate_limit"] }) {
	return (
		<dl class={styles.facts}>
			<div>
				<dt>{t().create.name}</dt>
				<dd>{props.apiKey.name}</dd>
			</div>
			<div>
				<dt>{t().create.environment}</dt>
				<dd>{t().keys.environments[props.apiKey.environment]}</dd>
			</div>
			<div>
				<dt>{t().create.scopes}</dt>
				<dd>
					<ScopeList scopes={props.apiKey.scopes} />
				</dd>
			</div>
			<Show when={props.rateLimit}>
				{(limit) => (
					<div>
						<dt>{t().create.reveal.remaining}</dt>
						<dd>{t().create.reveal.remainingOf(formatNumber(limit().remaining), formatNumber(limit().limit))}</dd>
					</div>
				)}
			</Show>
		</dl>
	);
}

function textOf({ code, retry_after = 0 }: Verification): string {
	const words = t().create.reveal;
	switch (code) {
		case "VALID":
			return words.works;
		case "ADDRESS_NOT_ALLOWED":
			return words.worksFromListed;
		case "RATE_LIMITED":
			return words.rateLimited(formatSpan(retry_after * 1_000));
		case "NOT_FOUND":
		case "REVOKED":
		case "EXPIRED":
		case "TENANT_SUSPENDED":
		case "MISSING_SCOPE":
			return words.unauthorized;
		default:
			return code satisfies never;
	}
}
