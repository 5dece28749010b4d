/** Rounds over all subjects, so that whatever else the machine does meets each of them. */
import { setTimeout as pause } from "node:timers/promises";
import { type Measurement, measure, touchAll } from "./load.ts";
import { processorSeconds } from "./processor-time.ts";
import { check, type Subject } from "./subjects.ts";

const HOUR_MS = 3_600_000;
/** Spare time at the end of an hour, beside that of the measurement. */
const HOUR_MARGIN_MS = 2_000;
const WARM_UP_SECONDS = 1;

export interface Round extends Measurement {
	/** CPU time of the server for one request, in microseconds; null where the system does not tell. */
	serverMicroseconds: number | null;
}

export type Rounds = Map<Subject["name"], Round[]>;

interface Plan {
	rounds: number;
	seconds: number;
	serverOf(subject: Subject): number | null;
	report(line: string): void;
}

/**
 * Measures every subject once in each round. Each round begins one subject later than the last, so that none always
 * comes after the same one, or always last.
 */
export async function measureRounds(subjects: readonly Subject[], plan: Plan): Promise<Rounds> {
	const results: Rounds = new Map(subjects.map(({ name }) => [name, []]));
	for (const subject of subjects) await measureOne(subject, WARM_UP_SECONDS, plan);
	for (let round = 0; round < plan.rounds; round++) {
		const first = Math.floor((round * subjects.length) / plan.rounds);
		for (const subject of [...subjects.slice(first), ...subjects.slice(0, first)]) {
			const result = await measureOne(subject, plan.seconds, plan);
			results.get(subject.name)?.push(result);
			plan.report(`round ${round + 1}  ${subject.name.padEnd(16)} ${Math.round(result.requestsPerSecond)} requests/s`);
		}
	}
	return results;
}

async function measureOne(subject: Subject, seconds: number, plan: Plan): Promise<Round> {
	await beClearOfTheHoursEnd(seconds);
	try {
		// Twice, since the first may be the one that uses a limit up.
		await check(subject).catch(() => check(subject));
		if (subject.requests.length > 1) await touchAll(subject);
		const server = plan.serverOf(subject);
		const before = processorSeconds(server);
		const measurement = await measure(subject, seconds);
		const after = processorSeconds(server);
		const used = before === null || after === null ? null : after - before;
		return { ...measurement, serverMicroseconds: used === null ? null : (used * 1e6) / measurement.requests };
	} catch (error) {
		throw new Error(`${subject.name}: ${error instanceof Error ? error.message : error}`);
	}
}

/** A key over its limit is admitted again when the hour turns, and every counter starts anew. */
async function beClearOfTheHoursEnd(seconds: number): Promise<void> {
	const left = HOUR_MS - (Date.now() % HOUR_MS);
	if (left < seconds * 1_000 + HOUR_MARGIN_MS) await pause(left + 100);
}
