/** Recent callers of a key, grouped. Pure. */
import type { ApiKeyDetail } from "../../api/types.ts";

type SeenCaller = ApiKeyDetail["recent_callers"][number];

/** One program at one IP address, with all its endpoints. */
export interface DistinctCaller {
	ip: string;
	userAgent: string;
	/** Method and route of its last request. */
	endpoint: string;
	lastSeenAt: string;
	/** Requests, including rejected ones. */
	count: number;
}

/** Groups callers by IP address and program, newest first. The gate counts each endpoint separately. */
export function distinctCallers(seen: readonly SeenCaller[]): DistinctCaller[] {
	const callers = new Map<string, DistinctCaller>();
	for (const { ip, user_agent, endpoint, last_seen_at, count } of seen) {
		const id = callerId(ip, user_agent);
		const known = callers.get(id);
		if (known && known.lastSeenAt >= last_seen_at) known.count += count;
		else {
			const before = known?.count ?? 0;
			callers.set(id, { ip, userAgent: user_agent, endpoint, lastSeenAt: last_seen_at, count: count + before });
		}
	}
	return [...callers.values()].sort((a, b) => b.lastSeenAt.localeCompare(a.lastSeenAt));
}

/** The same program at the same IP address. */
export const isSameCaller = (a: DistinctCaller, b: DistinctCaller): boolean =>
	callerId(a.ip, a.userAgent) === callerId(b.ip, b.userAgent);

/** Headers cannot have line breaks, so this separator is unambiguous. */
const callerId = (ip: string, userAgent: string) => `${ip}\n${userAgent}`;
