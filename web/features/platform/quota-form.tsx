import { useQuery } from "@tanstack/solid-query";
import { For, Match, Switch } from "solid-js";
import { createAction } from "../../api/action.ts";
import { ProblemNote } from "../../api/problem-view.tsx";
import { dataOf, loadProblem } from "../../api/queries.ts";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { Button } from "../../ui/button.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { notify } from "../../ui/toast.tsx";
import { platformApi, type Quota } from "./api.ts";
import styles from "./platform.module.css";

/** What the company stores, and the limits that the platform sets. An empty limit is the default. */
export function QuotaForm(props: { tenantId: string }) {
	const words = () => t().platform;
	const query = useQuery(() => ({
		queryKey: ["platform", "quotas", props.tenantId],
		queryFn: ({ signal }: { signal: AbortSignal }) =>
			platformApi.tenants.quotas.query({ tenant_id: props.tenantId }, { signal }),
	}));
	const items = (): Quota[] => dataOf(query)?.items ?? [];
	const save = createAction(async (form: FormData) => {
		const limits = items().map(({ name }) => {
			const text = String(form.get(name) ?? "").trim();
			return [name, text === "" ? null : Number(text)] as const;
		});
		await platformApi.tenants.update.mutate({ id: props.tenantId, quotas: Object.fromEntries(limits) });
		await query.refetch();
		return true;
	});
	const submit = async (event: SubmitEvent & { currentTarget: HTMLFormElement }) => {
		event.preventDefault();
		if (await save.run(new FormData(event.currentTarget))) notify(words().saved);
	};
	const names = () => t().account.quotas.names;
	return (
		<section class={styles.section} aria-labelledby="platform-quotas">
			<h2 id="platform-quotas">{words().quotas}</h2>
			<Switch>
				<Match when={loadProblem(query)}>{(problem) => <ProblemNote problem={problem()} />}</Match>
				<Match when={query.isPending}>
					<Skeleton height="240px" />
				</Match>
				<Match when={true}>
					<form class={styles.section} onSubmit={(event) => void submit(event)}>
						<div class={styles.scroll}>
							<table class={styles.table} aria-labelledby="platform-quotas">
								<thead>
									<tr>
										<th scope="col">{words().quotaColumns.name}</th>
										<th scope="col">{words().quotaColumns.used}</th>
										<th scope="col">{words().quotaColumns.limit}</th>
									</tr>
								</thead>
								<tbody>
									<For each={items()}>
										{(quota) => (
											<tr>
												<th scope="row">{names()[quota.name]}</th>
												<td class="number">{quota.used === null ? words().noUse : formatNumber(quota.used)}</td>
												<td>
													<input
														class={styles.narrow}
														name={quota.name}
														inputmode="numeric"
														pattern="[0-9]*"
														aria-label={words().limitOf(names()[quota.name])}
														placeholder={String(quota.limit)}
														value={quota.is_default ? "" : String(quota.limit)}
													/>
												</td>
											</tr>
										)}
									</For>
								</tbody>
							</table>
						</div>
						<p class="secondary">{words().defaultLimit}</p>
						<ProblemNote problem={save.problem()} />
						<div class={styles.buttons}>
							<Button type="submit" busy={save.busy()}>
								{words().save}
							</Button>
						</div>
					</form>
				</Match>
			</Switch>
		</section>
	);
}
