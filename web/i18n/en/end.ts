import { plural } from "../plural.ts";

/** Ending a key: revoking and deleting it. */
export const end = {
	key: "Key",
	lastUsed: "Last used",
	lastDay: "Requests in the last 24 hours",
	lastDayCount: (admitted: string, refused: string | null) =>
		refused === null ? admitted : `${admitted}, and ${refused} refused`,
	callers: "Recent callers",
	noCallers: "None",
	moreCallers: (_count: number, text: string) => `and ${text} more`,
	unknownAddress: "Unknown address",
	unknownAgent: "Unknown program",
	notLoaded: "What uses this key could not be loaded. You can go on without.",
	used: (name: string, ago: string) => `${name} was used ${ago}.`,
	usedBy: (name: string, ago: string, callers: number, text: string) =>
		`${name} was used ${ago} by ${text} ${plural(callers, "caller", "callers")}.`,
	neverUsed: (name: string) => `${name} was never used.`,
	revoke: {
		title: (name: string) => `Revoke ${name}?`,
		consequence: "As soon as you revoke it, requests with this key are refused. This cannot be undone.",
		expired: "It has expired, so its requests are refused already. Once revoked, it cannot be given a later expiry.",
		already: (name: string) => `${name} is revoked already. Its requests are refused.`,
		reason: "Reason (optional)",
		reasonHint: "Stays in the audit log.",
		reasonTooLong: (max: string) => `Shorten the reason to ${max} characters.`,
		reasonHasKey: "Take the API key out of the reason: it would stay readable in the audit log.",
		submit: "Revoke key",
		busy: "Revoking…",
		done: (name: string) => `${name} is revoked. Its requests are refused from now on.`,
		gone: (name: string) => `${name} was deleted in the meantime. Its requests are refused already.`,
	},
	revokeMany: {
		title: (count: number, text: string) => `Revoke ${text} ${plural(count, "key", "keys")}?`,
		consequence: "As soon as you revoke them, requests with these keys are refused. This cannot be undone.",
		lately: (count: number, text: string) =>
			count === 0
				? "None of them was used in the last 24 hours."
				: `${text} of them ${plural(count, "was", "were")} used in the last 24 hours.`,
		already: (count: number, text: string) => `${text} more ${plural(count, "is", "are")} revoked already.`,
		allRevoked: "All of these keys are revoked already. Their requests are refused.",
		list: "Keys to revoke",
		submit: (count: number, text: string) => `Revoke ${text} ${plural(count, "key", "keys")}`,
		progress: (done: string, of: string) => `${done} of ${of} keys are revoked.`,
		failed: (count: number, text: string) =>
			`${text} ${plural(count, "key was not confirmed as revoked and may", "keys were not confirmed as revoked and may")} still work:`,
		gone: (count: number, text: string) =>
			`${text} ${plural(count, "key", "keys")} had been deleted in the meantime. Requests with ${plural(count, "it", "them")} are refused already.`,
		retry: (count: number, text: string) => `Try again for ${text} ${plural(count, "key", "keys")}`,
		done: (count: number, text: string) =>
			`${text} ${plural(count, "key is", "keys are")} revoked. Requests with ${plural(count, "it", "them")} are refused from now on.`,
	},
	remove: {
		title: (name: string) => `Delete ${name}?`,
		betterRevoke:
			"Revoking is usually the better way: it stops the key just as surely, and you can still look up later what it was and who used it.",
		stops: "It still works. Deleting stops it at once: requests with it will be refused.",
		lost: "Its entry and its whole usage history are gone for good. The audit log keeps that it existed, what was done to it, and that you deleted it.",
		confirm: (name: string) => `Type “${name}” to confirm`,
		revokeInstead: "Revoke instead",
		submit: "Delete key",
		busy: "Deleting…",
		done: (name: string) => `${name} is deleted. The audit log keeps what was done to it.`,
		gone: (name: string) => `${name} had been deleted already.`,
	},
};
