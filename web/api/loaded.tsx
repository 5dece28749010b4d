import type { UseQueryResult } from "@tanstack/solid-query";
import { type Accessor, type JSX, Match, Switch } from "solid-js";
import { Skeleton } from "../ui/states.tsx";
import { ProblemPanel } from "./problem-view.tsx";
import { dataOf, loadProblem } from "./queries.ts";

/** The data of a query. While it loads, a skeleton; if it fails, what could not be loaded, why, and a button to retry. */
export function Loaded<T extends object>(props: {
	query: UseQueryResult<T>;
	/** Says what could not be loaded. */
	failure: string;
	/** Of the skeleton, as a CSS length: about what the data takes. */
	height: string;
	children: (data: Accessor<T>) => JSX.Element;
}) {
	return (
		<Switch>
			<Match when={loadProblem(props.query)}>
				{(problem) => (
					<ProblemPanel title={props.failure} problem={problem()} onRetry={() => void props.query.refetch()} />
				)}
			</Match>
			<Match when={props.query.isPending}>
				<Skeleton height={props.height} />
			</Match>
			<Match when={dataOf(props.query)}>{(data) => props.children(data)}</Match>
		</Switch>
	);
}
