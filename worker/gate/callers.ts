/** Who presented a key lately: a short list, so that an admin knows whom revoking it will hit. Pure. */

import { putLast } from "../bounded-map.ts";
import type { ApiKeyDetail } from "../schemas/api-key.ts";
import { toTimestamp } from "../schemas/time.ts";

/** More distinct callers than a person can look through are no help, and the list is kept in memory. */
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

/** What tells callers apart. */
type Identity = Pick<Caller, "ip" | "userAgent" | "endpoint">;

/** As it was stored: before refusals were counted apart, without their number. */
export type StoredCaller = Omit<Caller, "refused"> & { refused?: number };

/** A bounded list in order of last sight: one more than it holds drops the one unseen for longest. */
export class RecentCallers {
	/** A Map keeps the order of insertion; seeing a caller again moves it to the end. */
	readonly #callers: Map<string, Caller>;
	/** At the end of the list, where most requests find their caller again. */
	#latest: Caller | undefined;
	/** Whether there is more here than was written down. */
	#isAhead = false;

	constructor(callers: readonly StoredCaller[]) {
		this.#callers = new Map(callers.map((caller) => [identify(caller), { refused: 0, ...caller }]));
	}

	/** Enters a request. True: nobody in the list has called like that before. */
	see(ip: string | null, userAgent: string | null, endpoint: string, admitted: boolean, now: number): boolean {
		const seen = { ip: ip ?? "unknown", userAgent: (userAgent ?? "unknown").slice(0, USER_AGENT_MAX), endpoint };
		const caller = this.#isLatest(seen) ?? this.#moveToEnd(seen);
		caller.lastSeenAt = now;
		caller.count++;
		if (!admitted) caller.refused++;
		this.#isAhead = true;
		return caller.count === 1;
	}

	#isLatest({ ip, userAgent, endpoint }: Identity): Caller | null {
		const latest = this.#latest;
		const isSame = latest?.ip === ip && latest.userAgent === userAgent && latest.endpoint === endpoint;
		return isSame ? latest : null;
	}

	#moveToEnd(seen: Identity): Caller {
		const id = identify(seen);
		const caller = this.#callers.get(id) ?? { ...seen, lastSeenAt: 0, count: 0, refused: 0 };
		putLast(this.#callers, id, caller, CALLERS_MAX);
		this.#latest = caller;
		return caller;
	}

	/** Most recent first, as the outside sees them. */
	describe(): ApiKeyDetail["recent_callers"] {
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

	/** Oldest first, as the constructor takes them. */
	list(): Caller[] {
		return [...this.#callers.values()];
	}

	/** The list for whoever writes it down; null if nothing has changed since it was asked for last. */
	takeChanged(): Caller[] | null {
		if (!this.#isAhead) return null;
		this.#isAhead = false;
		return this.list();
	}
}

/** A line break cannot stand in a header, so it separates the parts without doubt. */
function identify(caller: Identity): string {
	return `${caller.ip}\n${caller.endpoint}\n${caller.userAgent}`;
}
