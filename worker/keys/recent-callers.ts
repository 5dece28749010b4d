/** The recent callers of a key: a short list that shows an admin which integrations revoking the key would stop. Pure. */

import { putLast } from "../bounded-map.ts";
import type { ApiKeyDetail } from "../schemas/api-key.ts";
import { DAY_MS, toTimestamp } from "../schemas/time.ts";

/** More callers than a person can read through don't help, and the list is kept in memory. */
const CALLERS_MAX = 20;
/** Callers choose their user agent, so it is cut. */
const USER_AGENT_MAX = 200;

export interface Caller {
	ip: string;
	userAgent: string;
	/** Method and route, such as `POST /v1/sync_activities`. */
	endpoint: string;
	lastSeenAt: number;
	/** Requests, admitted or not. */
	count: number;
	/** How many of them were refused. */
	refused: number;
}

/** The fields that distinguish callers. */
type CallerIdentity = Pick<Caller, "ip" | "userAgent" | "endpoint">;

/** A caller as stored on disk. Older records have no `refused`. */
export type StoredCaller = Omit<Caller, "refused"> & { refused?: number };

/** How long IP addresses and user agents are kept, in gates and in the audit log: enough to look into an attack. */
export const ADDRESSES_KEPT_DAYS = 90;
export const ADDRESSES_KEPT_MS = ADDRESSES_KEPT_DAYS * DAY_MS;

/** A bounded list, least recent first. When it is full, a new caller replaces the least recent one. */
export class RecentCallers {
	/** A Map keeps the order of insertion. Recording a caller again moves it to the end. */
	readonly #callers = new Map<string, Caller>();
	/** The last entry. Most requests come from the same caller as the previous one, so this saves a lookup. */
	#latest: Caller | undefined;
	/** The callers that have changed since the whole list was last persisted. */
	readonly #changed = new Set<Caller>();
	#isAheadOfDisk = false;

	/** `stored` is the persisted list, `updates` the callers that have changed since. Counts only rise, so the higher wins. */
	constructor(stored: readonly StoredCaller[], updates: readonly StoredCaller[] = []) {
		const merged = new Map<string, Caller>();
		for (const caller of [...stored, ...updates].map((caller) => ({ refused: 0, ...caller }))) {
			const id = identify(caller);
			const other = merged.get(id);
			merged.set(id, other && other.count > caller.count ? other : caller);
		}
		const leastRecentFirst = [...merged.values()].sort((a, b) => a.lastSeenAt - b.lastSeenAt);
		for (const caller of leastRecentFirst.slice(-CALLERS_MAX)) this.#callers.set(identify(caller), caller);
	}

	/** Records requests of one caller. */
	record(
		{ ip, userAgent, endpoint }: { ip: string | null; userAgent: string | null; endpoint: string },
		admitted: boolean,
		now: number,
		requests = 1,
	): void {
		const identity = { ip: ip ?? "unknown", userAgent: (userAgent ?? "unknown").slice(0, USER_AGENT_MAX), endpoint };
		const caller = this.#latestIf(identity) ?? this.#moveToEnd(identity, now);
		caller.lastSeenAt = Math.max(caller.lastSeenAt, now);
		caller.count += requests;
		if (!admitted) caller.refused += requests;
		this.#changed.add(caller);
		this.#isAheadOfDisk = true;
	}

	#latestIf({ ip, userAgent, endpoint }: CallerIdentity): Caller | null {
		const latest = this.#latest;
		const isSame = latest?.ip === ip && latest.userAgent === userAgent && latest.endpoint === endpoint;
		return isSame ? latest : null;
	}

	#moveToEnd(identity: CallerIdentity, now: number): Caller {
		// Also here: a key that no one looks at must not keep old callers.
		this.#forget(now - ADDRESSES_KEPT_MS);
		const id = identify(identity);
		const caller = this.#callers.get(id) ?? { ...identity, lastSeenAt: 0, count: 0, refused: 0 };
		putLast(this.#callers, id, caller, CALLERS_MAX);
		this.#latest = caller;
		return caller;
	}

	/** The public form, most recent first. Forgets callers that were not seen for {@link ADDRESSES_KEPT_DAYS}. */
	describe(now: number): ApiKeyDetail["recent_callers"] {
		this.#forget(now - ADDRESSES_KEPT_MS);
		return this.list()
			.reverse()
			.map(({ ip, userAgent, endpoint, lastSeenAt, count, refused }) => ({
				ip,
				user_agent: userAgent,
				endpoint,
				last_seen_at: toTimestamp(lastSeenAt),
				count,
				refused,
			}));
	}

	/** They are in the order of their last request, so the first one that is recent ends the search. */
	#forget(before: number): void {
		for (const [id, caller] of this.#callers) {
			if (caller.lastSeenAt >= before) return;
			this.#callers.delete(id);
			this.#changed.delete(caller);
			if (this.#latest === caller) this.#latest = undefined;
		}
	}

	/** Least recent first, as the constructor takes them. */
	list(): Caller[] {
		return [...this.#callers.values()];
	}

	/** Whether a request was recorded since {@link takeAll}. */
	get hasChanged(): boolean {
		return this.#changed.size > 0;
	}

	/** Whether the disk lacks a recorded request. */
	get isAheadOfDisk(): boolean {
		return this.#isAheadOfDisk;
	}

	/** The callers that have changed since {@link takeAll}, to be written together with a count that is written anyway. */
	takeUpdates(): Caller[] {
		this.#isAheadOfDisk = false;
		return [...this.#changed];
	}

	/** The whole list to persist, or null if it has not changed since the last call. */
	takeAll(): Caller[] | null {
		if (this.#changed.size === 0) return null;
		this.#isAheadOfDisk = false;
		this.#changed.clear();
		return this.list();
	}
}

/** The parts come from headers and routes, which cannot contain a line break, so it separates them unambiguously. */
function identify(caller: CallerIdentity): string {
	return `${caller.ip}\n${caller.endpoint}\n${caller.userAgent}`;
}
