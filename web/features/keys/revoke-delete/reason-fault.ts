/** What is wrong with the reason for revoking, before the server is asked. The server's rules decide. Pure. */

/** Characters of a reason, as `keys.revoke` takes it. */
export const REASON_MAX = 200;

/** Longer than any prefix by which keys are named. A whole key must not even leave the page for a log. */
const KEY_INSIDE = /sk_(live|test)_\w{13,}/;

export type ReasonFault = "too-long" | "has-key";

export function reasonFault(reason: string): ReasonFault | null {
	if (KEY_INSIDE.test(reason)) return "has-key";
	return reason.trim().length > REASON_MAX ? "too-long" : null;
}
