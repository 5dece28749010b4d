/** Everything that the lists of a tenant show: all orders, filters, searches and counts. */
import { KEY_SORTS, KEY_STATUSES, LEAD_SORTS } from "../../db/enums.ts";
import type { Service } from "../harness.ts";
import type { Session } from "../session.ts";

/** A list is followed to this page, which covers 10,000 rows; by name, it is followed to its end. */
const PAGES_MAX = 100;
const LIMIT = 100;
const HOUR_MS = 3_600_000;
const RECENT_HOURS = 24;

/** What `take` returns for one list after the other, each under a name that says what was asked. */
async function collect(
	asked: readonly object[],
	take: (input: object) => Promise<unknown>,
): Promise<Record<string, unknown>> {
	const taken: Record<string, unknown> = {};
	for (const input of asked) taken[JSON.stringify(input)] = await take(input);
	return taken;
}

/** The pages of a list. */
async function pages<T extends { next_cursor: string | null }>(
	max: number,
	page: (cursor: { cursor?: string }) => Promise<T>,
): Promise<T[]> {
	const all: T[] = [];
	let cursor: string | null | undefined;
	while (cursor !== null && all.length < max) {
		const found = await page(cursor === undefined ? {} : { cursor });
		all.push(found);
		cursor = found.next_cursor;
	}
	return all;
}

/**
 * The lists of keys, events, members and jobs, with the usage of a few keys and the quotas. `until` is the time of the first call: later
 * events are left out, since each sign-in makes one, and the usage is that of the hours before, since the hour can end meanwhile.
 */
export async function everyList(owner: Session, until: string, searches: readonly string[]): Promise<object> {
	const sorts = KEY_SORTS.map((sort) => ({ sort }));
	const filters = [
		...KEY_STATUSES.map((status) => ({ status })),
		...[{ environment: "live" }, { environment: "test" }, { expires_within_days: 30 }, { rotation: "unfinished" }],
		...[{ pepper: "previous" }, { authentication: "signed" }, { origin: "created" }],
	];
	const searched = searches.flatMap((search) => [{ search }, { search, sort: "name", environment: "live" }]);
	// The objects above are inputs of the procedure, whose type names each of their values.
	const keysOf = (input: object) => owner.query("keys.list", { limit: LIMIT, ...input } as never);
	const { items } = await owner.query("keys.list", { sort: "-usage_count", limit: 5 });
	const audit = [{}, { action: "api_key.revoke" }, { actor: "acme" }, { key_id: items[0]?.id ?? "" }];
	return {
		keys: await collect([...sorts, ...filters, ...searched], keysOf),
		everyKey: await pages(Number.POSITIVE_INFINITY, (cursor) => keysOf({ sort: "name", ...cursor })),
		recent: await recentUsage(owner, until),
		usage: await Promise.all(items.map(({ id }) => owner.query("keys.usage", { id, to: until }))),
		audit: await collect(audit, (input) =>
			pages(PAGES_MAX, (cursor) =>
				owner.query("audit.list", { to: until, limit: LIMIT, ...input, ...cursor } as never),
			),
		),
		members: (await owner.query("members.list", {})).items.map(({ last_sign_in_at: _, ...member }) => member),
		tokens: await owner.query("tokens.list", {}),
		jobs: await owner.query("jobs.list", {}),
		quotas: await owner.query("tenants.quotas", {}),
	};
}

/** The hourly use of the newest keys in the 24 hours up to that of `until`. */
async function recentUsage(owner: Session, until: string): Promise<object[]> {
	const begun = Math.floor(Date.now() / HOUR_MS) - Math.floor(Date.parse(until) / HOUR_MS);
	const { items } = await owner.query("keys.list", { limit: LIMIT, recent_hours: RECENT_HOURS + begun });
	return items.map(({ id, recent_usage }) => ({ id, usage: recent_usage?.slice(0, RECENT_HOURS) }));
}

/** The lists of leads, which an integration reads with its key. */
export async function everyLead(service: Service, key: string): Promise<object> {
	const asked = [...LEAD_SORTS.map((sort) => ({ sort })), { search: "ana" }, { status: "new" }, { source: "form" }];
	return collect(asked, async (query) => {
		const response = await service.fetch(`/v1/leads?${new URLSearchParams({ limit: "100", ...query })}`, {
			headers: { authorization: `Bearer ${key}` },
		});
		// The shape of REST (docs/rest.md). The rest of `meta` names the request.
		const { data, meta } = (await response.json()) as { data: unknown; meta: { next_cursor: string | null } };
		return { status: response.status, data, cursor: meta.next_cursor };
	});
}
