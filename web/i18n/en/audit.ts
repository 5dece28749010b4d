import type { AuditAction } from "../../../worker/schemas/audit.ts";

const plural = (count: number, one: string, many: string) => (count === 1 ? one : many);

/** The audit log of the tenant, and the trail of one key. */
export const audit = {
	title: "Audit log",
	/** What happened, by itself. */
	actions: {
		"api_key.create": "Key created",
		"api_key.update": "Key changed",
		"api_key.rotate": "Key rotated",
		"api_key.revoke": "Key revoked",
		"api_key.delete": "Key deleted",
		"session.login": "Signed in",
		"session.login_failed": "Failed sign-in",
		"session.logout": "Signed out",
		"tenant.create": "Company created",
	} satisfies Record<AuditAction, string>,
	/** The same after whoever did it: "ana@company.com created this key". */
	did: {
		"api_key.create": "created this key",
		"api_key.update": "changed this key",
		"api_key.rotate": "rotated this key",
		"api_key.revoke": "revoked this key",
		"api_key.delete": "deleted this key",
		"session.login": "signed in",
		"session.login_failed": "failed to sign in",
		"session.logout": "signed out",
		"tenant.create": "created the company",
	} satisfies Record<AuditAction, string>,
	/** Who acts where no person does. */
	platform: "Platform",
	system: "SalesOS",
	fields: {
		name: "Name",
		slug: "Short name",
		environment: "Environment",
		key: "Key",
		scopes: "Scopes",
		rate_limit: "Limit per hour",
		ip_allowlist: "Allowed addresses",
		expires_at: "Expires",
		revoked_at: "Revoked",
		revokes_at: "Ends",
		rotated_from: "Replaces key",
		rotated_to: "Replaced by key",
		reason: "Reason",
	},
	anyAddress: "Any",
	none: "None",
	/** Between what was and what is now, where it cannot be seen. */
	became: "became",
	rotationNotCompleted: "The rotation that made this key was not completed.",
	/** A browser on a system: Firefox on Windows. */
	browserOn: (browser: string, system: string) => `${browser} on ${system}`,
	trail: {
		loadFailed: "The trail could not be loaded.",
		moreFailed: "More of the trail could not be loaded.",
		empty: "Nothing has happened to this key yet.",
		more: "Show more",
		inLog: "Open in audit log",
	},
	columns: {
		when: "When",
		who: "Who",
		what: "What",
		key: "Key",
		where: "From where",
		changes: "Changes",
		details: "Details",
	},
	/** After the name of a key. */
	deleted: "deleted",
	/** `when` is exact. */
	detailsOf: (what: string, when: string) => `Details: ${what}, ${when}`,
	details: {
		when: "Exact time",
		actor: "Who, by id",
		agent: "Program",
		address: "Address",
		key: "Key id",
		event: "Event id",
	},
	onlyWho: (who: string) => `Only what ${who} did`,
	onlyKey: (name: string) => `Only what happened to ${name}`,
	filters: {
		title: "Filters",
		titleWith: (count: number) => (count === 0 ? "Filters" : `Filters (${count})`),
		action: "What",
		anyAction: "Everything",
		who: "Who",
		whoHint: "Whole email address, or id",
		from: "From",
		to: "To",
		wrongOrder: "“From” must not be later than “To”. Change one of them.",
		noDate: "Enter a whole date from the year 2000 on, or none.",
		key: (name: string) => `Key: ${name}`,
		removeKey: (name: string) => `Show all keys, not only ${name}`,
		clear: "Clear filters",
	},
	loadFailed: "The audit log could not be loaded",
	shown: (count: number, text: string) => `${text} ${plural(count, "event", "events")} shown`,
	loadingMore: "Loading more events…",
	more: "Load more",
	moreFailed: "More events could not be loaded.",
	end: "This is where the log begins.",
	endFiltered: "No earlier event matches.",
	nothing: {
		title: "No event matches",
		text: "Nothing happened here that fits all filters.",
		who: (who: string) => `“${who}” has to be a whole email address, or the id of an actor.`,
		wrongOrder: "The first day lies after the last.",
	},
	empty: {
		title: "Nothing has happened yet",
		text: "Whenever somebody signs in, or creates, changes or revokes a key, it is written down here for good.",
	},
	export: {
		start: "Export CSV",
		cancel: "Cancel export",
		running: "The export is running.",
		soFar: (count: number, text: string) => `${text} ${plural(count, "event", "events")}…`,
		done: (count: number, text: string) => `${text} ${plural(count, "event was", "events were")} exported.`,
		/** Before what went wrong. */
		stopped: (count: number, text: string) =>
			`The export stopped after ${text} ${plural(count, "event", "events")}. Nothing was saved.`,
		goOn: "Go on",
		discard: "Discard",
	},
};
