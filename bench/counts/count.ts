/** Counts the work that admissions cause in D1 and in the storage of objects. */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type Module, migrateService, SERVICE, secret, serviceWorker } from "../../scripts/built-service.ts";
import { type Runtime, startRuntime } from "../../scripts/runtime.ts";
import { compiled } from "../build.ts";
import { Keys, type MadeKey } from "../keys.ts";
import { send } from "../load.ts";
import { D1_PER_REQUEST, d1PerRequestWorker, PEER, peerWorker } from "../workers.ts";
import type { Counts } from "./instrumentation.ts";

/** Counts while some requests were admitted. */
export interface Counted extends Counts {
	admitted: number;
}

export interface CountResults {
	/** The first request to a gate that has never seen its key. */
	first: Counted;
	/** Requests to a gate that is awake, without a flush in between. */
	warm: Counted;
	/** All requests that a limit of 10,000 an hour admits, as fast as possible. */
	flatOut: Counted;
	/** The same limit, used evenly over the hour, while no one lists the tenant's keys. */
	evenly: Counted;
	/** The default limit, 1,000 an hour, used in the same way. */
	evenlyDefault: Counted;
	/** A design that reads and writes D1 for each request. */
	d1PerRequest: Counted;
	/** Null: the peer was not installed. */
	betterAuth: Counted | null;
}

const LIMIT = 10_000;
const DEFAULT_LIMIT = 1_000;
const WARM_REQUESTS = 1_000;
const PEER_REQUESTS = 200;
/** Longer than a count takes, so that no usage is flushed meanwhile. */
const NO_FLUSH_SECONDS = 3_600;
/**
 * The hour runs 15 times faster: usage is flushed every second instead of every 15, or every 20 seconds instead of every 5
 * minutes, and requests arrive 15 times as fast. So a flush covers as many requests as in a real hour, and the counts per
 * request are the same.
 */
const FAST_FLUSH_SECONDS = 1;
const REAL_FLUSH_SECONDS = 15;
const TIMES_FASTER = REAL_FLUSH_SECONDS / FAST_FLUSH_SECONDS;
/** Two flushes of 20 seconds, and a margin for each. */
const FAST_SECONDS = 42;
/** Time for a pending flush to finish. */
const AFTERMATH_MS = 2_000;

async function entry(file: string): Promise<Module[]> {
	const here = import.meta.dirname;
	const code = (await compiled(join(here, file))).replace("./instrumentation.ts", "./instrumentation.js");
	return [
		{ name: "entry.js", code },
		{ name: "instrumentation.js", code: await compiled(join(here, "instrumentation.ts")) },
	];
}

/** Counts while requests are sent as fast as possible. */
async function countRequests(url: string, key: string, requests: number): Promise<Counted> {
	await takeCounts(url);
	await send({ url, requests: [whoami(key)], status: 200 }, requests);
	return { ...(await takeCounts(url)), admitted: requests };
}

/** Counts while requests are sent at a steady pace. */
async function countSteadily(url: string, key: string, requests: number, perSecond: number): Promise<Counted> {
	await takeCounts(url);
	const startedAt = performance.now();
	for (let sent = 0; sent < requests; sent++) {
		const early = startedAt + (sent / perSecond) * 1_000 - performance.now();
		if (early > 0) await pause(early);
		const { path, headers } = whoami(key);
		const response = await fetch(url + path, { headers });
		const text = await response.text();
		if (response.status !== 200) throw new Error(`Counting: ${response.status} ${text.slice(0, 200)}`);
	}
	return { ...(await takeCounts(url)), admitted: requests };
}

const whoami = (key: string) => ({ path: "/v1/whoami", headers: { Authorization: `Bearer ${key}` } });

async function takeCounts(url: string): Promise<Counts> {
	return (await (await fetch(`${url}/counts`)).json()) as Counts;
}

/** Adds counts. */
function sum(a: Counted, b: Counts): Counted {
	return {
		admitted: a.admitted,
		d1Statements: a.d1Statements + b.d1Statements,
		d1RowsRead: a.d1RowsRead + b.d1RowsRead,
		d1RowsWritten: a.d1RowsWritten + b.d1RowsWritten,
		objectRowsWritten: a.objectRowsWritten + b.objectRowsWritten,
		alarms: a.alarms + b.alarms,
		timerSeconds: a.timerSeconds + b.timerSeconds,
		waitSeconds: a.waitSeconds + b.waitSeconds,
	};
}

async function withService<T>(
	flushSeconds: number,
	use: (url: string, make: () => Promise<MadeKey>) => Promise<T>,
	limit = LIMIT,
): Promise<T> {
	const serviceRoleKey = secret();
	const vars = { USAGE_FLUSH_SECONDS: String(flushSeconds) };
	const runtime = await startRuntime([
		await serviceWorker({ serviceRoleKey, vars, before: await entry("service-entry.ts") }),
	]);
	try {
		await migrateService(runtime);
		const url = await runtime.url(SERVICE);
		const keys = await Keys.inNewTenant(url, serviceRoleKey);
		return await use(url, () => keys.make(limit));
	} finally {
		await runtime.dispose();
	}
}

/** Counts single requests. */
export function countPaths(): Promise<Pick<CountResults, "first" | "warm">> {
	return withService(NO_FLUSH_SECONDS, async (url, make) => {
		const { key } = await make();
		return { first: await countRequests(url, key, 1), warm: await countRequests(url, key, WARM_REQUESTS) };
	});
}

/** Counts an hour's limit that is used up at once, including everything that is written for it later. */
export function countFlatOut(): Promise<Pick<CountResults, "flatOut">> {
	return withService(REAL_FLUSH_SECONDS, async (url, make) => {
		const { key } = await make();
		// Wake the gate first.
		await countRequests(url, key, 1);
		const during = await countRequests(url, key, LIMIT - 1);
		await pause(REAL_FLUSH_SECONDS * 1_000 + AFTERMATH_MS);
		return { flatOut: sum(during, await takeCounts(url)) };
	});
}

/** Counts limits that are used evenly, over a part of an hour that runs fast. */
export async function countEvenly(): Promise<Pick<CountResults, "evenly" | "evenlyDefault">> {
	const count = (limit: number) =>
		withService(
			FAST_FLUSH_SECONDS,
			async (url, make) => {
				const { key } = await make();
				await countRequests(url, key, 1);
				// The first use of a key is flushed soon.
				await pause(FAST_FLUSH_SECONDS * 1_000 + AFTERMATH_MS);
				const perSecond = (limit / 3_600) * TIMES_FASTER;
				const all = await countSteadily(url, key, Math.round(perSecond * FAST_SECONDS), perSecond);
				// Timers don't run faster. In a real hour they would be set 15 times as often, but an object can't wait for longer
				// than the hour. Waiting for D1 takes as long as in a real hour.
				return { ...all, timerSeconds: Math.min(all.timerSeconds, FAST_SECONDS) * TIMES_FASTER };
			},
			limit,
		);
	const [evenly, evenlyDefault] = await Promise.all([count(LIMIT), count(DEFAULT_LIMIT)]);
	return { evenly, evenlyDefault };
}

/** Counts the designs that the service is compared with. */
export async function countOthers(peers: boolean): Promise<Pick<CountResults, "d1PerRequest" | "betterAuth">> {
	const workers = [await d1PerRequestWorker(await entry("worker-entry.ts"))];
	if (peers) workers.push(await peerWorker(await entry("worker-entry.ts")));
	const runtime = await startRuntime(workers);
	try {
		const d1PerRequest = await countOther(runtime, D1_PER_REQUEST);
		return { d1PerRequest, betterAuth: peers ? await countOther(runtime, PEER) : null };
	} finally {
		await runtime.dispose();
	}
}

async function countOther(runtime: Runtime, worker: string): Promise<Counted> {
	const url = await runtime.url(worker);
	const key = await (await fetch(url, { method: "POST" })).text();
	await countRequests(url, key, 1);
	return countRequests(url, key, PEER_REQUESTS);
}
