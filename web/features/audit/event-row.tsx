import { A } from "@solidjs/router";
import { type Accessor, Show } from "solid-js";
import type { AuditEvent } from "../../api/types.ts";
import { formatDateTime, formatExactTime } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { paths } from "../../paths.ts";
import { RelativeTime } from "../../time.tsx";
import type { RowPlace } from "../../ui/data-table.tsx";
import { Icon } from "../../ui/icon.tsx";
import { agentText, changesLine, changesOf, type KeyNames, keyNameOf, whoOf } from "./event-words.ts";
import styles from "./log-table.module.css";

const FAILURES: ReadonlySet<AuditEvent["action"]> = new Set(["session.login_failed", "session.throttled"]);

/** Id of the element with the details of an event. */
export const detailsId = ({ id }: AuditEvent): string => `details-${id}`;

/** An event in one line. */
export function EventRow(props: {
	event: AuditEvent;
	place: RowPlace;
	names: KeyNames;
	now: Accessor<number>;
	open: boolean;
	onToggle: () => void;
}) {
	const what = () => t().audit.actions[props.event.action];
	const line = () => [props.event.target_name, changesLine(changesOf(props.event))].filter(Boolean).join(" · ");
	return (
		<tr {...props.place} data-open={props.open}>
			<td class={styles.when}>
				<time class={styles.exact} datetime={props.event.at} title={formatExactTime(props.event.at)}>
					{formatDateTime(props.event.at)}
				</time>
				{/* On narrow screens only this one fits. */}
				<span class={styles.relative}>
					<RelativeTime at={props.event.at} now={props.now} />
				</span>
			</td>
			<td class={styles.who} title={whoOf(props.event)}>
				{whoOf(props.event)}
			</td>
			<td class={styles.what} data-failed={FAILURES.has(props.event.action)}>
				{what()}
			</td>
			<td class={styles.key}>
				<KeyName event={props.event} names={props.names} />
			</td>
			<td class={styles.where} title={props.event.user_agent ?? undefined}>
				{[props.event.ip, props.event.user_agent && agentText(props.event.user_agent)].filter(Boolean).join(" · ")}
			</td>
			<td class={styles.changes} title={line()}>
				{line()}
			</td>
			<td class={styles.open}>
				<button
					type="button"
					class={styles.toggle}
					aria-expanded={props.open}
					aria-controls={props.open ? detailsId(props.event) : undefined}
					aria-label={t().audit.detailsOf(what(), formatDateTime(props.event.at))}
					onClick={() => props.onToggle()}
				>
					<Icon name={props.open ? "up" : "down"} />
				</button>
			</td>
		</tr>
	);
}

/** The name of the key, with a link unless it was deleted. */
function KeyName(props: { event: AuditEvent; names: KeyNames }) {
	const name = () => keyNameOf(props.event, props.names);
	return (
		<Show when={props.event.key_id}>
			{(keyId) => (
				<Show
					when={props.event.key_deleted}
					fallback={
						<A href={paths.key(keyId())} title={name()}>
							{name()}
						</A>
					}
				>
					<span title={name()}>{name()}</span> <span class="secondary">{t().audit.deleted}</span>
				</Show>
			)}
		</Show>
	);
}
