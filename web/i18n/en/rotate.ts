import { plural } from "../format.ts";

/** Rotating a key without downtime, step by step. `hint` is a key as people recognise it: `sk_live_4fK9…x7Qz`. */
export const rotate = {
	screen: "Rotate key",
	title: (name: string) => `Rotate ${name}`,
	intro:
		"A new key takes over while the old one keeps working, so no request fails. You can leave at any time and continue later from here.",
	loadFailed: "The key could not be loaded",
	gone: "Key not found",
	allKeys: "Go to API keys",
	steps: "Steps of the rotation",
	isDone: "Done:",
	create: {
		title: "Create the new key",
		text: "It gets the same name, scopes, limit and allowed IP addresses. You see it once.",
		ends: "When does the old key end?",
		endsHint:
			"From then on, requests with the old key are rejected. You can end it earlier later, but you cannot extend it.",
		endsAnyway: (span: string, date: string) => `In any case, the old key expires in ${span}, on ${date}.`,
		manual: "When I revoke it",
		manualHint: "No surprises: both keys work until you have seen that nothing uses the old one.",
		byItself: {
			0: "Now",
			1: "Automatically after 1 hour",
			24: "Automatically after 24 hours",
			168: "Automatically after 7 days",
		},
		byItselfHint: {
			0: "For a leaked key. Requests of the integration are rejected until it has the new key.",
			1: "For a key that others may have seen.",
			24: "For integrations that run at least once a day.",
			168: "For weekly jobs and partners who need time.",
		},
		expires: "The new key expires",
		asBeforeNever: "Never, as before",
		asBefore: (span: string, date: string) => `After ${span}, as before (${date})`,
		after: (span: string, date: string) => `After ${span} (${date})`,
		days: (count: number, text: string) => `${text} ${plural(count, "day", "days")}`,
		lost: "The new key was created by your first attempt, but the response with its secret was lost. Create another one below.",
		alreadyMade: "Another person has just created the new key. Nothing was changed.",
		submit: "Create new key",
		submitNow: "Replace key now",
		busy: "Creating…",
		done: (hint: string, ago: string) => `${hint}, created ${ago}.`,
	},
	replace: {
		text: "The new key of this rotation has ended or was deleted before the old one. Create another one to continue. The old key still works.",
		submit: "Create another new key",
	},
	update: {
		title: "Update the integration",
		text: "Replace the old key in the integration, then deploy or restart it. Both keys work, so take the time you need.",
		newKey: "New key",
		oldKey: "Old key",
		callers: "Recent callers of the old key",
		lost: "No copy of the new key?",
		lostText: "It cannot be shown again. Create another one. The unused one is revoked.",
		lostTooLate: "It cannot be shown again. Rotate the new key to get another one.",
		rotateNew: "Rotate the new key",
		another: "Create another new key",
	},
	another: {
		title: "Create another new key?",
		text: (hint: string) =>
			`${hint} has not been used yet. It will be revoked and replaced by another new key. An integration that already has it is rejected until it gets the next key. The old key does not change.`,
		submit: "Revoke it and create another",
		usedMeanwhile: "The new key has been used in the meantime, so an integration has it. Nothing was changed.",
		reason: "Never used; replaced by another key in the same rotation",
	},
	use: {
		title: "See the new key being used",
		waiting: "Waiting for the first request with the new key…",
		live: "Live",
		notLive: "Not live: the service does not respond",
		tested: (ago: string) =>
			`The new key was tested in a browser ${ago}. That does not count. Waiting for the integration itself.`,
		refused: (endpoint: string, ip: string, ago: string) =>
			`The new key was used ${ago} and rejected: ${endpoint} from ${ip}. Check its scopes and allowed IP addresses.`,
		openKey: "Open the new key",
		first: (ago: string) => `First request ${ago}`,
		inUse: (count: number, text: string, ago: string) =>
			`In use: ${text} ${plural(count, "request", "requests")}, the last one ${ago}`,
		by: (endpoint: string, ip: string, agent: string) => `${endpoint} from ${ip}, ${agent}`,
		onlyChecks:
			"So far it was only tested with GET /v1/whoami. Wait until the integration uses it for its own requests.",
	},
	retire: {
		title: "Retire the old key",
		later: "Once the new key is used, you see here whether the old one is still in use.",
		plan: "The old key works until you revoke it.",
		planExpires: (date: string) => `The old key works until you revoke it, or until it expires on ${date}.`,
		planEnds: (span: string, date: string) => `The old key ends automatically in ${span}, on ${date}.`,
		hurry: (span: string) =>
			`The old key ends automatically in ${span}. If the integration does not have the new key by then, its requests are rejected.`,
		neverUsed: "The old key was never used.",
		stillUsed: (ago: string) => `Still in use: last request with the old key ${ago}`,
		silent: (span: string) => `The old key has not been used for ${span}`,
		wait: "Wait until the rarest job, such as a nightly one, has run again.",
		waitFor: (before: string, pause: string) =>
			`In the ${before} before the rotation, its longest pause was ${pause}. Wait at least that long.`,
		waitedEnough: (before: string, pause: string) =>
			`That is longer than every pause in the ${before} before the rotation (up to ${pause}).`,
		unusedBefore: (before: string) =>
			`In the ${before} before the rotation it was not used at all, so this says little. Ask the people who run the integration.`,
		callers: "Callers of the old key",
		moved: "Uses the new key",
		both: "Uses both keys",
		notYet: "Not seen with the new key",
		revoke: "Revoke old key",
		revoked: (ago: string) => `Revoked ${ago}.`,
		expired: (ago: string) => `Expired ${ago}.`,
		cut: "The old key has ended, but the new one has not been used yet. If the integration still has the old key, its requests are rejected. Update it now.",
	},
	done: {
		title: "Rotation complete",
		text: (oldHint: string, newHint: string) => `${newHint} has taken over, and ${oldHint} no longer works.`,
		bothEnded: (oldHint: string) => `${oldHint} no longer works, and neither does the key that replaced it.`,
		open: "Open the new key",
	},
	closed: {
		title: "This key cannot be rotated",
		revoked: (ago: string) =>
			`It was revoked ${ago}, which cannot be undone. Its requests are already rejected. Create a new key for the integration.`,
		expired: (ago: string) =>
			`It expired ${ago}. Its requests are already rejected. Create a new key for the integration, or extend the expiry of this one.`,
		create: "Create API key",
		open: "Open the key",
	},
	announcements: {
		update: "The new key is created. Next: update the integration.",
		watch: "The new key is being used.",
		done: "The old key has ended. Rotation complete.",
		cut: "The old key has ended, and the new one has not been used yet.",
		replace: "The new key has ended. Create another one.",
	},
};
