/** The README's walk, run as it is written, with the answers that it shows. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Service } from "../harness.ts";

const README = readFileSync(join(import.meta.dirname, "../../README.md"), "utf8");
const WRITTEN_ADDRESS = "http://localhost:8787";
const SEPARATOR = "---- next step ----";

interface Step {
	/** Text before the step, to name it by. */
	title: string;
	script: string;
	/** What the README says comes back; `…` stands for anything. */
	answer: string | null;
}

function stepsOf(markdown: string): Step[] {
	const block = /([^\n]*)\n\n```sh walk\n(.*?)```\n(?:\n```text\n(.*?)```\n)?/gs;
	return [...markdown.matchAll(block)].map(([, title = "", script = "", answer]) => ({
		title: title.replaceAll("*", "").slice(0, 60),
		script,
		answer: answer ?? null,
	}));
}

/** An answer of the README as a pattern: lines of `…` are any lines, everything else is meant to the letter. */
function patternOf(answer: string): RegExp {
	const literal = answer
		.trim()
		.split("…")
		.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
	return new RegExp(`^${literal.join("[^]*?")}$`);
}

const steps = stepsOf(README);
let service: Service;
let outputs: string[] = [];

beforeAll(async () => {
	service = await Service.start();
	const script = ["set -euo pipefail", ...steps.flatMap((step) => [step.script, `echo '${SEPARATOR}'`])].join("\n");
	// The address is the only thing that differs: other servers may run on this machine.
	const here = script.replaceAll(WRITTEN_ADDRESS, service.url);
	const { stdout } = await promisify(execFile)("bash", ["-c", here], { cwd: service.folder });
	outputs = stdout.split(`${SEPARATOR}\n`);
});

afterAll(() => service?.dispose());

it("has the whole walk: sign in, create, list, call, usage, rotate, revoke, delete", () => {
	expect(steps.length).toBeGreaterThanOrEqual(11);
	expect(steps.filter((step) => step.answer !== null).length).toBeGreaterThanOrEqual(10);
});

describe("each step answers as written:", () => {
	it.each(steps.map((step, index) => ({ ...step, index })))("$title", ({ answer, index }) => {
		if (answer === null) expect(outputs[index]).toBe("");
		else expect(outputs[index]?.trim()).toMatch(patternOf(answer));
	});
});

it("the two commands it opens with are the ones that exist", () => {
	const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, "../../package.json"), "utf8"));
	for (const [, name = ""] of README.matchAll(/npm (?:run )?(dev|test|deploy)\b/g))
		expect(scripts).toHaveProperty(name);
});

it("names every setting that the Worker reads", () => {
	const { vars } = service;
	for (const name of Object.keys(vars)) expect(README).toContain(name);
	const config = readFileSync(join(import.meta.dirname, "../../wrangler.toml"), "utf8");
	for (const [, name = ""] of config.matchAll(/^([A-Z_]+) = /gm)) expect(README).toContain(name);
});
