/** What operators search for in the log, and what alerts count. */

export type Level = "error" | "warn" | "info";

/** Each line has the name as `event` and the text as `what`. */
export const LOG_EVENTS = {
	analytics_failed: { level: "warn", what: "Analytics Engine did not take a data point" },
	canary_failed: { level: "error", what: "The canary could not measure the service" },
	canary_measured: { level: "info", what: "The canary has measured the service" },
	config_problem: { level: "error", what: "Keys are refused because a secret is missing" },
	delivery_failed: { level: "error", what: "D1 did not accept a delivery, which will be retried" },
	delivery_recovered: { level: "info", what: "D1 accepted a delivery that had failed before" },
	guarantee_broken: { level: "error", what: "The canary saw a promise of the service broken" },
	key_unlisted: { level: "error", what: "A key is not listed, because its tenant is missing in D1" },
	management_refused: { level: "warn", what: "A management credential was refused" },
	past_order_ended: {
		level: "warn",
		what: "An order from before a restore was ended; order it again if it is still wanted",
	},
	person_deleted: { level: "info", what: "A person was deleted; after a restore, delete them again" },
	platform_read: { level: "info", what: "The platform reads data of a tenant" },
	sign_in_throttled: { level: "warn", what: "A sign-in attempt was throttled" },
	task_failed: { level: "error", what: "A scheduled task failed; the next run continues" },
	tenant_deleted: { level: "info", what: "A tenant was deleted; after a restore, delete it again" },
	unknown_protocol: { level: "error", what: "A Worker and a gate are more than one release apart" },
	unreadable_record: { level: "error", what: "A gate cannot read a record on its disk" },
} as const satisfies Record<string, { level: Level; what: string }>;

export type LogEvent = keyof typeof LOG_EVENTS;
