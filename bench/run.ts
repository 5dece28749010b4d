/** `npm run bench`: what admission costs, next to the least that the platform can do and to what others do. */
import { parseArgs } from "node:util";
import { buildService } from "./build.ts";
import { Keys } from "./keys.ts";
import { summarize } from "./results.ts";
import { measureRounds } from "./rounds.ts";
import { startRuntime } from "./runtime.ts";
import { prepareSubjects, SUBJECT_NAMES, type Subject } from "./subjects.ts";
import { timesTable } from "./table.ts";

const { values: options } = parseArgs({
	options: {
		/** Subjects to measure, by name, with a comma between; their floors are added. Default: all. */
		only: { type: "string" },
		rounds: { type: "string", default: "5" },
		/** Of each measurement. */
		seconds: { type: "string", default: "3" },
		/** Measure what is in dist/ already. */
		"no-build": { type: "boolean", default: false },
	},
});

function positive(name: "rounds" | "seconds"): number {
	const value = Number(options[name]);
	if (Number.isInteger(value) && value > 0) return value;
	throw new Error(`--${name} must be a whole number above zero`);
}

/** The subjects that were asked for, each with its floor. */
function chosen(subjects: readonly Subject[]): Subject[] {
	const names = options.only?.split(",") ?? SUBJECT_NAMES;
	for (const name of names)
		if (!subjects.some((subject) => subject.name === name))
			throw new Error(`--only: there is no ${name}, but ${SUBJECT_NAMES.join(", ")}`);
	const wanted = new Set<string>(names);
	for (const { name, floor } of subjects) if (floor && wanted.has(name)) wanted.add(floor);
	return subjects.filter(({ name }) => wanted.has(name));
}

async function run(): Promise<void> {
	const plan = { rounds: positive("rounds"), seconds: positive("seconds") };
	if (!options["no-build"]) buildService();
	const runtime = await startRuntime();
	try {
		const keys = await Keys.inNewTenant(runtime.service, runtime.serviceRoleKey);
		const subjects = chosen(await prepareSubjects(runtime, keys));
		const rounds = await measureRounds(subjects, { ...plan, serverOf: () => runtime.pid, report: console.error });
		console.log(timesTable(summarize(subjects, rounds)));
	} finally {
		await runtime.dispose();
	}
}

run().catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
});
