/** What a door knows of a request besides its content. */
import type { Author } from "../../db/audit.ts";
import { withoutKeys } from "../errors.ts";

/** User agents are chosen by callers and stored in the trail, so they are cut. */
const USER_AGENT_MAX = 256;

export interface RequestInfo extends Pick<Author, "ip" | "userAgent"> {
	/** On every answer and every line of the log. */
	requestId: string;
	/** When the request came in, in milliseconds. Everything below the doors takes the time from here. */
	now: number;
}

/** To be called once, where a request enters. */
export function requestInfo({ headers }: Request): RequestInfo {
	return {
		requestId: crypto.randomUUID(),
		now: Date.now(),
		ip: addressOf(headers.get("cf-connecting-ip")),
		userAgent: tidyUserAgent(headers.get("user-agent")),
	};
}

/**
 * Cloudflare sets this header itself and overwrites what a client sends. Wherever the service runs without it, a client
 * could have anything stored as its address, so only what looks like one counts.
 */
function addressOf(sent: string | null): string | null {
	return sent !== null && /^[0-9A-Fa-f:.]{2,45}$/.test(sent) ? sent : null;
}

/** A user agent as it may be stored; null if there is none. */
export function tidyUserAgent(sent: string | null): string | null {
	return withoutKeys(sent ?? "").slice(0, USER_AGENT_MAX) || null;
}
