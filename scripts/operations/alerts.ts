/** The alert rules, in Grafana's format for provisioning. Each has a runbook in docs/operations.md under its title. */
import { CANARY_TENANT_ID } from "../../db/ids.ts";
import type { LogEvent } from "../../worker/log-events.ts";
import { COUNT, column, DATASET } from "./queries.ts";

interface Rule {
	/** The heading of its runbook. */
	title: string;
	severity: "page" | "ticket";
	/** How long the condition must hold. */
	for: string;
	/** Fires above this, or below it where the absence of something is the alarm. */
	above?: number;
	below?: number;
	query: { log: LogEvent; over: string } | { sql: string };
}

const lastMinutes = (minutes: number): string => `timestamp > NOW() - INTERVAL '${minutes}' MINUTE`;
const codes = (...names: string[]): string => `${column("code")} IN (${names.map((name) => `'${name}'`).join(", ")})`;

/** Its requests are most of the data of a small deployment. */
const notCanary = `${column("tenant")} != '${CANARY_TENANT_ID}'`;

const RULES: Rule[] = [
	{
		title: "A promise is broken",
		severity: "page",
		for: "0m",
		above: 0,
		query: { log: "guarantee_broken", over: "5m" },
	},
	{
		title: "Nothing is measured",
		severity: "page",
		for: "0m",
		below: 1,
		query: { log: "canary_measured", over: "10m" },
	},
	{ title: "The canary fails", severity: "page", for: "5m", above: 2, query: { log: "canary_failed", over: "5m" } },
	{
		title: "Keys cannot be verified",
		severity: "page",
		for: "2m",
		above: 0.01,
		query: {
			sql: `SELECT sum(if(${codes("UNAVAILABLE")}, _sample_interval * ${column("weight")}, 0)) / ${COUNT} AS value FROM ${DATASET} WHERE ${codes("VALID", "RATE_LIMITED", "UNAVAILABLE")} AND ${notCanary} AND ${lastMinutes(5)}`,
		},
	},
	{
		title: "Admission is slow",
		severity: "ticket",
		for: "10m",
		above: 250,
		query: {
			sql: `SELECT quantileExactWeighted(0.99)(${column("milliseconds")}, toUInt32(_sample_interval)) AS value FROM ${DATASET} WHERE ${codes("VALID")} AND ${lastMinutes(10)}`,
		},
	},
	{
		title: "Many unknown keys are presented",
		severity: "ticket",
		for: "10m",
		above: 1_000,
		query: {
			sql: `SELECT ${COUNT} / 10 AS value FROM ${DATASET} WHERE ${codes("NOT_FOUND", "BAD_SIGNATURE", "THROTTLED")} AND ${lastMinutes(10)}`,
		},
	},
	{
		title: "Management credentials are refused",
		severity: "ticket",
		for: "5m",
		above: 100,
		query: { log: "management_refused", over: "10m" },
	},
	{
		title: "Sign-ins are throttled",
		severity: "ticket",
		for: "5m",
		above: 50,
		query: { log: "sign_in_throttled", over: "10m" },
	},
	{
		title: "Deliveries fail",
		severity: "ticket",
		for: "10m",
		above: 10,
		query: { log: "delivery_failed", over: "10m" },
	},
	{ title: "A key is in no list", severity: "ticket", for: "0m", above: 0, query: { log: "key_unlisted", over: "1h" } },
	{
		title: "Releases do not understand each other",
		severity: "page",
		for: "0m",
		above: 0,
		query: { log: "unknown_protocol", over: "10m" },
	},
	{
		title: "A gate cannot read its records",
		severity: "page",
		for: "0m",
		above: 0,
		query: { log: "unreadable_record", over: "10m" },
	},
	{ title: "A secret is missing", severity: "page", for: "0m", above: 0, query: { log: "config_problem", over: "2h" } },
	{
		title: "A scheduled task fails",
		severity: "ticket",
		for: "15m",
		above: 2,
		query: { log: "task_failed", over: "15m" },
	},
];

/** GitHub's anchor of a heading. */
const anchorOf = (title: string): string => title.toLowerCase().replaceAll(" ", "-");

/** Seconds that a query looks back. A query says itself how far. */
const RANGE = { from: 3_600, to: 0 };

const ruleOf = ({ title, severity, for: duration, above, below, query }: Rule) => ({
	uid: `salesos-${anchorOf(title)}`.slice(0, 40),
	title,
	condition: "B",
	data: [
		{
			refId: "A",
			relativeTimeRange: RANGE,
			...("log" in query
				? {
						datasourceUid: "salesos-logs",
						model: {
							refId: "A",
							queryType: "instant",
							expr: `sum(count_over_time({service_name="salesos-api-keys"} | json | event="${query.log}" [${query.over}])) or vector(0)`,
						},
					}
				: {
						datasourceUid: "salesos-analytics-engine",
						model: { refId: "A", rawQuery: true, format: "table", query: query.sql },
					}),
		},
		{
			refId: "B",
			relativeTimeRange: RANGE,
			datasourceUid: "__expr__",
			model: {
				refId: "B",
				type: "threshold",
				expression: "A",
				conditions: [
					{ evaluator: below === undefined ? { type: "gt", params: [above] } : { type: "lt", params: [below] } },
				],
			},
		},
	],
	for: duration,
	// An absence is an alarm, also where the log itself is missing.
	noDataState: below === undefined ? "OK" : "Alerting",
	execErrState: "Error",
	labels: { severity },
	annotations: { summary: title, runbook: `docs/operations.md#${anchorOf(title)}` },
});

export const alerts = {
	apiVersion: 1,
	groups: [{ orgId: 1, name: "salesos-api-keys", folder: "SalesOS", interval: "1m", rules: RULES.map(ruleOf) }],
};
