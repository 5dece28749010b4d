import { A } from "@solidjs/router";
import { createSignal, For, Show } from "solid-js";
import { createAction } from "../../api/action.ts";
import { ProblemNote } from "../../api/problem-view.tsx";
import { formatDateTime, formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { TextArea } from "../../ui/field.tsx";
import { type Deliveries, platformApi } from "../platform/api.ts";
import styles from "../platform/platform.module.css";
import { keyIdsIn } from "./key-ids.ts";

interface Shown {
	items: Deliveries["items"];
	/** Ids that no API key has. */
	unknown: string[];
}

const words = () => t().operations.deliveries;
const time = (at: string | null) => (at === null ? "–" : formatDateTime(at));

/** How far the database is behind the gates of the API keys that the operator names. */
export function DeliveriesSection() {
	const [shown, setShown] = createSignal<Shown | null>(null);
	const [isInvalid, setIsInvalid] = createSignal(false);
	let text: HTMLTextAreaElement | undefined;
	const ask = createAction((key_ids: string[]) => platformApi.operations.deliveries.query({ key_ids }));
	const submit = async (event: SubmitEvent) => {
		event.preventDefault();
		const ids = keyIdsIn(text?.value ?? "");
		setIsInvalid(ids === null);
		setShown(null);
		if (!ids) return text?.focus();
		const result = await ask.run(ids);
		if (!result) return;
		const known = new Set(result.items.map(({ key_id }) => key_id));
		setShown({ items: result.items, unknown: ids.filter((id) => !known.has(id)) });
	};
	return (
		<section class={styles.section} aria-labelledby="operations-deliveries">
			<h2 id="operations-deliveries">{words().title}</h2>
			<p>{words().hint}</p>
			<form class={styles.form} onSubmit={(event) => void submit(event)} noValidate>
				<TextArea
					ref={text}
					label={words().ids}
					hint={words().idsHint}
					error={isInvalid() ? words().idsInvalid : undefined}
					required
					mono
				/>
				<ProblemNote problem={ask.problem()} />
				<div class={styles.buttons}>
					<Button type="submit" busy={ask.busy()}>
						{words().show}
					</Button>
				</div>
			</form>
			<div role="status">
				<Show when={shown()}>
					{(result) => (
						<p>
							{words().found(result().items.length)}
							<Show when={result().unknown.length > 0}> {words().unknown(result().unknown.join(", "))}</Show>
						</p>
					)}
				</Show>
			</div>
			<Show when={shown()?.items.length}>
				<div class={styles.scroll}>
					<table class={styles.table} aria-label={words().title}>
						<thead>
							<tr>
								<th scope="col">{words().columns.key}</th>
								<th scope="col">{words().columns.company}</th>
								<th scope="col">{words().columns.waiting}</th>
								<th scope="col">{words().columns.failures}</th>
								<th scope="col">{words().columns.failing}</th>
							</tr>
						</thead>
						<tbody>
							<For each={shown()?.items}>{(item) => <DeliveryRow item={item} />}</For>
						</tbody>
					</table>
				</div>
			</Show>
		</section>
	);
}

function DeliveryRow(props: { item: Deliveries["items"][number] }) {
	return (
		<tr>
			<th scope="row">
				<code>{props.item.key_id}</code>
			</th>
			<td>
				<A href={paths.platformTenant(props.item.tenant_id)}>{props.item.tenant_id}</A>
			</td>
			<Show when={props.item.failures !== null} fallback={<td colSpan={3}>{words().noState}</td>}>
				<td>{props.item.waiting_since === null ? words().nothingLate : time(props.item.waiting_since)}</td>
				<td class="number">{formatNumber(props.item.failures ?? 0)}</td>
				<td>{time(props.item.failing_since)}</td>
			</Show>
		</tr>
	);
}
