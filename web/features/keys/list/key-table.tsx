import { createWindowVirtualizer } from "@tanstack/solid-virtual";
import { createEffect, createSignal, For, type JSX, on, onCleanup, onMount, Show } from "solid-js";
import type { KeySort } from "../../../../db/enums.ts";
import type { ListedKey } from "../../../api/types.ts";
import { t } from "../../../i18n/index.ts";
import { useNow } from "../../../time.tsx";
import { Icon } from "../../../ui/icon.tsx";
import { Skeleton } from "../../../ui/states.tsx";
import { KeyRow } from "./key-row.tsx";
import styles from "./key-table.module.css";
import { nextSort } from "./list-filters.ts";

/** Rows drawn beyond the edge of the window, so that fast scrolling and the Tab key find the next ones there. */
const OVERSCAN = 12;
/** The next page is asked for when so few rows are left below. */
const AHEAD = 40;

/** Heights of a row as the style sheet has them: on a phone two lines, with a finger more room than with a pointer. */
const PHONE = matchMedia("(max-width: 719px)");
const FINGER = matchMedia("(pointer: coarse)");
const rowHeight = () => (PHONE.matches ? 72 : FINGER.matches ? 56 : 44);

type SortableColumn = Parameters<typeof nextSort>[1];

/** The keys as a table of which only the rows in the window exist. Scrolls with the page. */
export function KeyTable(props: {
	keys: readonly ListedKey[];
	/** These are still the rows of what was asked for before. */
	stale: boolean;
	/** Rows there are in all, loaded or not. */
	total: number;
	sort: KeySort;
	onSort: (sort: KeySort) => void;
	selected: ReadonlySet<string>;
	onSelect: (keys: readonly ListedKey[], selected: boolean) => void;
	/** The end is near: load more. */
	onEnd: () => void;
}) {
	const now = useNow();
	const [height, setHeight] = createSignal(rowHeight());
	const [top, setTop] = createSignal(0);
	let body: HTMLTableSectionElement | undefined;

	const measure = () => {
		setHeight(rowHeight());
		if (body) setTop(body.getBoundingClientRect().top + window.scrollY);
	};
	onMount(() => {
		measure();
		window.addEventListener("resize", measure);
	});
	onCleanup(() => window.removeEventListener("resize", measure));

	const rows = createWindowVirtualizer({
		get count() {
			return props.keys.length;
		},
		estimateSize: () => height(),
		overscan: OVERSCAN,
		get scrollMargin() {
			return top();
		},
		getItemKey: (index) => props.keys[index]?.id ?? index,
	});
	createEffect(on(height, () => rows.measure(), { defer: true }));
	createEffect(() => {
		const last = rows.getVirtualItems().at(-1);
		if (last && last.index >= props.keys.length - AHEAD) props.onEnd();
	});

	const selectable = () => props.keys.filter((key) => key.status !== "revoked");
	const allSelected = () => selectable().length > 0 && selectable().every((key) => props.selected.has(key.id));

	return (
		<div class={styles.frame}>
			<table
				class={styles.table}
				classList={{ [styles.stale ?? ""]: props.stale }}
				aria-label={t().keys.title}
				aria-rowcount={props.total + 1}
				aria-busy={props.stale}
			>
				<thead>
					<tr class={styles.header} aria-rowindex={1}>
						<th scope="col" class={styles.select}>
							<label class={styles.box}>
								<span class="visually-hidden">{t().keys.selectAll}</span>
								<input
									type="checkbox"
									checked={allSelected()}
									ref={(box) =>
										createEffect(() => {
											box.indeterminate = !allSelected() && props.selected.size > 0;
										})
									}
									disabled={props.stale || selectable().length === 0}
									onChange={(event) => props.onSelect(selectable(), event.currentTarget.checked)}
								/>
							</label>
						</th>
						<SortHeader
							column="name"
							class={styles.name}
							label={t().keys.columns.name}
							sort={props.sort}
							onSort={props.onSort}
						/>
						<th scope="col" class={styles.key}>
							{t().keys.columns.key}
						</th>
						<th scope="col" class={styles.scopes}>
							{t().keys.columns.scopes}
						</th>
						<SortHeader
							column="usage_count"
							class={styles.usage}
							label={t().keys.columns.usage}
							hint={t().keys.columns.usageHint}
							sort={props.sort}
							onSort={props.onSort}
						/>
						<th scope="col" class={styles.limit}>
							{t().keys.columns.limit}
						</th>
						<SortHeader
							column="last_used_at"
							class={styles.used}
							label={t().keys.columns.lastUsed}
							sort={props.sort}
							onSort={props.onSort}
						/>
						<th scope="col" class={styles.expires}>
							{t().keys.columns.expires}
						</th>
						<th scope="col" class={styles.status}>
							{t().keys.columns.status}
						</th>
						<th scope="col" class={styles.menu}>
							<span class="visually-hidden">{t().keys.columns.actions}</span>
						</th>
					</tr>
				</thead>
				<tbody class={styles.body} ref={body} inert={props.stale} style={{ height: `${rows.getTotalSize()}px` }}>
					<For each={rows.getVirtualItems()}>
						{(row) => (
							<Show when={props.keys[row.index]}>
								{(key) => (
									<KeyRow
										apiKey={key()}
										rowIndex={row.index + 2}
										now={now}
										selected={props.selected.has(key().id)}
										onSelect={(selected) => props.onSelect([key()], selected)}
										style={{ height: `${row.size}px`, transform: `translateY(${row.start - top()}px)` }}
									/>
								)}
							</Show>
						)}
					</For>
				</tbody>
			</table>
		</div>
	);
}

function SortHeader(props: {
	column: SortableColumn;
	class: string | undefined;
	label: string;
	hint?: string;
	sort: KeySort;
	onSort: (sort: KeySort) => void;
}): JSX.Element {
	const direction = () =>
		props.sort === props.column ? "ascending" : props.sort === `-${props.column}` ? "descending" : "none";
	return (
		<th scope="col" class={props.class} aria-sort={direction()}>
			<button
				type="button"
				class={styles.sort}
				title={props.hint}
				onClick={() => props.onSort(nextSort(props.sort, props.column))}
			>
				{props.label}
				<Show when={direction() !== "none"}>
					<Icon name={direction() === "ascending" ? "up" : "down"} />
				</Show>
			</button>
		</th>
	);
}

/** The table before it is there, in the same geometry. */
export function KeyTableSkeleton() {
	return (
		<div class={styles.frame} aria-hidden="true">
			<div class={styles.header} />
			<For each={Array.from({ length: 8 })}>
				{() => (
					<div class={`${styles.row} ${styles.waiting}`}>
						<div class={styles.select} />
						<div class={styles.name}>
							<Skeleton width="70%" />
						</div>
						<div class={styles.key}>
							<Skeleton width="150px" />
						</div>
						<div class={styles.scopes}>
							<Skeleton width="80px" />
						</div>
						<div class={styles.usage}>
							<Skeleton width="120px" />
						</div>
						<div class={styles.limit}>
							<Skeleton width="40px" />
						</div>
						<div class={styles.used}>
							<Skeleton width="64px" />
						</div>
						<div class={styles.expires}>
							<Skeleton width="56px" />
						</div>
						<div class={styles.status}>
							<Skeleton width="56px" />
						</div>
					</div>
				)}
			</For>
		</div>
	);
}
