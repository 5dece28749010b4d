import { A } from "@solidjs/router";
import { type JSX, Show } from "solid-js";
import type { AuditEvent } from "../../api/types.ts";
import { formatExactTime } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { paths } from "../../paths.ts";
import { Changes } from "./changes.tsx";
import { changesOf, jobIdOf, type KeyNames, keyNameOf, whoOf } from "./event-words.ts";
import styles from "./log-table.module.css";

/** All of an event, below its line. */
export function EventDetails(props: { event: AuditEvent; names: KeyNames }) {
	const changes = () => changesOf(props.event);
	const actor = () => props.event.actor_email ?? props.event.actor;
	return (
		<div class={styles.sheet}>
			<Show when={changes().length > 0}>
				<Changes changes={changes()} />
			</Show>
			<dl class={styles.facts}>
				<Fact label={t().audit.details.when} value={formatExactTime(props.event.at)} />
				<Fact label={t().audit.details.actor} value={props.event.actor} code />
				<Fact label={t().audit.details.address} value={props.event.ip} code />
				<Fact label={t().audit.details.key} value={props.event.key_id} code />
				<Fact label={t().audit.details.targetName} value={props.event.target_name} />
				<Fact label={t().audit.details.target} value={props.event.target_id} code />
				<Fact label={t().audit.details.event} value={props.event.id} code />
				<Fact label={t().audit.details.agent} value={props.event.user_agent} long />
			</dl>
			<p class={styles.links}>
				<A href={paths.auditLogOf({ who: actor() })}>{t().audit.onlyWho(whoOf(props.event))}</A>
				<Show when={props.event.key_id}>
					{(keyId) => (
						<A href={paths.auditLogOf({ key_id: keyId() })}>{t().audit.onlyKey(keyNameOf(props.event, props.names))}</A>
					)}
				</Show>
				<Show when={jobIdOf(props.event)}>{(id) => <A href={paths.job(id())}>{t().audit.showJob}</A>}</Show>
			</p>
		</div>
	);
}

function Fact(props: { label: string; value: string | null; code?: boolean; long?: boolean }): JSX.Element {
	return (
		<Show when={props.value}>
			{(value) => (
				<div classList={{ [styles.long ?? ""]: props.long === true }}>
					<dt>{props.label}</dt>
					<dd>
						<Show when={props.code} fallback={value()}>
							<code>{value()}</code>
						</Show>
					</dd>
				</div>
			)}
		</Show>
	);
}
