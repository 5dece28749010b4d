/** What every interface knows of a request besides its content. */
import type { Author } from "../../db/audit.ts";
import { readIpAddress } from "../keys/ip-address.ts";
import { withoutKeys } from "../schemas/key-pattern.ts";

/** User agents are chosen by callers and stored in the audit trail, so they are cut. */
const USER_AGENT_MAX = 256;

export interface RequestInfo extends Pick<Author, "ip" | "userAgent"> {
	/** On every response and every line of the log. */
	requestId: string;
	/** Cloudflare's id of the request, for the log. */
	readonly rayId: string | null;
	/** When the request arrived, in milliseconds. All code below the interfaces takes the time from here. */
	now: number;
}

/** Call it once, where a request enters. */
export function requestInfo({ headers }: Request): RequestInfo {
	return {
		requestId: crypto.randomUUID(),
		// Only the log reads it, and most requests log nothing.
		get rayId() {
			return headers.get("cf-ray");
		},
		now: Date.now(),
		// Cloudflare sets this header itself and overwrites what a client sends. Other proxies may pass arbitrary text.
		ip: readIpAddress(headers.get("cf-connecting-ip")),
		userAgent: tidyUserAgent(headers.get("user-agent")),
	};
}

/** A user agent as it may be stored; null if it is absent or empty. */
export function tidyUserAgent(sent: string | null): string | null {
	return withoutKeys(sent ?? "").slice(0, USER_AGENT_MAX) || null;
}
