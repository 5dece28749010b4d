import { Match, Switch } from "solid-js";
import { t } from "../../../i18n/index.ts";
import { paths } from "../../../paths.ts";
import { Button, LinkButton } from "../../../ui/button.tsx";
import { EmptyState } from "../../../ui/states.tsx";
import type { ListFilters } from "./list-filters.ts";

interface Props {
	filters: ListFilters;
	onChange: (changed: Partial<ListFilters>) => void;
}

/** What the list shows instead of keys. */
export function EmptyList(props: Props) {
	const isNarrowed = () =>
		props.filters.search.trim() !== "" ||
		props.filters.tab !== "all" ||
		props.filters.authentication !== "any" ||
		props.filters.creator !== "" ||
		props.filters.pepper !== "any";
	const words = () => (props.filters.environment === "test" ? t().keys.emptyTest : t().keys.empty);
	return (
		<Switch>
			<Match when={isNarrowed()}>
				<NothingFound {...props} />
			</Match>
			<Match when={true}>
				<EmptyState
					title={words().title}
					action={
						<LinkButton href={paths.newKeyIn(props.filters.environment)} variant="primary">
							{t().keys.create}
						</LinkButton>
					}
				>
					<p>{words().text}</p>
				</EmptyState>
			</Match>
		</Switch>
	);
}

/** No key matches the filters. Offers to clear them or to look in the other environment. */
function NothingFound(props: Props) {
	const other = () => (props.filters.environment === "live" ? "test" : "live");
	return (
		<EmptyState
			title={t().keys.nothing.title}
			action={
				<>
					<Button
						onClick={() =>
							props.onChange({ search: "", tab: "all", authentication: "any", creator: "", pepper: "any" })
						}
					>
						{t().keys.nothing.clear}
					</Button>
					<Button variant="quiet" onClick={() => props.onChange({ environment: other() })}>
						{t().keys.nothing.otherEnvironment[other()]}
					</Button>
				</>
			}
		>
			<p>
				{props.filters.search.trim() ? t().keys.nothing.search(props.filters.search.trim()) : t().keys.nothing.filter}
			</p>
		</EmptyState>
	);
}
