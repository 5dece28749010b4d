/**
 * One very hot key, spread over several objects. The key's gate holds the hour's limit and lends it out in blocks;
 * sub-objects admit from their blocks without asking anybody, and ask for the next block before theirs is used up.
 *
 * Whatever the gate has lent is gone from its count, durably, before the sub-object hears of it. So the limit is never
 * exceeded, also when sub-objects die with blocks in their hands. What is to be seen is the other side: how much of the
 * limit sits in blocks while somebody is refused already, and how far the throughput scales.
 */
import { chance, Events } from "./events.ts";

/** How the gate lends. */
export interface Lending {
	/** `fixed`: always whole blocks. `shrinking`: of what is left, so much that every sub-object could have two more. */
	blocks: "fixed" | "shrinking";
	/** When nothing is left, unused blocks are called back before anybody is refused, and lent anew in shrinking ones. */
	recall: boolean;
}

export interface Scenario extends Lending {
	/** Requests that the hour admits. */
	limit: number;
	/** Sub-objects. One: there are none, and the gate admits by itself. */
	objects: number;
	/** Requests in a second, at random times, each to a sub-object by chance. */
	offered: number;
	/** With half of the limit used, half of the sub-objects hear no more requests, as when a region goes to sleep. */
	halfFallsSilent: boolean;
	/** So many times a sub-object dies, and with it what it has of its blocks. */
	deaths: number;
	seed: number;
}

export interface Outcome {
	admitted: number;
	/** Of the limit not yet used when the first request was refused. */
	leftAtFirstRefusal: number;
	/** Until the last admission. */
	seconds: number;
	admittedPerSecond: number;
	/** Messages that reached the gate, in a second. */
	gateMessagesPerSecond: number;
}

/** Cloudflare's soft limit for one object is a thousand requests a second. */
const SERVICE_SECONDS = 1 / 1_000;
/** From one object to another, one way. */
const HOP_SECONDS = 0.002;
export const BLOCK_MAX = 1_000;
/** Traffic goes on for so long after the first refusal. */
const AFTERWARDS_SECONDS = 1;

/** A request is an arrival, its service, and now and then a few messages. More than this is a mistake in the simulation. */
const EVENTS_PER_REQUEST_MAX = 20;
/** For the traffic after the limit is used up. */
const EVENTS_SPARE = 1_000_000;

interface SubObject {
	tokens: number;
	block: number;
	/** Requests that wait for their turn. */
	queue: number;
	busy: boolean;
	asked: boolean;
	/** The gate has said that there is nothing left. */
	refuses: boolean;
}

export function simulate(scenario: Scenario): Outcome {
	const { limit, objects, offered, seed, blocks, recall } = scenario;
	const events = new Events();
	const random = chance(seed);
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
	/** Sub-objects that have asked and wait for blocks to come back; null: none are being called back. */
	let recalling: SubObject[] | null = null;
	let hasCalledBack = false;

	/** The gate is an object too: it takes its time for each message, one after the other. */
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

	/** Takes up the next request, if there is one that can be answered. */
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
		// Early enough that the next block is there before this one is used up.
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
		// The gate itself: it has the whole limit in hand and asks nobody.
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
		if (steps > EVENTS_PER_REQUEST_MAX * limit + EVENTS_SPARE)
			throw new Error("The simulation does not come to an end");
	return {
		admitted,
		leftAtFirstRefusal: leftAtFirstRefusal ?? 0,
		seconds: lastAdmission,
		admittedPerSecond: admitted / lastAdmission,
		gateMessagesPerSecond: gateMessages / lastAdmission,
	};
}
