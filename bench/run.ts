/**
 * `npm run bench` measures what an admission costs, compared with the least that the platform can do and with other
 * libraries. It fails on a wrong response; a missed target is only reported.
 *
 * A run changes no file. `--keep` keeps it in results.json and writes its tables into docs/performance.md and
 * docs/scaling.md. `--documents` measures nothing and writes the tables of the kept run again. `--counts` counts the work again,
 * which takes a minute and doesn't depend on the machine, and keeps the counts with the times of the kept run.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildService, ROOT } from "../scripts/built-service.ts";
import { conditions } from "./conditions.ts";
import { counting } from "./counts/count-all.ts";
import { documents } from "./documents.ts";
import { CONNECTIONS } from "./load.ts";
import { measureRounds } from "./measure-rounds.ts";
import { terminalReport } from "./report.ts";
import { asJson, keepResults, keptResults, type Results, summarize } from "./results.ts";
import { withSections } from "./sections.ts";
import { measureStartUp } from "./start-up.ts";
import { SUBJECT_NAMES, type Subject } from "./subjects.ts";
import { judgeTargets } from "./targets.ts";
import { startTestbed } from "./testbed.ts";

const { values: options } = parseArgs({
	options: {
		/** Subjects to measure, separated by commas; their floors are added. Skips the counts and cold starts. */
		only: { type: "string" },
		rounds: { type: "string", default: "4" },
		/** Duration of each measurement. */
		seconds: { type: "string", default: "2.5" },
		/** Leave out the libraries that the service is compared with. */
		"no-peers": { type: "boolean", default: false },
		/** Measure the build that is in dist/ already. */
		"no-build": { type: "boolean", default: false },
		/** Keep this run and write its tables into the documents. */
		keep: { type: "boolean", default: false },
		/** A file to write the results to. */
		json: { type: "string" },
		/** Only count rows, statements and timers, and keep the counts with the times of the kept run. */
		counts: { type: "boolean", default: false },
		/** Only write the tables of the kept run into the documents. */
		documents: { type: "boolean", default: false },
	},
});

function positive(name: "rounds" | "seconds"): number {
	const value = Number(options[name]);
	if (value > 0 && (name === "seconds" || Number.isInteger(value))) return value;
	throw new Error(`--${name} must be ${name === "rounds" ? "a whole number" : "a number"} above zero`);
}

/** The requested subjects with their floors. */
function chosen(subjects: readonly Subject[]): Subject[] {
	const names = options.only?.split(",") ?? subjects.map(({ name }) => name);
	for (const name of names)
		if (!subjects.some((subject) => subject.name === name))
			throw new Error(`--only: unknown subject ${name}. Choose from ${SUBJECT_NAMES.join(", ")}.`);
	const wanted = new Set<string>(names);
	for (const { name, floor } of subjects) if (floor && wanted.has(name)) wanted.add(floor);
	return subjects.filter(({ name }) => wanted.has(name));
}

async function run(): Promise<void> {
	const settings = { rounds: positive("rounds"), seconds: positive("seconds"), connections: CONNECTIONS };
	if (!options["no-build"]) buildService();
	const isFull = options.only === undefined;
	const startUp = isFull ? await measureStartUp() : null;
	const testbed = await startTestbed({ peers: !options["no-peers"] });
	try {
		const subjects = chosen(testbed.subjects);
		const peers = testbed.subjects.some(({ name }) => name === "better-auth-d1");
		const counted = isFull ? counting(peers) : null;
		const plan = { ...settings, report: console.error, meanwhile: counted?.work ?? [] };
		const rounds = await measureRounds(subjects, plan);
		const counts = counted?.results() ?? null;
		const results: Results = {
			...conditions(Date.now(), peers),
			settings,
			subjects: summarize(subjects, rounds),
			counts,
			countedOn: conditions(Date.now(), peers).date,
			startUp,
			targets: judgeTargets(rounds, counts, startUp),
			missing: testbed.missing,
		};
		console.log(`\n${terminalReport(results)}`);
		if (options.json) writeFileSync(options.json, asJson(results));
		if (options.keep && isComplete(results)) {
			keepResults(results);
			writeDocuments();
		} else if (options.keep) {
			throw new Error("Not kept: only a run of everything, with the peers, can be kept.");
		}
	} finally {
		await testbed.dispose();
	}
}

/** The documents show every subject, count and cold start. */
const isComplete = ({ subjects, counts, startUp, missing }: Results): boolean =>
	subjects.length === SUBJECT_NAMES.length && counts !== null && startUp !== null && missing.length === 0;

function writeDocuments(): void {
	for (const [name, sections] of Object.entries(documents(keptResults()))) {
		const file = join(ROOT, name);
		writeFileSync(file, withSections(readFileSync(file, "utf8"), sections));
	}
}

/** Counts again and replaces the counts of the kept run, and the targets that are judged by them. */
async function recount(): Promise<void> {
	if (!options["no-build"]) buildService();
	// The peer's work doesn't change with the service.
	const counted = counting(false);
	for (const work of counted.work) await work();
	const kept = keptResults();
	const counts = { ...counted.results(), betterAuth: kept.counts?.betterAuth ?? null };
	const again = judgeTargets(new Map(), counts, null);
	const targets = kept.targets.map(
		(target) => again.find(({ work, met }) => work === target.work && met !== null) ?? target,
	);
	keepResults({ ...kept, counts, countedOn: new Date().toISOString().slice(0, 10), targets });
	writeDocuments();
}

async function main(): Promise<void> {
	if (options.documents) writeDocuments();
	else if (options.counts) await recount();
	else await run();
}

main().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
});
