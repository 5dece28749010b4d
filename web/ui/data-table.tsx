import { createWindowVirtualizer } from "@tanstack/solid-virtual";
import { createEffect, createSignal, For, type JSX, on, onCleanup, onMount, Show } from "solid-js";
import styles from "./data-table.module.css";
import { Icon } from "./icon.tsx";
import { Skeleton } from "./states.tsx";

/** Rows drawn beyond the window, so that fast scrolling and the Tab key find the next ones there. */
const OVERSCAN = 12;
/** `onEnd` is called with fewer rows than this left below. */
const ROWS_LEFT = 40;
const SKELETON_ROWS = 10;

/** How a row is placed. Spread it on its `tr`. */
export interface RowPlace {
	ref: (element: HTMLElement) => void;
	class: string;
	style: JSX.CSSProperties;
	/** For style sheets: rows of the table and of its skeleton have it. */
	"data-row": "";
	"data-index": number;
	/** Position in the whole table, from 1; the header is row 1. */
	"aria-rowindex": number;
}

/**
 * A table that draws only the rows in the window and scrolls with the page. It is laid out as a grid: `class` sets
 * `--columns`, the grid's columns, and each cell's class places it there.
 */
export function DataTable<Row>(props: {
	class: string | undefined;
	label: string;
	/** The `th` of each column. */
	header: JSX.Element;
	rows: readonly Row[];
	rowKey: (row: Row) => string;
	/** Height of a row in CSS pixels. */
	rowHeight: () => number;
	/** Rows may be taller than `rowHeight`, so they are measured. */
	measured?: boolean;
	/** Rows in all, loaded or not. Undefined if unknown. */
	total: number | undefined;
	/** The rows are those of earlier filters; the new ones are loading. */
	stale: boolean;
	/** The end is near: load more. */
	onEnd: () => void;
	children: (row: () => Row, place: RowPlace) => JSX.Element;
}) {
	const [height, setHeight] = createSignal(props.rowHeight());
	const [top, setTop] = createSignal(0);
	let body: HTMLTableSectionElement | undefined;
	const measure = () => {
		setHeight(props.rowHeight());
		if (body) setTop(body.getBoundingClientRect().top + window.scrollY);
	};
	onMount(() => {
		measure();
		window.addEventListener("resize", measure);
	});
	onCleanup(() => window.removeEventListener("resize", measure));

	const virtual = createWindowVirtualizer({
		get count() {
			return props.rows.length;
		},
		estimateSize: () => height(),
		overscan: OVERSCAN,
		get scrollMargin() {
			return top();
		},
		getItemKey: (index) => {
			const row = props.rows[index];
			return row === undefined ? index : props.rowKey(row);
		},
	});
	createEffect(on(height, () => virtual.measure(), { defer: true }));
	createEffect(() => {
		const last = virtual.getVirtualItems().at(-1);
		if (last && last.index >= props.rows.length - ROWS_LEFT) props.onEnd();
	});

	return (
		<div class={`${styles.frame} ${props.class ?? ""}`}>
			<table
				class={styles.table}
				aria-label={props.label}
				// -1: unknown (ARIA 1.2).
				aria-rowcount={props.total === undefined ? -1 : props.total + 1}
				aria-busy={props.stale}
			>
				<thead>
					<tr class={styles.header} data-header aria-rowindex={1}>
						{props.header}
					</tr>
				</thead>
				<tbody class={styles.body} ref={body} inert={props.stale} style={{ height: `${virtual.getTotalSize()}px` }}>
					<For each={virtual.getVirtualItems()}>
						{(item) => (
							<Show when={props.rows[item.index]}>
								{(row) =>
									props.children(row, {
										ref: (element) => {
											if (!props.measured) return;
											// The virtualizer keeps sizes by row, and this element may be reused for another row.
											createEffect(
												on(
													() => props.rowKey(row()),
													() => virtual.measureElement(element),
												),
											);
										},
										class: styles.row ?? "",
										"data-row": "",
										get style() {
											return {
												transform: `translateY(${item.start - top()}px)`,
												...(props.measured ? {} : { height: `${item.size}px` }),
											};
										},
										get "data-index"() {
											return item.index;
										},
										get "aria-rowindex"() {
											return item.index + 2;
										},
									})
								}
							</Show>
						)}
					</For>
				</tbody>
			</table>
		</div>
	);
}

/** The header of a sortable column. */
export function SortHeader(props: {
	class: string | undefined;
	label: string;
	hint?: string;
	direction: "ascending" | "descending" | "none";
	onClick: () => void;
}) {
	return (
		<th scope="col" class={props.class} aria-sort={props.direction}>
			<button type="button" class={styles.sort} title={props.hint} onClick={() => props.onClick()}>
				{props.label}
				<Show when={props.direction !== "none"}>
					<Icon name={props.direction === "ascending" ? "up" : "down"} />
				</Show>
			</button>
		</th>
	);
}

/** The table while its first rows load, with the same layout. */
export function DataTableSkeleton(props: {
	class: string | undefined;
	rowHeight: () => number;
	/** Class of each cell and width of its bar. */
	cells: readonly (readonly [cell: string | undefined, width: string])[];
}) {
	return (
		<div class={`${styles.frame} ${props.class ?? ""}`} aria-hidden="true">
			<div class={styles.header} data-header />
			<For each={Array.from({ length: SKELETON_ROWS })}>
				{() => (
					<div class={`${styles.row} ${styles.waiting}`} data-row style={{ height: `${props.rowHeight()}px` }}>
						<For each={props.cells}>
							{([cell, width]) => (
								<div class={cell}>
									<Skeleton width={width} />
								</div>
							)}
						</For>
					</div>
				)}
			</For>
		</div>
	);
}

/** Below a table: how much is shown, and what loads more. */
export function TableFooter(props: { status: JSX.Element; children?: JSX.Element }) {
	return (
		<div class={styles.footer}>
			<span role="status">{props.status}</span>
			{props.children}
		</div>
	);
}
