import { A } from "@solidjs/router";
import { createSignal, For, Show } from "solid-js";
import { createAction } from "../../api/action.ts";
import { ProblemNote } from "../../api/problem-view.tsx";
import { t } from "../../i18n/index.ts";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { TextArea } from "../../ui/field.tsx";
import { type FoundKeys, platformApi } from "./api.ts";
import styles from "./platform.module.css";

/** Finds whose keys a text contains. The text is emptied when the companies are found. */
export function FindKeys() {
	const words = () => t().platform;
	const [found, setFound] = createSignal<FoundKeys | null>(null);
	let text: HTMLTextAreaElement | undefined;
	const find = createAction((given: string) => platformApi.tenants.find_by_key.mutate({ text: given }));
	const submit = async (event: SubmitEvent) => {
		event.preventDefault();
		const result = await find.run(text?.value ?? "");
		if (!result) return;
		setFound(result);
		if (text) text.value = "";
	};
	return (
		<section class={styles.section}>
			<h1>{words().find}</h1>
			<form class={styles.section} onSubmit={(event) => void submit(event)}>
				<TextArea ref={text} label={words().findText} hint={words().findHint} rows={8} required mono />
				<ProblemNote problem={find.problem()} />
				<div class={styles.buttons}>
					<Button type="submit" variant="primary" busy={find.busy()}>
						{words().findNow}
					</Button>
				</div>
			</form>
			<div role="status">
				<Show when={found()}>
					{(result) => (
						<p>
							{words().found(result().items.length)}
							<Show when={result().unknown > 0}> {words().unknown(result().unknown)}</Show>
						</p>
					)}
				</Show>
			</div>
			<Show when={found()?.items.length}>
				<div class={styles.scroll}>
					<table class={styles.table} aria-label={words().find}>
						<thead>
							<tr>
								<th scope="col">{words().foundColumns.company}</th>
								<th scope="col">{words().foundColumns.key}</th>
								<th scope="col">{words().foundColumns.status}</th>
							</tr>
						</thead>
						<tbody>
							<For each={found()?.items}>
								{({ tenant, api_key }) => (
									<tr>
										<th scope="row">
											<A href={paths.platformTenant(tenant.id)}>{tenant.name}</A>
										</th>
										<td>
											{api_key.name} <code>{api_key.id}</code>
										</td>
										<td>{words().statuses[api_key.status]}</td>
									</tr>
								)}
							</For>
						</tbody>
					</table>
				</div>
			</Show>
		</section>
	);
}
