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
};
