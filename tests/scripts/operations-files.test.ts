/** The Grafana dashboard and the alert rules of docs/operations. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { unstable_readConfig as readConfig } from "wrangler";
import { parse } from "yaml";
import { operationsFiles } from "../../scripts/operations-files.ts";
import { VERDICT_BLOBS, VERDICT_DOUBLES } from "../../worker/admission/verdict-columns.ts";
import { LOG_EVENTS } from "../../worker/log-events.ts";
import { anchorsOf } from "../docs/markdown.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

interface Rule {
	title: string;
	data: { model: { query?: string; expr?: string } }[];
	annotations: { runbook: string };
}
const dashboard = JSON.parse(read("docs/operations/dashboard.json")) as { panels: { targets: { query: string }[] }[] };
const alerts = parse(read("docs/operations/alerts.yaml")) as { groups: { rules: Rule[] }[] };
const rules = alerts.groups.flatMap((group) => group.rules);

const models = rules.flatMap(({ data }) => data.map(({ model }) => model));
const queries = [
	...dashboard.panels.flatMap(({ targets }) => targets.map(({ query }) => query)),
	...models.flatMap(({ query }) => query ?? []),
];
const events = models.flatMap(({ expr }) => /event="(\w+)"/.exec(expr ?? "")?.[1] ?? []);

describe("the dashboard and the alerts", () => {
	it.each(Object.entries(operationsFiles))("%s is what npm run operations:files writes", (path, content) => {
		// The formatter breaks the lines of the dashboard.
		if (path.endsWith(".json")) expect(JSON.parse(read(path))).toEqual(JSON.parse(content));
		else expect(read(path)).toBe(content);
	});

	it("read columns that data points have, and no others", () => {
		const columns = [
			...VERDICT_BLOBS.map((_, i) => `blob${i + 1}`),
			...VERDICT_DOUBLES.map((_, i) => `double${i + 1}`),
		];
		const used = queries.flatMap((query) => query.match(/\b(?:blob|double|index)\d+\b/g) ?? []);
		expect(queries.length).toBeGreaterThan(8);
		expect([...new Set(used)].filter((name) => !columns.includes(name))).toEqual([]);
		expect([...new Set(used)].sort()).toEqual(columns.sort().filter((name) => name !== "blob4"));
	});

	it("read the dataset that wrangler.toml names", () => {
		const toml = read("wrangler.toml");
		for (const query of queries) {
			const dataset = / FROM (\w+) /.exec(query)?.[1];
			expect(toml).toContain(`dataset = "${dataset}"`);
		}
		expect(readConfig({ config: join(ROOT, "wrangler.toml") }).observability?.enabled).toBe(true);
	});

	it("count events that the log has, and every error among them", () => {
		expect(events.filter((name) => !(name in LOG_EVENTS))).toEqual([]);
		const errors = Object.entries(LOG_EVENTS).filter(([, { level }]) => level === "error");
		expect(errors.map(([name]) => name).filter((name) => !events.includes(name))).toEqual([]);
	});

	it("have a runbook for each alarm", () => {
		const anchors = anchorsOf(read("docs/operations.md"));
		const broken = rules.filter(({ annotations }) => !anchors.includes(annotations.runbook.split("#")[1] ?? ""));
		expect(broken.map(({ title }) => title)).toEqual([]);
		expect(rules.length).toBeGreaterThan(10);
	});

	it("the documentation names every event of the log", () => {
		const page = read("docs/operations.md");
		expect(Object.keys(LOG_EVENTS).filter((name) => !page.includes(`| \`${name}\``))).toEqual([]);
	});
});
