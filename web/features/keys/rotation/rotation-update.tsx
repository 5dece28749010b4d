import { type Accessor, Show } from "solid-js";
import type { ApiKeyDetail } from "../../../api/types.ts";
import { formatUntil } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { paths } from "../../../paths.ts";
import { Button, LinkButton } from "../../../ui/button.tsx";
import { Notice } from "../../../ui/states.tsx";
import { CallerList } from "../caller-list.tsx";
import { keyHint } from "../key-state.ts";
import styles from "./rotation.module.css";
import { endOf, integrationsOf, SOON_MS } from "./rotation.ts";

/** Where to put the new key, which callers need it, and what to do if it was lost. */
export function UpdateStep(props: {
	old: ApiKeyDetail;
	successor: ApiKeyDetail;
	/** The old key has ended already. */
	tooLate: boolean;
	now: Accessor<number>;
	onLost: () => void;
}) {
	const soon = () => {
		const at = endOf(props.old);
		return at !== null && Date.parse(at) - props.now() < SOON_MS ? at : null;
	};
	return (
		<>
			<Show
				when={!props.tooLate}
				fallback={
					<div role="alert">
						<Notice tone="danger">{t().rotate.retire.cut}</Notice>
					</div>
				}
			>
				<p>{t().rotate.update.text}</p>
				<Show when={soon()}>
					{(at) => <Notice tone="warning">{t().rotate.retire.hurry(formatUntil(at(), props.now()))}</Notice>}
				</Show>
			</Show>
			<dl class={styles.keys}>
				<dt>{t().rotate.update.newKey}</dt>
				<dd>
					<code>{keyHint(props.successor)}</code>
				</dd>
				<dt>{t().rotate.update.oldKey}</dt>
				<dd>
					<code>{keyHint(props.old)}</code>
				</dd>
			</dl>
			<Show when={integrationsOf(props.old).length > 0}>
				<div class={styles.callers}>
					<h3>{t().rotate.update.callers}</h3>
					<CallerList callers={integrationsOf(props.old)} now={props.now} label={t().rotate.update.callers} />
				</div>
			</Show>
			<div class={styles.lost}>
				<p class={styles.lostText}>
					{t().rotate.update.lost}{" "}
					<span class={styles.faint}>{props.tooLate ? t().rotate.update.lostTooLate : t().rotate.update.lostText}</span>
				</p>
				<Show
					when={!props.tooLate}
					fallback={<LinkButton href={paths.rotateKey(props.successor.id)}>{t().rotate.update.rotateNew}</LinkButton>}
				>
					<Button onClick={props.onLost}>{t().rotate.update.another}</Button>
				</Show>
			</div>
		</>
	);
}
