/** Measures all subjects in interleaved rounds, so that other work on the machine affects each of them. */
import { setTimeout as pause } from "node:timers/promises";
import { HOUR_MS } from "../worker/schemas/time.ts";
import { type Measurement, measure, wakeAll } from "./load.ts";
import { processorSeconds } from "./processor-time.ts";
import { check, type Subject } from "./subjects.ts";

/** Spare time before the end of an hour, in addition to the measurement. */
const HOUR_MARGIN_MS = 3_000;
const WARM_UP_SECONDS = 1;
/** Gates flush usage this long after the first request since the last flush (wrangler.toml). */
const USAGE_FLUSH_MS = 15_000;
/** A server below this share of a core for this long has nothing left to flush. */
const IDLE_SHARE = 0.03;
const IDLE_FOR_MS = 1_500;
const SETTLE_TIMEOUT_MS = 40_000;

export interface Round extends Measurement {
	/** CPU time of the server per request, in microseconds; null if the system doesn't report it. */
	serverMicroseconds: number | null;
}

export type Rounds = Map<Subject["name"], Round[]>;

interface Plan {
	rounds: number;
	seconds: number;
	report(line: string): void;
	/** Work that isn't timed, in portions. It runs while a server settles, or after the last round. */
	meanwhile: (() => Promise<void>)[];
}

/**
 * Measures every subject once in each round. Each round starts at another subject, so that none is always last or always
 * after the same one. Subjects with many keys come last: a thousand keys go idle and flush their usage afterwards, and the
 * next subject waits for that, so that none pays for the writes of another.
 */
export async function measureRounds(subjects: readonly Subject[], plan: Plan): Promise<Rounds> {
	const results: Rounds = new Map(subjects.map(({ name }) => [name, []]));
	const single = subjects.filter(({ requests }) => requests.length === 1);
	const many = subjects.filter(({ requests }) => requests.length > 1);
	for (const subject of single) await measureOne(subject, WARM_UP_SECONDS);
	for (let round = 0; round < plan.rounds; round++) {
		const first = Math.floor((round * single.length) / plan.rounds);
		for (const subject of [...single.slice(first), ...single.slice(0, first), ...many]) {
			const result = await measureOne(subject, plan.seconds);
			results.get(subject.name)?.push(result);
			plan.report(`round ${round + 1}  ${subject.name.padEnd(17)} ${Math.round(result.requestsPerSecond)} requests/s`);
			const isLast = round === plan.rounds - 1 && subject === many.at(-1);
			if (many.includes(subject) && subject.floor !== null && !isLast)
				await Promise.all([settle(subject), plan.meanwhile.shift()?.()]);
		}
	}
	for (const work of plan.meanwhile.splice(0)) await work();
	return results;
}

async function measureOne(subject: Subject, seconds: number): Promise<Round> {
	try {
		await avoidHourEnd(seconds);
		// Retry once: the first check may use up the last request of a limit.
		await check(subject).catch(() => check(subject));
		if (subject.requests.length > 1) await wakeAll(subject);
		const before = processorSeconds(subject.pid);
		const measurement = await measure(subject, seconds);
		const after = processorSeconds(subject.pid);
		const used = before === null || after === null ? null : after - before;
		return { ...measurement, serverMicroseconds: used === null ? null : (used * 1e6) / measurement.requests };
	} catch (error) {
		throw new Error(`${subject.name}: ${error instanceof Error ? error.message : error}`);
	}
}

/** Waits if the hour ends during the measurement, because all counts then start again. */
async function avoidHourEnd(seconds: number): Promise<void> {
	const left = HOUR_MS - (Date.now() % HOUR_MS);
	if (left < seconds * 1_000 + HOUR_MARGIN_MS) await pause(left + 100);
}

/** Waits until the keys in rotation have flushed their usage. */
async function settle({ pid }: Subject): Promise<void> {
	await pause(USAGE_FLUSH_MS);
	const deadline = Date.now() + SETTLE_TIMEOUT_MS;
	let used: number;
	do {
		const before = processorSeconds(pid) ?? 0;
		await pause(IDLE_FOR_MS);
		used = (processorSeconds(pid) ?? 0) - before;
	} while (used * 1_000 > IDLE_SHARE * IDLE_FOR_MS && Date.now() < deadline);
}
