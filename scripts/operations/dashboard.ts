/** The Grafana dashboard. It reads the data points of verdicts through the SQL API of Analytics Engine. */
import { COUNT, column, DATASET } from "./queries.ts";

/** Grafana replaces it by the condition on the range of time that is shown. */
const IN_RANGE = "$__timeFilter(timestamp)";
/** Grafana replaces it by the width of a step in seconds. */
const STEP = "intDiv(toUInt32(timestamp), $__interval_s) * $__interval_s";

interface Panel {
	title: string;
	sql: string;
	unit?: string;
	type?: "timeseries" | "table";
}

const byTime = (what: string, group: string | null, where = ""): string =>
	[
		`SELECT ${STEP} AS t, ${group ? `${group} AS name, ` : ""}${what} AS value`,
		`FROM ${DATASET} WHERE ${IN_RANGE}${where}`,
		`GROUP BY t${group ? ", name" : ""} ORDER BY t`,
	].join(" ");

const quantile = (share: number): string =>
	`quantileExactWeighted(${share})(${column("milliseconds")}, toUInt32(_sample_interval))`;

const isAdmission = `${column("code")} = 'VALID'`;
const isRefusal = `${column("code")} != 'VALID'`;

const PANELS: Panel[] = [
	{ title: "Verdicts by code", sql: byTime(COUNT, column("code")) },
	{ title: "Refusals by code", sql: byTime(COUNT, column("code"), ` AND ${isRefusal}`) },
	{ title: "Admission time, median", sql: byTime(quantile(0.5), null, ` AND ${isAdmission}`), unit: "ms" },
	{ title: "Admission time, 99th percentile", sql: byTime(quantile(0.99), null, ` AND ${isAdmission}`), unit: "ms" },
	{ title: "Verdicts by place", sql: byTime(COUNT, column("colo")) },
	{ title: "Verdicts by version of the Worker", sql: byTime(COUNT, column("version")) },
	{
		title: "Keys with the most refusals",
		type: "table",
		sql: `SELECT ${column("key")} AS key, ${column("code")} AS code, ${COUNT} AS requests FROM ${DATASET} WHERE ${IN_RANGE} AND ${isRefusal} AND ${column("key")} != '' GROUP BY key, code ORDER BY requests DESC LIMIT 20`,
	},
	{
		title: "Tenants with the most admissions",
		type: "table",
		sql: `SELECT ${column("tenant")} AS tenant, ${COUNT} AS requests FROM ${DATASET} WHERE ${IN_RANGE} AND ${isAdmission} GROUP BY tenant ORDER BY requests DESC LIMIT 20`,
	},
];

const WIDTH = 12;
const HEIGHT = 8;
const datasource = { type: "vertamedia-clickhouse-datasource", uid: "$datasource" };

export const dashboard = {
	uid: "salesos-api-keys",
	title: "SalesOS API Keys",
	tags: ["salesos-api-keys"],
	schemaVersion: 41,
	time: { from: "now-6h", to: "now" },
	refresh: "1m",
	templating: {
		list: [{ name: "datasource", label: "Analytics Engine", type: "datasource", query: datasource.type }],
	},
	panels: PANELS.map(({ title, sql, unit = "short", type = "timeseries" }, index) => ({
		id: index + 1,
		title,
		type,
		datasource,
		gridPos: { x: (index % 2) * WIDTH, y: Math.floor(index / 2) * HEIGHT, w: WIDTH, h: HEIGHT },
		fieldConfig: { defaults: { unit }, overrides: [] },
		targets: [
			{ refId: "A", datasource, rawQuery: true, query: sql, format: type === "table" ? "table" : "time_series" },
		],
	})),
};
