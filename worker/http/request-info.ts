/** What every interface knows of a request besides its content. */
import type { Author } from "../../db/audit.ts";
import { withoutKeys } from "../errors.ts";

/** User agents are chosen by callers and stored in the audit trail, so they are cut. */
const USER_AGENT_MAX = 256;

export interface RequestInfo extends Pick<Author, "ip" | "userAgent"> {
	/** On every response and every line of the log. */
	requestId: string;
	/** When the request arrived, in milliseconds. All code below the interfaces takes the time from here. */
	now: number;
}

/** Call it once, where a request enters. */
export function requestInfo({ headers }: Request): RequestInfo {
	return {
		requestId: crypto.randomUUID(),
		now: Date.now(),
		ip: callerIp(headers.get("cf-connecting-ip")),
		userAgent: tidyUserAgent(headers.get("user-agent")),
	};
}

/**
 * The IP address of the caller. Cloudflare sets `CF-Connecting-IP` itself and overwrites what a client sends. Behind
 * other proxies a client could store arbitrary text through it, so only what looks like an IP address counts.
 */
function callerIp(sent: string | null): string | null {
	return sent !== null && /^[0-9A-Fa-f:.]{2,45}$/.test(sent) ? sent : null;
}

/** A user agent as it may be stored; null if it is absent or empty. */
export function tidyUserAgent(sent: string | null): string | null {
	return withoutKeys(sent ?? "").slice(0, USER_AGENT_MAX) || null;
}
