import { A } from "@solidjs/router";
import { type Accessor, createMemo, createSignal, type JSX, Show } from "solid-js";
import type { AuditEvent } from "../../api/types.ts";
import { formatDateTime, formatExactTime } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { paths } from "../../paths.ts";
import { RelativeTime, useNow } from "../../time.tsx";
import { DataTable, DataTableSkeleton, type RowPlace } from "../../ui/data-table.tsx";
import { Icon } from "../../ui/icon.tsx";
import { Changes } from "./changes.tsx";
import { agentText, changesLine, changesOf, whoOf } from "./event-words.ts";
import styles from "./log-table.module.css";

const FAILURES: ReadonlySet<AuditEvent["action"]> = new Set(["session.login_failed", "session.throttled"]);

/** Row heights as in the style sheet. Rows are measured, so this only has to be close. */
const NARROW = matchMedia("(max-width: 719px)");
const FINGER = matchMedia("(pointer: coarse)");
const rowHeight = () => (NARROW.matches ? 61 : FINGER.matches ? 45 : 37);

interface TableProps {
	events: readonly AuditEvent[];
	/** The latest name of each key, by id, as far as loaded. */
	names: ReadonlyMap<string, string>;
	/** The events are those of earlier filters; the new ones are loading. */
	stale: boolean;
	/** There are more events than these. */
	more: boolean;
	/** The end is near: load more. */
	onEnd: () => void;
}

/** A row of the table: the event in one line, or its details below that. */
interface Line {
	event: AuditEvent;
	part: "event" | "details";
}

/** The audit events as a table with one line each. The details of an event open below its line. */
export function LogTable(props: TableProps) {
	const now = useNow();
	const [open, setOpen] = createSignal<ReadonlySet<string>>(new Set());
	const toggle = (id: string) => {
		const next = new Set(open());
		if (!next.delete(id)) next.add(id);
		setOpen(next);
	};
	const lines = createMemo(() =>
		props.events.flatMap((event): Line[] =>
			open().has(event.id)
				? [
						{ event, part: "event" },
						{ event, part: "details" },
					]
				: [{ event, part: "event" }],
		),
	);
	return (
		<DataTable
			class={styles.log}
			label={t().audit.title}
			header={<Header />}
			rows={lines()}
			rowKey={({ event, part }) => `${event.id}/${part}`}
			rowHeight={rowHeight}
			measured
			total={props.more ? undefined : lines().length}
			stale={props.stale}
			onEnd={() => props.onEnd()}
		>
			{(line, place) => (
				<Show
					when={line().part === "event"}
					fallback={
						<tr {...place} class={`${place.class} ${styles.details}`} id={detailsId(line().event)}>
							<td colSpan={7}>
								<Details event={line().event} names={props.names} />
							</td>
						</tr>
					}
				>
					<EventRow
						event={line().event}
						place={place}
						names={props.names}
						now={now}
						open={open().has(line().event.id)}
						onToggle={() => toggle(line().event.id)}
					/>
				</Show>
			)}
		</DataTable>
	);
}

const detailsId = ({ id }: AuditEvent) => `details-${id}`;

function Header() {
	const words = () => t().audit.columns;
	return (
		<>
			<th scope="col" class={styles.when}>
				{words().when}
			</th>
			<th scope="col" class={styles.who}>
				{words().who}
			</th>
			<th scope="col" class={styles.what}>
				{words().what}
			</th>
			<th scope="col" class={styles.key}>
				{words().key}
			</th>
			<th scope="col" class={styles.where}>
				{words().where}
			</th>
			<th scope="col" class={styles.changes}>
				{words().changes}
			</th>
			<th scope="col" class={styles.open}>
				<span class="visually-hidden">{words().details}</span>
			</th>
		</>
	);
}

function EventRow(props: {
	event: AuditEvent;
	place: RowPlace;
	names: TableProps["names"];
	now: Accessor<number>;
	open: boolean;
	onToggle: () => void;
}) {
	const what = () => t().audit.actions[props.event.action];
	const line = () => changesLine(changesOf(props.event));
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

/** The latest name of the key, or its id. */
const keyNameOf = (event: AuditEvent, names: TableProps["names"]): string =>
	event.key_name ?? (event.key_id === null ? "" : (names.get(event.key_id) ?? event.key_id));

/** The name of the key, with a link unless it was deleted. */
function KeyName(props: { event: AuditEvent; names: TableProps["names"] }) {
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

export function LogTableSkeleton() {
	return (
		<DataTableSkeleton
			class={styles.log}
			rowHeight={rowHeight}
			cells={[
				[styles.when, "136px"],
				[styles.who, "80%"],
				[styles.what, "84px"],
				[styles.key, "70%"],
				[styles.where, "85%"],
				[styles.changes, "60%"],
			]}
		/>
	);
}
