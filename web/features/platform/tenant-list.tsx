import { A } from "@solidjs/router";
import { useInfiniteQuery } from "@tanstack/solid-query";
import { createSignal, For, Match, Show, Switch } from "solid-js";
import { ProblemPanel } from "../../api/problem-view.tsx";
import { dataOf, loadProblem } from "../../api/queries.ts";
import { formatDateTime } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { paths } from "../../paths.ts";
import { Button } from "../../ui/button.tsx";
import { SelectField, TextField } from "../../ui/field.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { platformApi } from "./api.ts";
import { CreateTenant } from "./create-tenant.tsx";
import styles from "./platform.module.css";

const STATES = ["active", "suspended", "deleted"] as const;
type State = (typeof STATES)[number];

const PAGE = 50;

/** The companies, with search and state, and the form that creates one. */
export function TenantList() {
	const words = () => t().platform;
	const [search, setSearch] = createSignal("");
	const [state, setState] = createSignal<State | undefined>();
	const list = useInfiniteQuery(() => ({
		queryKey: ["platform", "tenants", search(), state()],
		queryFn: ({ pageParam, signal }: { pageParam: string | null; signal: AbortSignal }) => {
			const wanted = state();
			return platformApi.tenants.list.query(
				{
					limit: PAGE,
					search: search(),
					...(wanted ? { state: wanted } : {}),
					...(pageParam === null ? {} : { cursor: pageParam }),
				},
				{ signal },
			);
		},
		initialPageParam: null as string | null,
		getNextPageParam: (last: { next_cursor: string | null }) => last.next_cursor,
	}));
	const tenants = () => dataOf(list)?.pages.flatMap((page) => page.items) ?? [];
	return (
		<section class={styles.section}>
			<div class={styles.head}>
				<h1>{words().tenants}</h1>
				<CreateTenant onCreated={() => void list.refetch()} />
			</div>
			<form
				class={styles.filters}
				onSubmit={(event) => {
					event.preventDefault();
				}}
			>
				<TextField
					label={words().search}
					type="search"
					value={search()}
					onChange={(event) => setSearch(event.currentTarget.value.trim())}
				/>
				<SelectField
					label={words().state}
					value={state() ?? ""}
					onChange={(event) => setState(STATES.find((known) => known === event.currentTarget.value))}
				>
					<option value="">{words().anyState}</option>
					<For each={STATES}>{(known) => <option value={known}>{words().states[known]}</option>}</For>
				</SelectField>
			</form>
			<Switch>
				<Match when={loadProblem(list)}>
					{(problem) => (
						<ProblemPanel title={words().loadFailed} problem={problem()} onRetry={() => void list.refetch()} />
					)}
				</Match>
				<Match when={list.isPending}>
					<Skeleton height="240px" />
				</Match>
				<Match when={tenants().length === 0}>
					<p>{words().empty}</p>
				</Match>
				<Match when={true}>
					<div class={styles.scroll}>
						<table class={styles.table} aria-label={words().tenants}>
							<thead>
								<tr>
									<th scope="col">{words().columns.name}</th>
									<th scope="col">{words().columns.slug}</th>
									<th scope="col">{words().columns.state}</th>
									<th scope="col">{words().columns.created}</th>
								</tr>
							</thead>
							<tbody>
								<For each={tenants()}>
									{(tenant) => (
										<tr>
											<th scope="row">
												<A href={paths.platformTenant(tenant.id)}>{tenant.name}</A>
											</th>
											<td>{tenant.slug}</td>
											<td>{words().states[tenant.state]}</td>
											<td>{formatDateTime(tenant.created_at)}</td>
										</tr>
									)}
								</For>
							</tbody>
						</table>
					</div>
					<Show when={list.hasNextPage}>
						<Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
							{words().more}
						</Button>
					</Show>
				</Match>
			</Switch>
		</section>
	);
}
