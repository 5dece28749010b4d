import { A } from "@solidjs/router";
import { type Accessor, createSignal, createUniqueId, For, type JSX, Show } from "solid-js";
import type { AuditEvent } from "../../api/types.ts";
import { formatDateTime, formatExactTime } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { paths } from "../../paths.ts";
import { RelativeTime, useNow } from "../../time.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { Changes } from "./changes.tsx";
import { agentText, changesLine, changesOf, whoOf } from "./event-words.ts";
import styles from "./log-table.module.css";

interface TableProps {
	events: readonly AuditEvent[];
	/** What keys were called last, by id, as far as that is known. */
	names: ReadonlyMap<string, string>;
	/** The events are those of the filters before; the new ones are on their way. */
	stale: boolean;
}

/** The events as a table, a line each; the rest of an event opens below its line. */
export function LogTable(props: TableProps) {
	const now = useNow();
	return (
		<div class={styles.frame}>
			<table class={styles.table} aria-label={t().audit.title} aria-busy={props.stale}>
				<thead>
					<tr class={styles.header}>
						<th scope="col" class={styles.when}>
							{t().audit.columns.when}
						</th>
						<th scope="col" class={styles.who}>
							{t().audit.columns.who}
						</th>
						<th scope="col" class={styles.what}>
							{t().audit.columns.what}
						</th>
						<th scope="col" class={styles.key}>
							{t().audit.columns.key}
						</th>
						<th scope="col" class={styles.where}>
							{t().audit.columns.where}
						</th>
						<th scope="col" class={styles.changes}>
							{t().audit.columns.changes}
						</th>
						<th scope="col" class={styles.open}>
							<span class="visually-hidden">{t().audit.columns.details}</span>
						</th>
					</tr>
				</thead>
				<tbody>
					<For each={props.events}>{(event) => <EventRows event={event} names={props.names} now={now} />}</For>
				</tbody>
			</table>
		</div>
	);
}

function EventRows(props: { event: AuditEvent; names: TableProps["names"]; now: Accessor<number> }) {
	const [open, setOpen] = createSignal(false);
	const id = createUniqueId();
	const what = () => t().audit.actions[props.event.action];
	const line = () => changesLine(changesOf(props.event));
	return (
		<>
			<tr class={styles.row} data-open={open()}>
				<td class={styles.when}>
					<time class={styles.exact} datetime={props.event.at} title={formatExactTime(props.event.at)}>
						{formatDateTime(props.event.at)}
					</time>
					{/* Where there is no room for the other. */}
					<span class={styles.relative}>
						<RelativeTime at={props.event.at} now={props.now} />
					</span>
				</td>
				<td class={styles.who} title={whoOf(props.event)}>
					{whoOf(props.event)}
				</td>
				<td class={styles.what} data-failed={props.event.action === "session.login_failed"}>
					{what()}
				</td>
				<td class={styles.key}>
					<KeyOf event={props.event} names={props.names} />
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
						aria-expanded={open()}
						aria-controls={open() ? id : undefined}
						aria-label={t().audit.detailsOf(what(), formatDateTime(props.event.at))}
						onClick={() => setOpen(!open())}
					>
						<Icon name={open() ? "up" : "down"} />
					</button>
				</td>
			</tr>
			<Show when={open()}>
				<tr class={styles.details} id={id}>
					<td colSpan={7}>
						<Details event={props.event} names={props.names} />
					</td>
				</tr>
			</Show>
		</>
	);
}

/** The name that people know the key by, or its id. */
const keyNameOf = (event: AuditEvent, names: TableProps["names"]): string =>
	event.key_name ?? (event.key_id === null ? "" : (names.get(event.key_id) ?? event.key_id));

/** The way to the key, as long as there is one. */
function KeyOf(props: { event: AuditEvent; names: TableProps["names"] }) {
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

function Details(props: { event: AuditEvent; names: TableProps["names"] }) {
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

/** The table before it is there, in the same geometry. */
export function LogTableSkeleton() {
	return (
		<div class={styles.frame} aria-hidden="true">
			<div class={styles.header} />
			<For each={Array.from({ length: 12 })}>
				{() => (
					<div class={styles.row}>
						<div class={styles.when}>
							<Skeleton width="136px" />
						</div>
						<div class={styles.who}>
							<Skeleton width="80%" />
						</div>
						<div class={styles.what}>
							<Skeleton width="84px" />
						</div>
						<div class={styles.key}>
							<Skeleton width="70%" />
						</div>
						<div class={styles.where}>
							<Skeleton width="85%" />
						</div>
						<div class={styles.changes}>
							<Skeleton width="60%" />
						</div>
					</div>
				)}
			</For>
		</div>
	);
}
