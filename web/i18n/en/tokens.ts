import type { TOKEN_STATUSES, TokenPermission } from "../../../db/enums.ts";

/** Management tokens: the credentials of programs. */
export const tokens = {
	title: "Management tokens",
	intro:
		"Credentials for programs that manage or verify API keys: CI, scripts and back ends. Each has its own permissions and expires.",
	create: "Create token",
	empty: {
		title: "No management tokens yet",
		text: "Create one for each program, with only the permissions that it needs.",
	},
	loadFailed: "The management tokens could not be loaded",
	more: "Load more",
	columns: {
		name: "Name",
		permissions: "Permissions",
		lastUse: "Last used",
		expires: "Expires",
		creator: "Created by",
		status: "Status",
		actions: "Actions",
	},
	never: "Never",
	/** After a relative time. */
	from: (ip: string) => `from ${ip}`,
	status: { active: "Active", revoked: "Revoked", expired: "Expired" } satisfies Record<
		(typeof TOKEN_STATUSES)[number],
		string
	>,
	creator: {
		platform: "Platform",
		deactivated: "deactivated",
		removed: "no longer a member",
	},
	permissions: {
		"keys:read": "See API keys, their usage, quotas and jobs",
		"keys:write": "Create, change, rotate, revoke and delete API keys",
		"keys:verify": "Verify API keys that a back end receives",
		"audit:read": "See the audit log",
		"members:read": "See the members",
		"tokens:read": "See the management tokens",
	} satisfies Record<TokenPermission, string>,
	form: {
		title: "Create management token",
		name: "Name",
		nameHint: "What uses the token, such as Deploy pipeline.",
		permissions: "Permissions",
		expiry: "Expires",
		addresses: "Allowed IP addresses",
		addressesHint:
			"Optional. One IPv4 or IPv6 address or block per line, such as 203.0.113.0/24. If empty, the token works from any IP address.",
		submit: "Create token",
		submitting: "Creating…",
		noAnswer: "There was no response. If a new token appears in the list, revoke it, because its text is lost.",
		errors: {
			nameMissing: "Give the token a name, so that people know what uses it.",
			nameTooLong: (most: string) => `Shorten the name to ${most} characters.`,
			nameUnprintable: "The name has characters that cannot be displayed. Type it again.",
			nameHasSecret: "The name contains an API key or a token, and everyone can read the name. Remove it.",
			permissions: "Choose at least one permission.",
			tooManyAddresses: (most: string) =>
				`A token can have at most ${most} IP addresses. Combine adjacent addresses into blocks.`,
		},
	},
	reveal: {
		title: (name: string) => `Token for ${name}`,
		once: "This is the only time you will see this token.",
		advice: "Copy it now and store it with the other secrets of the program.",
		token: "Management token",
		hidden: "hidden, starts with smt_",
		show: "Show token",
		hide: "Hide token",
		copy: "Copy token",
		refused: "Your browser did not allow copying. Select the token above and copy it manually.",
		saved: "I have saved the token",
		leaveTitle: "Leave without the token?",
		leaveText:
			"You have not copied it, and it will not be shown again. If you do not need it, revoke it: no token should stay active that no one has.",
	},
	revoke: {
		button: "Revoke",
		/** For screen readers. */
		label: (name: string) => `Revoke ${name}`,
		title: (name: string) => `Revoke ${name}?`,
		consequence: "Programs that use this token are rejected from their next request on. This cannot be undone.",
		lastUsed: (when: string) => `It was last used ${when}.`,
		neverUsed: "It has never been used.",
		submit: "Revoke token",
		submitting: "Revoking…",
		done: (name: string) => `${name} is revoked.`,
	},
};
