/**
 * `npm run bench`: what admission costs, next to the least that the platform can do and to what others do. A full run
 * is kept in results.json. Ends with an error when anything was answered wrong; a missed target is only told.
 *
 * `npm run bench -- --documents` measures nothing and writes the kept run into docs/performance.md and docs/scaling.md.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildService, ROOT } from "../scripts/built-service.ts";
import { conditions } from "./conditions.ts";
import { counting } from "./counts/all.ts";
import { documents } from "./documents.ts";
import { CONNECTIONS } from "./load.ts";
import { terminalReport } from "./report.ts";
import { asJson, keepResults, keptResults, type Results, summarize } from "./results.ts";
import { measureRounds } from "./rounds.ts";
import { withSections } from "./sections.ts";
import { setStage } from "./stage.ts";
import { measureStartUp } from "./start-up.ts";
import { SUBJECT_NAMES, type Subject } from "./subjects.ts";
import { judgeTargets } from "./targets.ts";

const { values: options } = parseArgs({
	options: {
		/** Subjects to measure, by name, with a comma between; their floors are added. Nothing is counted then. */
		only: { type: "string" },
		rounds: { type: "string", default: "4" },
		/** Of each measurement. */
		seconds: { type: "string", default: "2.5" },
		/** Leave out what the service is compared with. */
		"no-peers": { type: "boolean", default: false },
		/** Measure what is in dist/ already. */
		"no-build": { type: "boolean", default: false },
		/** File to write the results to, also when they are not kept. */
		json: { type: "string" },
		/** Write the kept run into the documents. */
		documents: { type: "boolean", default: false },
	},
});

function positive(name: "rounds" | "seconds"): number {
	const value = Number(options[name]);
	if (value > 0 && (name === "seconds" || Number.isInteger(value))) return value;
	throw new Error(`--${name} must be a number above zero`);
}

/** The subjects that were asked for, each with its floor. */
function chosen(subjects: readonly Subject[]): Subject[] {
	const names = options.only?.split(",") ?? subjects.map(({ name }) => name);
	for (const name of names)
		if (!subjects.some((subject) => subject.name === name))
			throw new Error(`--only: there is no ${name}, but ${SUBJECT_NAMES.join(", ")}`);
	const wanted = new Set<string>(names);
	for (const { name, floor } of subjects) if (floor && wanted.has(name)) wanted.add(floor);
	return subjects.filter(({ name }) => wanted.has(name));
}

async function run(): Promise<void> {
	const settings = { rounds: positive("rounds"), seconds: positive("seconds"), connections: CONNECTIONS };
	if (!options["no-build"]) buildService();
	const isFull = options.only === undefined;
	const startUp = isFull ? await measureStartUp() : null;
	const stage = await setStage({ peers: !options["no-peers"] });
	try {
		const subjects = chosen(stage.subjects);
		const peers = stage.subjects.some(({ name }) => name === "better-auth-d1");
		const counted = isFull ? counting(peers) : null;
		const plan = { ...settings, report: console.error, meanwhile: counted?.work ?? [] };
		const rounds = await measureRounds(subjects, plan);
		const counts = counted?.results() ?? null;
		const results: Results = {
			...conditions(Date.now(), peers),
			settings,
			subjects: summarize(subjects, rounds),
			counts,
			startUp,
			targets: judgeTargets(rounds, counts, startUp),
			missing: stage.missing,
		};
		console.log(`\n${terminalReport(results)}`);
		if (options.json) writeFileSync(options.json, asJson(results));
		if (isFull && results.missing.length === 0 && peers) keepResults(results);
		else console.error("Not kept in bench/results.json, since not everything was measured.");
	} finally {
		await stage.dispose();
	}
}

function writeDocuments(): void {
	for (const [name, sections] of Object.entries(documents(keptResults()))) {
		const file = join(ROOT, name);
		writeFileSync(file, withSections(readFileSync(file, "utf8"), sections));
	}
}

async function main(): Promise<void> {
	if (options.documents) writeDocuments();
	else await run();
}

main().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
});
