import { createSignal, onCleanup, Show } from "solid-js";
import { createAction } from "../../api/action.ts";
import { api } from "../../api/client.ts";
import { problemText } from "../../api/problem.ts";
import { csvName } from "../../csv.ts";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { saveCsv } from "../../save-csv.ts";
import { Button } from "../../ui/button.tsx";
import { Icon } from "../../ui/icon.tsx";
import { notify } from "../../ui/toast.tsx";
import { type Collection, collectCsv } from "./collect-csv.ts";
import styles from "./export-button.module.css";
import { type LogFilters, queryOf } from "./log-filters.ts";

/** The service returns at most this many events at once. */
const PAGE = 100;

const countText = (text: (count: number, formatted: string) => string, count: number) =>
	text(count, formatNumber(count));

/**
 * Saves every event that matches the filters, loaded or not. The file is saved whole or not at all; an export that fails
 * midway can continue from there.
 */
export function ExportButton(props: { filters: LogFilters; disabled: boolean }) {
	const [count, setCount] = createSignal(0);
	let collection: Collection | null = null;
	let controller = new AbortController();
	onCleanup(() => controller.abort());

	const exporting = createAction(async (collected: Collection) => {
		controller = new AbortController();
		const { signal } = controller;
		try {
			const parts = await collected.run(signal, setCount);
			saveCsv(csvName("audit-log", new Date()), parts);
			notify(countText(t().audit.export.done, collected.count()));
			collection = null;
		} catch (error) {
			// The person has cancelled, which is not an error.
			if (!signal.aborted) throw error;
		}
	});
	const start = () => {
		const filters = queryOf(props.filters);
		collection = collectCsv((cursor, signal) =>
			api.audit.list.query({ ...filters, limit: PAGE, ...(cursor === null ? {} : { cursor }) }, { signal }),
		);
		setCount(0);
		void exporting.run(collection);
	};
	const goOn = () => collection && void exporting.run(collection);
	const cancel = () => {
		collection = null;
		controller.abort();
		exporting.reset();
	};

	return (
		<div class={styles.export}>
			<div class={styles.line}>
				<span role="status" class="visually-hidden">
					<Show when={exporting.busy()}>{t().audit.export.running}</Show>
				</span>
				<Show when={exporting.busy()}>
					{/* Hidden from screen readers, since it changes with every page. */}
					<span class={styles.count} aria-hidden="true">
						{countText(t().audit.export.soFar, count())}
					</span>
				</Show>
				{/* One button for both, so that it keeps the focus. */}
				<Button
					icon={exporting.busy() ? "close" : "download"}
					disabled={props.disabled && !exporting.busy()}
					onClick={() => (exporting.busy() ? cancel() : start())}
				>
					{exporting.busy() ? t().audit.export.cancel : t().audit.export.start}
				</Button>
			</div>
			<div aria-live="assertive">
				<Show when={exporting.problem()}>
					{(problem) => (
						<div class={styles.stopped}>
							<Icon name="warning" />
							<div class={styles.words}>
								<p>{countText(t().audit.export.stopped, count())}</p>
								<p>{problemText(problem())}</p>
								<Show when={problem().requestId}>
									<p class={styles.id}>
										{t().common.requestId} <code>{problem().requestId}</code>
									</p>
								</Show>
								<div class={styles.buttons}>
									<Button onClick={goOn}>{t().audit.export.goOn}</Button>
									<Button variant="quiet" onClick={cancel}>
										{t().audit.export.discard}
									</Button>
								</div>
							</div>
						</div>
					)}
				</Show>
			</div>
		</div>
	);
}
