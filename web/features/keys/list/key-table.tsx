import { createEffect, Show } from "solid-js";
import type { KeySort } from "../../../../db/enums.ts";
import type { ListedKey } from "../../../api/types.ts";
import { t } from "../../../i18n/index.ts";
import { useNow } from "../../../time.tsx";
import { DataTable, DataTableSkeleton, SortHeader } from "../../../ui/data-table.tsx";
import { KeyRow } from "./key-row.tsx";
import styles from "./key-table.module.css";
import { nextSort } from "./list-filters.ts";

/** Row heights as in the style sheet: three lines on a phone, and more space for a finger than for a mouse. */
const PHONE = matchMedia("(max-width: 719px)");
const FINGER = matchMedia("(pointer: coarse)");
const rowHeight = () => (PHONE.matches ? 88 : FINGER.matches ? 56 : 44);

interface SortProps {
	sort: KeySort;
	/** Without it the columns are not sortable. */
	onSort?: (sort: KeySort) => void;
}

interface SelectionProps {
	keys: readonly ListedKey[];
	stale: boolean;
	selected: ReadonlySet<string>;
	onSelect: (keys: readonly ListedKey[], selected: boolean) => void;
}

/** The list of keys as a table. */
export function KeyTable(
	props: SortProps &
		SelectionProps & {
			/** Keys in all, loaded or not. */
			total: number;
			/** The end is near: load more. */
			onEnd: () => void;
		},
) {
	const now = useNow();
	return (
		<DataTable
			class={styles.keys}
			label={t().keys.title}
			header={<Header {...props} />}
			rows={props.keys}
			rowKey={(key) => key.id}
			rowHeight={rowHeight}
			total={props.total}
			stale={props.stale}
			onEnd={() => props.onEnd()}
		>
			{(key, place) => (
				<KeyRow
					apiKey={key()}
					place={place}
					now={now}
					selected={props.selected.has(key().id)}
					onSelect={(selected) => props.onSelect([key()], selected)}
				/>
			)}
		</DataTable>
	);
}

function Header(props: SortProps & SelectionProps) {
	const words = () => t().keys.columns;
	return (
		<>
			<th scope="col" class={styles.select}>
				<SelectAll {...props} />
			</th>
			<SortableColumn {...props} column="name" class={styles.name} label={words().name} />
			<th scope="col" class={styles.key}>
				{words().key}
			</th>
			<th scope="col" class={styles.scopes}>
				{words().scopes}
			</th>
			<SortableColumn
				{...props}
				column="usage_count"
				class={styles.usage}
				label={words().usage}
				hint={words().usageHint}
			/>
			<th scope="col" class={styles.limit}>
				{words().limit}
			</th>
			<SortableColumn {...props} column="last_used_at" class={styles.used} label={words().lastUsed} />
			<SortableColumn {...props} column="expires_at" class={styles.expires} label={words().expires} />
			<th scope="col" class={styles.status}>
				{words().status}
			</th>
			<th scope="col" class={styles.menu}>
				<span class="visually-hidden">{words().actions}</span>
			</th>
		</>
	);
}

function SelectAll(props: SelectionProps) {
	// A revoked key cannot be revoked again, and there is no other action on several keys.
	const selectable = () => props.keys.filter((key) => key.status !== "revoked");
	const allSelected = () => selectable().length > 0 && selectable().every((key) => props.selected.has(key.id));
	return (
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
	);
}

function SortableColumn(
	props: SortProps & {
		column: Parameters<typeof nextSort>[1];
		class: string | undefined;
		label: string;
		hint?: string;
	},
) {
	return (
		<Show
			when={props.onSort}
			fallback={
				<th scope="col" class={props.class}>
					{props.label}
				</th>
			}
		>
			{(onSort) => (
				<SortHeader
					class={props.class}
					label={props.label}
					{...(props.hint === undefined ? {} : { hint: props.hint })}
					direction={
						props.sort === props.column ? "ascending" : props.sort === `-${props.column}` ? "descending" : "none"
					}
					onClick={() => onSort()(nextSort(props.sort, props.column))}
				/>
			)}
		</Show>
	);
}

export function KeyTableSkeleton() {
	return (
		<DataTableSkeleton
			class={styles.keys}
			rowHeight={rowHeight}
			cells={[
				[styles.name, "70%"],
				[styles.key, "150px"],
				[styles.scopes, "80px"],
				[styles.usage, "120px"],
				[styles.limit, "40px"],
				[styles.used, "64px"],
				[styles.expires, "56px"],
				[styles.status, "56px"],
			]}
		/>
	);
}
