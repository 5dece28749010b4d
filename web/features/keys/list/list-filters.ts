/** The filters of the list and the query string that holds them, so that a list can be linked to and reloaded. Pure. */
import {
	AUTHENTICATIONS,
	ENVIRONMENTS,
	type Environment,
	EXPIRING_SOON_DAYS,
	KEY_SORTS,
	type KeySort,
} from "../../../../db/enums.ts";
import type { KeyFilters } from "../../../api/queries.ts";
import { keyIdsIn, searchFor } from "../../../key-secret.ts";
import { paths } from "../../../paths.ts";

export const LIST_TABS = ["all", "active", "expiring", "rotating", "expired", "revoked", "imported"] as const;
export type ListTab = (typeof LIST_TABS)[number];

export const AUTHENTICATION_FILTERS = ["any", ...AUTHENTICATIONS] as const;
export type AuthenticationFilter = (typeof AUTHENTICATION_FILTERS)[number];

export interface ListFilters {
	tab: ListTab;
	environment: Environment;
	authentication: AuthenticationFilter;
	/** Id of the member who has created the keys; empty: anyone. */
	creator: string;
	/** Whether only keys that depend on the previous pepper are listed, before an operator removes it. */
	pepper: "any" | "previous";
	/** As typed. */
	search: string;
	sort: KeySort;
}

const DEFAULTS: ListFilters = {
	tab: "all",
	environment: "live",
	authentication: "any",
	creator: "",
	pepper: "any",
	search: "",
	sort: "-created_at",
};

/** The query parameters that the list reads. `undefined` removes one. */
export type ListParams = Record<
	"status" | "env" | "authentication" | "creator" | "pepper" | "q" | "sort",
	string | undefined
>;

/** Ignores unknown values, since a person may have edited the URL. */
function known<T extends string>(words: readonly T[], value: string | string[] | undefined, otherwise: T): T {
	return words.find((word) => word === value) ?? otherwise;
}

export function filtersOf(params: Partial<Record<string, string | string[]>>): ListFilters {
	return {
		tab: known(LIST_TABS, params.status, DEFAULTS.tab),
		environment: known(ENVIRONMENTS, params.env, DEFAULTS.environment),
		authentication: known(AUTHENTICATION_FILTERS, params.authentication, DEFAULTS.authentication),
		creator: typeof params.creator === "string" ? params.creator.slice(0, ID_MAX) : DEFAULTS.creator,
		pepper: known(["previous"], params.pepper, DEFAULTS.pepper),
		search: typeof params.q === "string" ? searchText(params.q) : DEFAULTS.search,
		sort: known(KEY_SORTS, params.sort, DEFAULTS.sort),
	};
}

/** Max characters of an id, as the service takes it. */
const ID_MAX = 64;

/** Max characters of a search, as `keys.list` takes it. */
const SEARCH_MAX = 100;

/** Never with a secret, even if someone has put one into the URL. */
function searchText(text: string): string {
	const search = searchFor(text);
	return keyIdsIn(search).length > 0 ? search : search.slice(0, SEARCH_MAX);
}

/** The query parameters of a list, without defaults. */
export function paramsOf(filters: ListFilters): ListParams {
	const unless = (value: string, usual: string) => (value === usual ? undefined : value);
	return {
		status: unless(filters.tab, DEFAULTS.tab),
		env: unless(filters.environment, DEFAULTS.environment),
		authentication: unless(filters.authentication, DEFAULTS.authentication),
		creator: unless(filters.creator, DEFAULTS.creator),
		pepper: unless(filters.pepper, DEFAULTS.pepper),
		q: unless(filters.search, DEFAULTS.search),
		sort: unless(filters.sort, DEFAULTS.sort),
	};
}

/** The list with these filters. */
export function hrefOf(filters: ListFilters): string {
	const params = new URLSearchParams();
	for (const [name, value] of Object.entries(paramsOf(filters))) if (value !== undefined) params.set(name, value);
	return params.size === 0 ? paths.keys : `${paths.keys}?${params}`;
}

const QUERIES = {
	all: {},
	active: { status: "active" },
	expiring: { expires_within_days: EXPIRING_SOON_DAYS },
	rotating: { rotation: "unfinished" },
	expired: { status: "expired" },
	revoked: { status: "revoked" },
	imported: { origin: "imported" },
} as const satisfies Record<ListTab, Partial<KeyFilters>>;

/** The filters as the service takes them. */
export function queryOf({ tab, environment, authentication, creator, pepper, search, sort }: ListFilters): KeyFilters {
	// Pasted keys are looked up by id instead.
	const text = keyIdsIn(search).length > 0 ? "" : search.trim();
	return {
		environment,
		sort,
		...(authentication === "any" ? {} : { authentication }),
		...(creator === "" ? {} : { created_by: creator }),
		...(pepper === "any" ? {} : { pepper }),
		...(text === "" ? {} : { search: text }),
		...QUERIES[tab],
	};
}

/**
 * What a click on a tab changes. Imported keys are shown by their last use: an admin wants to know which are still in use.
 */
export const changeTo = (tab: ListTab): Partial<ListFilters> =>
	tab === "imported" ? { tab, sort: "-last_used_at" } : { tab };

/** The order after a click on a column's header: by that column, then reversed, then newest first. */
export function nextSort(current: KeySort, column: "name" | "usage_count" | "last_used_at" | "expires_at"): KeySort {
	// Names from A, and first what ends first.
	const [first, second] =
		column === "name" || column === "expires_at"
			? ([column, `-${column}`] as const)
			: ([`-${column}`, column] as const);
	if (current === first) return second;
	return current === second ? DEFAULTS.sort : first;
}
