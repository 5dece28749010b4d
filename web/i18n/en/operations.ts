/** The state of the running service, for the platform's operators. */
export const operations = {
	title: "Operations",
	overview: {
		title: "State of the service",
		again: "Check again",
		loadFailed: "The state of the service could not be loaded.",
		checks: "Checks",
		columns: { check: "Check", state: "State", duration: "Duration" },
		names: {
			database: "Database",
			schema: "Schema of the database",
			gate: "Durable Objects",
			jurisdiction: "Jurisdiction of the keys",
		},
		ok: "Responds",
		failed: "Does not respond",
		milliseconds: (count: string) => `${count} ms`,
	},
	secrets: {
		title: "Secrets",
		hint: "Each secret is shown by its id, never by its value. While a secret is rotated, the previous one stays valid.",
		loadFailed: "The secrets could not be loaded.",
		columns: {
			secret: "Secret",
			current: "Current",
			previous: "Previous",
			needed: "Still depends on the previous one",
			go: "Can be removed",
		},
		since: (id: string, date: string) => `${id}, since ${date}`,
		none: "None",
		keys: (count: string, one: boolean) => (one ? "1 API key" : `${count} API keys`),
		tokens: (count: string, one: boolean) => (one ? "1 management token" : `${count} management tokens`),
		lastUsed: (date: string) => `Last used ${date}`,
		neverUsed: "No use seen",
		now: "Now",
		from: (date: string) => `From ${date}`,
		notYet: "Once nothing depends on it",
		missing: (count: string, id: string) =>
			`${count} active API keys are refused: their secret ${id} is not configured.`,
		listOfKeys: "Admins of a company see these keys here:",
	},
};
