import { plural } from "../format.ts";

/** Revoking and deleting keys. */
export const revokeDelete = {
	key: "Key",
	lastUsed: "Last used",
	lastDay: "Requests in the last 24 hours",
	lastDayCount: (admitted: string, refused: string | null) =>
		refused === null ? admitted : `${admitted}, and ${refused} rejected`,
	callers: "Recent callers",
	noCallers: "None",
	moreCallers: (_count: number, text: string) => `and ${text} more`,
	unknownAddress: "Unknown IP address",
	unknownAgent: "Unknown program",
	notLoaded: "The callers of this key could not be loaded. You can continue anyway.",
	used: (name: string, ago: string) => `${name} was used ${ago}.`,
	usedBy: (name: string, ago: string, callers: number, text: string) =>
		`${name} was used ${ago} by ${text} ${plural(callers, "caller", "callers")}.`,
	neverUsed: (name: string) => `${name} was never used.`,
	revoke: {
		title: (name: string) => `Revoke ${name}?`,
		consequence: "As soon as you revoke it, requests with this key are rejected. This cannot be undone.",
		expired: "It has expired, so its requests are already rejected. Once it is revoked, you cannot extend its expiry.",
		already: (name: string) => `${name} is already revoked. Its requests are rejected.`,
		reason: "Reason (optional)",
		reasonHint: "Shown in the audit log.",
		reasonTooLong: (max: string) => `Shorten the reason to ${max} characters.`,
		reasonHasKey: "Remove the API key from the reason. Everyone with access to the audit log could read it.",
		submit: "Revoke key",
		busy: "Revoking…",
		done: (name: string) => `${name} is revoked. Its requests are rejected from now on.`,
		gone: (name: string) => `${name} was deleted in the meantime. Its requests are already rejected.`,
	},
	revokeMany: {
		title: (count: number, text: string) => `Revoke ${text} ${plural(count, "key", "keys")}?`,
		consequence: "As soon as you revoke them, requests with these keys are rejected. This cannot be undone.",
		lately: (count: number, text: string) =>
			count === 0
				? "None of them was used in the last 24 hours."
				: `${text} of them ${plural(count, "was", "were")} used in the last 24 hours.`,
		already: (count: number, text: string) => `${text} more ${plural(count, "is", "are")} already revoked.`,
		allRevoked: "All of these keys are already revoked. Their requests are rejected.",
		list: "Keys to revoke",
		submit: (count: number, text: string) => `Revoke ${text} ${plural(count, "key", "keys")}`,
		/** `text` is the number of keys. */
		confirm: (text: string) => `Type ${text} to confirm`,
		confirmHint: "Some of these keys are in use.",
		tooMany:
			"Your company has too many unfinished revocations. The list of keys shows them: wait until one finishes, or continue one that is stopped.",
		continues: "The service continues to revoke the keys. The list shows the progress.",
		/** After the job has ended. */
		done: (count: number, text: string) =>
			`${text} ${plural(count, "key is", "keys are")} revoked. Requests with ${plural(count, "it", "them")} are rejected from now on.`,
		gone: (count: number, text: string) =>
			`${text} ${plural(count, "key", "keys")} had been deleted in the meantime. Requests with ${plural(count, "it", "them")} are already rejected.`,
	},
	/** A job that revokes many keys. */
	job: {
		title: (count: number, text: string) => `Revocation of ${text} ${plural(count, "key", "keys")}`,
		titleUnknown: "Revocation of several keys",
		loadFailed: "The revocation could not be loaded",
		started: (ago: string) => `Started ${ago}.`,
		reason: (reason: string) => `Reason: ${reason}`,
		bar: "Revoked keys",
		progress: (done: string, count: number, of: string) =>
			`${done} of ${of} ${plural(count, "key is", "keys are")} revoked.`,
		stop: "Stop",
		closeAndContinue: "Close and continue",
		stopped: (count: number, text: string) =>
			`Stopped. ${text} ${plural(count, "key is", "keys are")} not revoked and still ${plural(count, "works", "work")}.`,
		failed: (count: number, text: string) =>
			`${text} ${plural(count, "key", "keys")} could not be revoked and may still work.`,
		failedList: "Keys that were not revoked",
		/** Why one key was not revoked. */
		gone: "The key was deleted in the meantime. Requests with it are rejected.",
		more: (text: string) => `and ${text} more`,
		resume: (count: number, text: string) => `Continue with ${text} ${plural(count, "key", "keys")}`,
		download: "Download result",
		/** In the list of keys. */
		notices: {
			label: "Revocations",
			running: (count: number, text: string) => `Revoking ${text} ${plural(count, "key", "keys")}.`,
			stopped: (left: string, count: number, of: string) =>
				`A revocation was stopped: ${left} of ${of} ${plural(count, "key is", "keys are")} not revoked.`,
			finished: (count: number, text: string, ago: string) =>
				`${text} ${plural(count, "key was", "keys were")} revoked ${ago}.`,
			failed: (left: string, count: number, of: string, ago: string) =>
				`A revocation ended ${ago}: ${left} of ${of} ${plural(count, "key was", "keys were")} not revoked.`,
			show: "Show",
			hide: "Hide",
		},
	},
	remove: {
		title: (name: string) => `Delete ${name}?`,
		betterRevoke:
			"Revoking is usually better: it stops the key as well, and you can still look up what the key was and who used it.",
		stops: "It still works. Deleting stops it at once: requests with it will be rejected.",
		lost: "Its entry and its usage history are deleted permanently. The audit log still shows that it existed, what was done to it, and that you deleted it.",
		confirm: (name: string) => `Type “${name}” to confirm`,
		revokeInstead: "Revoke instead",
		submit: "Delete key",
		busy: "Deleting…",
		done: (name: string) => `${name} is deleted. The audit log still shows what was done to it.`,
		gone: (name: string) => `${name} was already deleted.`,
	},
};
