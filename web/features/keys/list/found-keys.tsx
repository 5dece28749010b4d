import { A } from "@solidjs/router";
import { useQuery } from "@tanstack/solid-query";
import { createMemo, For, Match, Show, Switch } from "solid-js";
import { ProblemPanel } from "../../../api/problem-view.tsx";
import { dataOf, keyLookupQuery, loadProblem } from "../../../api/queries.ts";
import type { ApiKey, ListedKey } from "../../../api/types.ts";
import { t } from "../../../i18n/index.ts";
import { paths } from "../../../paths.ts";
import { Notice } from "../../../ui/states.tsx";
import styles from "./found-keys.module.css";
import { KeyTable, KeyTableSkeleton } from "./key-table.tsx";

/** The keys of a pasted text, looked up by id in both environments. */
export function FoundKeys(props: {
	ids: string[];
	environment: ApiKey["environment"];
	selected: ReadonlySet<string>;
	onSelect: (keys: readonly ListedKey[], selected: boolean) => void;
}) {
	const lookup = useQuery(() => keyLookupQuery(props.ids));
	const keys = createMemo(() => dataOf(lookup)?.filter((key) => key !== null) ?? []);
	const missing = () => props.ids.filter((id) => !keys().some((key) => key.id === id));
	return (
		<Switch>
			<Match when={loadProblem(lookup)}>
				{(problem) => (
					<ProblemPanel title={t().keys.loadFailed} problem={problem()} onRetry={() => void lookup.refetch()} />
				)}
			</Match>
			<Match when={lookup.isPending}>
				<KeyTableSkeleton />
			</Match>
			<Match when={true}>
				<OtherEnvironment keys={keys()} environment={props.environment} />
				<div class={styles.notices}>
					<For each={missing()}>
						{(id) => (
							<Notice tone="warning">
								{t().keys.found.missing(id)} <A href={paths.auditLogOf({ key_id: id })}>{t().key.unknown.log}</A>
							</Notice>
						)}
					</For>
				</div>
				<Show when={keys().length > 0}>
					<KeyTable
						keys={keys()}
						stale={false}
						total={keys().length}
						sort="-created_at"
						selected={props.selected}
						onSelect={props.onSelect}
						onEnd={() => {}}
					/>
				</Show>
			</Match>
		</Switch>
	);
}

/** Says that some of the keys are in the other environment than the one on the screen. */
export function OtherEnvironment(props: { keys: readonly ApiKey[]; environment: ApiKey["environment"] }) {
	const other = () => (props.environment === "live" ? "test" : "live");
	const isElsewhere = ({ environment }: ApiKey) => environment === other();
	const words = () => t().keys.found[props.keys.every(isElsewhere) ? "elsewhere" : "partlyElsewhere"];
	return (
		<div role="status">
			<Show when={props.keys.some(isElsewhere)}>
				<div class={styles.notices}>
					<Notice tone="calm">{words()[other()]}</Notice>
				</div>
			</Show>
		</div>
	);
}
