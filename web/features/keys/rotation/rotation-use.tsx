import { type Accessor, Match, Show, Switch } from "solid-js";
import type { ApiKeyDetail } from "../../../api/types.ts";
import { formatAgo, formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { paths } from "../../../paths.ts";
import { LinkButton } from "../../../ui/button.tsx";
import { Notice } from "../../../ui/states.tsx";
import styles from "./rotation.module.css";
import { type FirstUse, integrationsOf, lastAttempt, ownUse, type Use } from "./rotation.ts";
import { Confirmation } from "./rotation-steps.tsx";

/** Whether the screen is up to date, in small print. */
export function Liveness(props: { live: boolean }) {
	return (
		<p class={styles.live} data-live={props.live}>
			{props.live ? t().rotate.use.live : t().rotate.use.notLive}
		</p>
	);
}

/** Waits for the first request with the new key, and explains requests that do not count. */
export function AwaitedUse(props: { successor: ApiKeyDetail; now: Accessor<number>; live: boolean }) {
	const attempt = () => lastAttempt(props.successor);
	const refused = () => {
		const found = attempt();
		return found?.kind === "refused" ? found.caller : null;
	};
	const trial = () => {
		const found = attempt();
		return found?.kind === "trial" ? found.at : null;
	};
	return (
		<>
			<Switch fallback={<p>{t().rotate.use.waiting}</p>}>
				<Match when={refused()}>
					{(caller) => (
						<Notice tone="warning">
							<div class={styles.stack}>
								<p>
									{t().rotate.use.refused(caller().endpoint, caller().ip, formatAgo(caller().lastSeenAt, props.now()))}
								</p>
								<LinkButton href={paths.key(props.successor.id)}>{t().rotate.use.openKey}</LinkButton>
							</div>
						</Notice>
					)}
				</Match>
				<Match when={trial()}>{(at) => <p>{t().rotate.use.tested(formatAgo(at(), props.now()))}</p>}</Match>
			</Switch>
			<Liveness live={props.live} />
		</>
	);
}

/** The new key is in use: since when, how much, and by which caller. */
export function SeenUse(props: { successor: ApiKeyDetail; firstUse: FirstUse | undefined; now: Accessor<number> }) {
	return (
		<Show when={ownUse(props.successor)}>
			{(use) => (
				<Confirmation>
					<Show when={props.firstUse?.firstAt} fallback={<p class={styles.strong}>{inUse(use(), props.now())}</p>}>
						{(at) => (
							<>
								<p class={styles.strong}>{t().rotate.use.first(formatAgo(at(), props.now()))}</p>
								<Show when={use().count > 1}>
									<p>{inUse(use(), props.now())}</p>
								</Show>
							</>
						)}
					</Show>
					<Show when={integrationsOf(props.successor)[0]}>
						{(caller) => (
							<p class={styles.caller}>{t().rotate.use.by(caller().endpoint, caller().ip, caller().userAgent)}</p>
						)}
					</Show>
					<Show when={use().onlyChecks}>
						<p>{t().rotate.use.onlyChecks}</p>
					</Show>
				</Confirmation>
			)}
		</Show>
	);
}

const inUse = ({ count, lastAt }: Use, now: number) =>
	t().rotate.use.inUse(count, formatNumber(count), formatAgo(lastAt, now));
