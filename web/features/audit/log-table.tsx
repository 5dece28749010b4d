import { createMemo, createSignal, Show } from "solid-js";
import type { AuditEvent } from "../../api/types.ts";
import { t } from "../../i18n/index.ts";
import { useNow } from "../../time.tsx";
import { DataTable, DataTableSkeleton } from "../../ui/data-table.tsx";
import { EventDetails } from "./event-details.tsx";
import { detailsId, EventRow } from "./event-row.tsx";
import type { KeyNames } from "./event-words.ts";
import styles from "./log-table.module.css";

/** Row heights as in the style sheet. Rows are measured, so this only has to be close. */
const NARROW = matchMedia("(max-width: 719px)");
const FINGER = matchMedia("(pointer: coarse)");
const rowHeight = () => (NARROW.matches ? 61 : FINGER.matches ? 45 : 37);

interface TableProps {
	events: readonly AuditEvent[];
	names: KeyNames;
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
								<EventDetails event={line().event} names={props.names} />
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
