/** What the list is narrowed to, as its address says it: a list can be linked to, reloaded and gone back to. Pure. */
import { ENVIRONMENTS, type Environment, EXPIRING_SOON_DAYS, KEY_SORTS, type KeySort } from "../../../../db/enums.ts";
import type { KeyFilters } from "../../../api/queries.ts";
import { withoutSecret } from "../without-secret.ts";

export const LIST_TABS = ["all", "active", "expiring", "expired", "revoked"] as const;
export type ListTab = (typeof LIST_TABS)[number];

export interface ListFilters {
	tab: ListTab;
	environment: Environment;
	/** As typed. */
	search: string;
	sort: KeySort;
}

const DEFAULTS: ListFilters = { tab: "all", environment: "live", search: "", sort: "-created_at" };

/** The parts of an address's query string that the list reads; `undefined` takes one out. */
export type ListParams = Record<"status" | "env" | "q" | "sort", string | undefined>;

/** Unknown words in an address are as good as none: somebody may have typed it. */
function known<T extends string>(words: readonly T[], value: string | string[] | undefined, otherwise: T): T {
	return words.find((word) => word === value) ?? otherwise;
}

export function filtersOf(params: Partial<Record<string, string | string[]>>): ListFilters {
	return {
		tab: known(LIST_TABS, params.status, DEFAULTS.tab),
		environment: known(ENVIRONMENTS, params.env, DEFAULTS.environment),
		search: typeof params.q === "string" ? withoutSecret(params.q).slice(0, 100) : DEFAULTS.search,
		sort: known(KEY_SORTS, params.sort, DEFAULTS.sort),
	};
}

/** The address of a list. What is as usual is left out of it. */
export function paramsOf(filters: ListFilters): ListParams {
	const unless = (value: string, usual: string) => (value === usual ? undefined : value);
	return {
		status: unless(filters.tab, DEFAULTS.tab),
		env: unless(filters.environment, DEFAULTS.environment),
		q: unless(filters.search, DEFAULTS.search),
		sort: unless(filters.sort, DEFAULTS.sort),
	};
}

/** What the server is asked for. */
export function queryOf({ tab, environment, search, sort }: ListFilters): KeyFilters {
	const text = search.trim();
	return {
		environment,
		sort,
		...(text === "" ? {} : { search: text }),
		...(tab === "all" ? {} : tab === "expiring" ? { expires_within_days: EXPIRING_SOON_DAYS } : { status: tab }),
	};
}

/** What a click on a column's header does: sort by it, turn it round, back to newest first. */
export function nextSort(current: KeySort, column: "name" | "usage_count" | "last_used_at"): KeySort {
	const [first, second] = column === "name" ? ([column, `-${column}`] as const) : ([`-${column}`, column] as const);
	if (current === first) return second;
	return current === second ? DEFAULTS.sort : first;
}
