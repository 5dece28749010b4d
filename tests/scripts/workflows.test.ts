/** The workflows that check changes and deploy them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { ENVIRONMENTS } from "../../scripts/production/steps.ts";

interface Step {
	uses?: string;
	run?: string;
	env?: Record<string, string>;
	with?: Record<string, unknown>;
}

interface Job {
	uses?: string;
	needs?: string;
	environment?: string;
	concurrency?: { group: string; "cancel-in-progress": unknown };
	"timeout-minutes"?: number;
	steps?: Step[];
}

interface Workflow {
	on: Record<string, unknown>;
	permissions: Record<string, string>;
	jobs: Record<string, Job>;
}

const FOLDER = join(import.meta.dirname, "../../.github/workflows");
const files = readdirSync(FOLDER);
const textOf = (file: string) => readFileSync(join(FOLDER, file), "utf8");
// The shape of a workflow. The tests below read what they need of it.
const workflowOf = (file: string) => parse(textOf(file)) as Workflow;
const stepsOf = (file: string) => Object.values(workflowOf(file).jobs).flatMap(({ steps = [] }) => steps);

it("checks every pull request, and each deployment with the same job", () => {
	expect(Object.keys(workflowOf("ci.yml").on)).toEqual(["pull_request", "workflow_call"]);
	expect(stepsOf("ci.yml").map(({ run }) => run)).toContain("bash .ci/run");
});

describe.each(ENVIRONMENTS)("the deployment to %s", (environment) => {
	const { on, jobs } = workflowOf(`${environment}.yml`);

	it("starts for its own event alone", () => {
		const expected = environment === "staging" ? { branches: ["main"] } : { tags: ["v*"] };
		expect(on).toEqual({ push: expected });
	});

	it("waits for CI, has its own secrets, and is never interrupted", () => {
		expect(jobs.ci?.uses).toBe("./.github/workflows/ci.yml");
		expect(jobs.deploy).toMatchObject({ needs: "ci", environment });
		expect(jobs.deploy?.concurrency).toEqual({ group: `deploy-${environment}`, "cancel-in-progress": false });
		expect(jobs.deploy?.steps?.at(-1)?.run).toBe(`npm run deploy -- --env ${environment}`);
	});
});

it.each(files)("gives %s no right but to read the repository", (file) => {
	expect(workflowOf(file).permissions).toEqual({ contents: "read" });
	for (const { uses, with: options } of stepsOf(file))
		if (uses?.startsWith("actions/checkout@")) expect(options).toMatchObject({ "persist-credentials": false });
});

it.each(files)("pins every action of %s to a commit", (file) => {
	for (const { uses } of stepsOf(file)) if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
});

it.each(files)("passes secrets in %s to one step through its environment, and to no command line", (file) => {
	for (const { run = "" } of stepsOf(file)) expect(run).not.toContain("${{");
	const named = textOf(file).match(/\$\{\{\s*secrets\..*?\}\}/g) ?? [];
	const given = stepsOf(file).flatMap(({ env = {} }) => Object.values(env));
	expect(named.toSorted()).toEqual(given.toSorted());
});

it.each(files)("bounds how long each job of %s takes", (file) => {
	for (const job of Object.values(workflowOf(file).jobs))
		if (job.uses === undefined) expect(job["timeout-minutes"]).toBeGreaterThan(0);
});
