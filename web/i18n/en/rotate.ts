import { plural } from "../plural.ts";

/** Rotating a key without downtime, step by step. `hint` is a key as people recognise it: `sk_live_4fK9…x7Qz`. */
export const rotate = {
	screen: "Rotate key",
	title: (name: string) => `Rotate ${name}`,
	intro:
		"A new key takes over while the old one goes on working, so no request fails. You can leave at any time and come back: this page knows where you are.",
	loadFailed: "The key could not be loaded",
	gone: "This key does not exist, or no longer",
	allKeys: "Go to API keys",
	steps: "Steps of the rotation",
	isDone: "Done:",
	create: {
		title: "Create the new key",
		text: "It gets the same name, scopes, limit and allowed addresses. You see it once.",
		ends: "When does the old key end?",
		endsHint:
			"Requests with the old key are refused from its end on. This is chosen now: later you can end it earlier, but not let it work longer.",
		endsAnyway: (span: string, date: string) => `The old key expires in ${span} in any case, on ${date}.`,
		manual: "When I revoke it",
		manualHint: "Nothing breaks by surprise: both keys work until you have seen that nobody needs the old one.",
		byItself: { 1: "By itself after 1 hour", 24: "By itself after 24 hours", 168: "By itself after 7 days" },
		byItselfHint: {
			1: "For a key that others may have seen.",
			24: "For integrations that run at least once a day.",
			168: "For weekly jobs and partners who need time.",
		},
		expires: "The new key expires",
		asBeforeNever: "Never, as before",
		asBefore: (span: string, date: string) => `After ${span}, as before (${date})`,
		after: (span: string, date: string) => `After ${span} (${date})`,
		days: (count: number, text: string) => `${text} ${plural(count, "day", "days")}`,
		alreadyMade: "Somebody else has just created the new key. Nothing was changed.",
		submit: "Create new key",
		busy: "Creating…",
		done: (hint: string, ago: string) => `${hint}, created ${ago}.`,
	},
	replace: {
		text: "The new key of this rotation has ended or was deleted before the old one. Create another one to go on. The old key still works.",
		submit: "Create another new key",
	},
	update: {
		title: "Update the integration",
		text: "Put the new key where the integration keeps the old one, then deploy or restart it. Both keys work, so take the time you need.",
		newKey: "New key",
		oldKey: "Old key",
		callers: "Seen with the old key lately",
		lost: "No copy of the new key?",
		lostText: "It cannot be shown again. Make another one; the one that was never used is revoked.",
		lostTooLate: "It cannot be shown again. Rotate the new key to get the next one.",
		rotateNew: "Rotate the new key",
		another: "Create another new key",
	},
	another: {
		title: "Create another new key?",
		text: (hint: string) =>
			`${hint} has not been used yet. It will be revoked, and a new key made in its place. Where it has been put already, requests are refused until the next key is there. The old key is not touched.`,
		submit: "Revoke it and create another",
		usedMeanwhile: "The new key has been used in the meantime, so somebody has it. Nothing was changed.",
		reason: "Never used; replaced by another key in the same rotation",
	},
	use: {
		title: "See the new key being used",
		waiting: "Waiting for the first request with the new key…",
		live: "Live",
		notLive: "Not live: the service does not answer",
		tested: (ago: string) =>
			`The new key was tested in a browser ${ago}. That does not count: waiting for the integration itself.`,
		refused: (endpoint: string, ip: string, ago: string) =>
			`The new key was tried ${ago} and refused: ${endpoint} from ${ip}. Check its scopes and allowed addresses.`,
		openKey: "Open the new key",
		first: (ago: string) => `First request ${ago}`,
		inUse: (count: number, text: string, ago: string) =>
			`In use: ${text} ${plural(count, "request", "requests")}, the last one ${ago}`,
		by: (endpoint: string, ip: string, agent: string) => `${endpoint} from ${ip}, ${agent}`,
		onlyChecks: "So far it was only checked with GET /v1/whoami. Wait until the integration does its own work with it.",
	},
	retire: {
		title: "Retire the old key",
		later: "Once the new key is used, you see here how the old one falls silent.",
		plan: "The old key works until you revoke it.",
		planExpires: (date: string) => `The old key works until you revoke it, or until it expires on ${date}.`,
		planEnds: (span: string, date: string) => `The old key ends by itself in ${span}, on ${date}.`,
		hurry: (span: string) =>
			`The old key ends by itself in ${span}. If the integration does not have the new key by then, its requests are refused.`,
		neverUsed: "The old key was never used.",
		stillUsed: (ago: string) => `Still in use: last request with the old key ${ago}`,
		silent: (span: string) => `The old key has been silent for ${span}`,
		wait: "Wait until the rarest job, such as one that runs at night, has run again.",
		waitFor: (before: string, pause: string) =>
			`In the ${before} before the rotation it paused for up to ${pause}. Wait at least that long.`,
		waitedEnough: (before: string, pause: string) =>
			`That is longer than any pause in the ${before} before the rotation (up to ${pause}).`,
		unusedBefore: (before: string) =>
			`In the ${before} before the rotation it was not used at all, so its silence tells little. Ask whoever runs the integration.`,
		callers: "Callers of the old key",
		moved: "Uses the new key",
		both: "Uses both keys",
		notYet: "Not seen with the new key",
		revoke: "Revoke old key",
		revoked: (ago: string) => `Revoked ${ago}.`,
		expired: (ago: string) => `Expired ${ago}.`,
		cut: "The old key has ended, but the new one has not been used yet. If the integration still has the old key, its requests are being refused: update it now.",
	},
	done: {
		title: "Rotation complete",
		text: (oldHint: string, newHint: string) => `${newHint} has taken over, and ${oldHint} no longer works.`,
		bothEnded: (oldHint: string) => `${oldHint} no longer works, and neither does the key that followed it.`,
		open: "Open the new key",
	},
	closed: {
		title: "This key cannot be rotated",
		revoked: (ago: string) =>
			`It was revoked ${ago}, and revoking is final. Its requests are refused already, so there is nothing to hand over. Create a new key for the integration.`,
		expired: (ago: string) =>
			`It expired ${ago}. Its requests are refused already, so there is nothing to hand over. Create a new key for the integration, or give this one a later expiry.`,
		create: "Create API key",
		open: "Open the key",
	},
	said: {
		update: "The new key is created. Next: update the integration.",
		watch: "The new key is being used.",
		done: "The old key has ended. Rotation complete.",
		cut: "The old key has ended, and the new one has not been used yet.",
		replace: "The new key has ended. Create another one.",
	},
};
