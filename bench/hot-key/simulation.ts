/**
 * Simulates one hot key that is spread over several objects. The key's gate holds the hour's limit and lends it in blocks.
 * Sub-objects admit from their block without asking, and ask for the next block before theirs is used up.
 *
 * The gate persists a loan before the sub-object gets it. So the limit is never exceeded, even if sub-objects die with
 * borrowed blocks. The simulation shows the other side: how much of the limit is stranded in blocks while other requests
 * are refused, and how the throughput scales.
 */
import { seeded } from "../../scripts/demo/random.ts";
import { EventQueue } from "./event-queue.ts";

/** How the gate lends. */
export interface Lending {
	/** `fixed`: whole blocks. `shrinking`: a share of the rest, small enough that every sub-object could get two more. */
	blocks: "fixed" | "shrinking";
	/** If nothing is left, recall unused blocks before a request is refused, and lend them again in shrinking blocks. */
	recall: boolean;
}

export interface Scenario extends Lending {
	/** Requests that the hour admits. */
	limit: number;
	/** Number of sub-objects. With one, the gate itself admits. */
	objects: number;
	/** Requests per second, at random times, each to a random sub-object. */
	offered: number;
	/** When half of the limit is used, half of the sub-objects get no more requests, as when it is night in a region. */
	halfFallsSilent: boolean;
	/** How often a sub-object dies and loses its blocks. */
	deaths: number;
	seed: number;
}

export interface Outcome {
	admitted: number;
	/** The unused rest of the limit when the first request was refused. */
	leftAtFirstRefusal: number;
	/** Until the last admission. */
	seconds: number;
	admittedPerSecond: number;
	/** Messages to the gate per second. */
	gateMessagesPerSecond: number;
}

/** Cloudflare's soft limit for one object is 1,000 requests per second. */
const SERVICE_SECONDS = 1 / 1_000;
/** One way between two objects. */
const HOP_SECONDS = 0.002;
export const BLOCK_MAX = 1_000;
/** How long traffic continues after the first refusal. */
const AFTERWARDS_SECONDS = 1;

/** A request is an arrival, its service and sometimes a few messages. More events are a bug of the simulation. */
const EVENTS_PER_REQUEST_MAX = 20;
/** For the traffic after the limit is used up. */
const EVENTS_SPARE = 1_000_000;

interface SubObject {
	tokens: number;
	block: number;
	/** Requests that wait. */
	queue: number;
	busy: boolean;
	asked: boolean;
	/** The gate has nothing left to lend. */
	refuses: boolean;
}

export function simulate(scenario: Scenario): Outcome {
	const { limit, objects, offered, seed, blocks, recall } = scenario;
	const events = new EventQueue();
	const random = seeded(seed);
	const subs: SubObject[] = Array.from({ length: objects }, () => ({
		tokens: 0,
		block: 0,
		queue: 0,
		busy: false,
		asked: false,
		refuses: false,
	}));
	let left = limit;
	/** Blocks on their way to a sub-object. */
	let underWay = 0;
	let admitted = 0;
	let lastAdmission = 0;
	let leftAtFirstRefusal: number | null = null;
	let gateFreeAt = 0;
	let gateMessages = 0;
	let endsAt = Number.POSITIVE_INFINITY;
	/** Sub-objects that wait for recalled blocks; null: no recall is in progress. */
	let recalling: SubObject[] | null = null;
	let hasCalledBack = false;

	/** The gate handles one message after the other, each in the time of a request. */
	function atGate(handle: () => void): void {
		events.after(HOP_SECONDS, () => {
			gateMessages++;
			gateFreeAt = Math.max(gateFreeAt, events.now) + SERVICE_SECONDS;
			events.after(gateFreeAt - events.now, handle);
		});
	}

	function lend(sub: SubObject): void {
		if (recalling) {
			recalling.push(sub);
			return;
		}
		if (left === 0 && recall && (underWay > 0 || subs.some(({ tokens }) => tokens > 0))) {
			recalling = [sub];
			callBack();
			return;
		}
		const isWhole = blocks === "fixed" && !hasCalledBack;
		const fair = isWhole ? BLOCK_MAX : Math.min(BLOCK_MAX, Math.ceil(left / (2 * objects)));
		const block = Math.min(left, fair);
		left -= block;
		if (block > 0) underWay++;
		events.after(HOP_SECONDS, () => {
			if (block > 0) underWay--;
			sub.asked = false;
			sub.tokens += block;
			sub.block = block;
			sub.refuses = block === 0;
			serve(sub);
		});
	}

	function callBack(): void {
		hasCalledBack = true;
		let awaited = objects;
		for (const sub of subs)
			events.after(HOP_SECONDS, () => {
				const returned = sub.tokens;
				sub.tokens = 0;
				atGate(() => {
					left += returned;
					if (--awaited > 0) return;
					const waiting = recalling ?? [];
					recalling = null;
					for (const waiter of waiting) lend(waiter);
				});
			});
	}

	function ask(sub: SubObject): void {
		if (sub.asked) return;
		sub.asked = true;
		atGate(() => lend(sub));
	}

	/** Handles the next request, if a sub-object can decide it. */
	function serve(sub: SubObject): void {
		if (sub.busy || sub.queue === 0) return;
		if (sub.tokens === 0 && !sub.refuses) {
			ask(sub);
			return;
		}
		sub.queue--;
		sub.busy = true;
		const isAdmitted = sub.tokens > 0;
		if (isAdmitted) {
			sub.tokens--;
			admitted++;
		} else if (leftAtFirstRefusal === null) {
			leftAtFirstRefusal = limit - admitted;
			endsAt = events.now + AFTERWARDS_SECONDS;
		}
		// Ask early, so that the next block arrives before this one is used up.
		if (isAdmitted && sub.tokens <= sub.block / 2 && sub.block > 1) ask(sub);
		events.after(SERVICE_SECONDS, () => {
			sub.busy = false;
			if (isAdmitted) lastAdmission = events.now;
			serve(sub);
		});
	}

	function arrive(): void {
		const within = scenario.halfFallsSilent && admitted >= limit / 2 ? Math.ceil(objects / 2) : objects;
		const sub = subs[Math.floor(random() * within)];
		if (sub) {
			sub.queue++;
			serve(sub);
		}
		if (events.now < endsAt) events.after(-Math.log(1 - random()) / offered, arrive);
	}

	if (objects === 1) {
		// The gate itself holds the whole limit.
		for (const sub of subs) Object.assign(sub, { tokens: limit, refuses: true });
		left = 0;
	}
	for (let death = 1; death <= scenario.deaths; death++)
		events.after(((limit / offered) * death) / (scenario.deaths + 1), () => {
			const sub = subs[Math.floor(random() * objects)];
			if (sub) sub.tokens = 0;
		});
	arrive();
	for (let steps = 0; events.step(); steps++)
		if (steps > EVENTS_PER_REQUEST_MAX * limit + EVENTS_SPARE) throw new Error("The simulation doesn't end");
	return {
		admitted,
		leftAtFirstRefusal: leftAtFirstRefusal ?? 0,
		seconds: lastAdmission,
		admittedPerSecond: admitted / lastAdmission,
		gateMessagesPerSecond: gateMessages / lastAdmission,
	};
}
