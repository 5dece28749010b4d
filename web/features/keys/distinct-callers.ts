/** Who used a key lately, put together from what its gate has seen. Pure. */
import type { ApiKeyDetail } from "../../../worker/schemas/api-key.ts";

type SeenCaller = ApiKeyDetail["recent_callers"][number];

/** One program at one address, whatever it called. */
export interface DistinctCaller {
	ip: string;
	userAgent: string;
	/** Method and route of its last request. */
	endpoint: string;
	lastSeenAt: string;
	/** Requests, refused ones included. */
	count: number;
}

/** Callers by address and program, most recent first: the gate tells them apart by endpoint, too. */
export function distinctCallers(seen: readonly SeenCaller[]): DistinctCaller[] {
	const callers = new Map<string, DistinctCaller>();
	for (const { ip, user_agent, endpoint, last_seen_at, count } of seen) {
		const id = identify(ip, user_agent);
		const known = callers.get(id);
		if (known && known.lastSeenAt >= last_seen_at) known.count += count;
		else {
			const before = known?.count ?? 0;
			callers.set(id, { ip, userAgent: user_agent, endpoint, lastSeenAt: last_seen_at, count: count + before });
		}
	}
	return [...callers.values()].sort((a, b) => b.lastSeenAt.localeCompare(a.lastSeenAt));
}

/** The same program at the same address. */
export const isSameCaller = (a: DistinctCaller, b: DistinctCaller): boolean =>
	identify(a.ip, a.userAgent) === identify(b.ip, b.userAgent);

/** A line break cannot stand in a header, so it separates the two without doubt. */
const identify = (ip: string, userAgent: string) => `${ip}\n${userAgent}`;
