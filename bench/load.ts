/** Generates load on one URL and measures the responses. */
import autocannon from "autocannon";
import { percentile } from "./statistics.ts";

/** Enough to keep the server busy, and few enough that the latency is not that of a queue. */
export const CONNECTIONS = 32;

/**
 * Requests a second to sign for a measurement, more than any machine makes. They are signed before it, so that the load
 * generator does the same work as for other subjects.
 */
const SIGNED_PER_SECOND = 20_000;

export interface LoadRequest {
	path: string;
	headers: Record<string, string>;
}

export interface Target {
	url: string;
	/** Requests to send in turn. With enough requests, each connection sends its own share. */
	requests: LoadRequest[];
	/** Makes requests that are sent instead, for a subject that admits each of them once. */
	fresh?: (count: number) => LoadRequest[];
	/** The only correct status. */
	status: number;
}

export interface Measurement {
	requestsPerSecond: number;
	/** Milliseconds from sending a request to the end of its response. */
	p50: number;
	p99: number;
	requests: number;
	/** CPU time of the load generator, as a share of one core. Close to 1, the generator was the bottleneck. */
	generatorBusy: number;
}

/** Measures for some seconds. Throws on a wrong status, a timeout or a broken connection: a wrong response isn't a fast one. */
export async function measure(target: Target, seconds: number): Promise<Measurement> {
	const requests = target.fresh?.(Math.ceil(seconds * SIGNED_PER_SECOND)) ?? target.requests;
	const cpuBefore = process.cpuUsage();
	const { latencies, startedAt, endedAt } = await fire({ ...target, requests }, { duration: seconds });
	const elapsed = (endedAt - startedAt) / 1_000;
	const { user, system } = process.cpuUsage(cpuBefore);
	return {
		requestsPerSecond: latencies.length / elapsed,
		p50: percentile(latencies, 0.5),
		p99: percentile(latencies, 0.99),
		requests: latencies.length,
		generatorBusy: (user + system) / 1e6 / elapsed,
	};
}

/**
 * Wakes the objects of all requests, as they would be under steady load. Sends each request twice: the first time takes
 * seconds, because each object reads its disk, and the objects that woke first may be idle again by the end of it.
 */
export async function wakeAll(target: Target): Promise<void> {
	const amount = target.requests.length;
	for (let pass = 0; pass < 2; pass++) {
		// Twice as many as are sent: connections don't send equally many, and one that runs out begins again.
		const requests = target.fresh?.(2 * amount) ?? target.requests;
		await send({ ...target, requests }, amount);
	}
}

/** Sends a number of requests as fast as possible. Throws on a wrong response. */
export async function send(target: Target, amount: number): Promise<void> {
	await fire(target, { amount });
}

function fire(target: Target, extent: { duration: number } | { amount: number }) {
	const { requests } = target;
	const latencies: number[] = [];
	const wrong = new Map<number, number>();
	let connection = 0;
	let startedAt = 0;
	let endedAt = 0;
	return new Promise<{ latencies: number[]; startedAt: number; endedAt: number }>((resolve, reject) => {
		const run = autocannon(
			{
				url: target.url,
				connections: Math.min(CONNECTIONS, "amount" in extent ? extent.amount : CONNECTIONS),
				...extent,
				// How often autocannon checks whether its time is over, in milliseconds.
				sampleInt: 100,
				setupClient: (client) => {
					const own = connection++;
					const share = requests.filter((_, index) => index % CONNECTIONS === own);
					client.setRequests(share.length > 0 ? share : requests);
				},
			},
			(error: unknown, { errors, timeouts }) => {
				if (error) return reject(error);
				if (errors + timeouts > 0)
					return reject(new Error(`${errors} connections broke and ${timeouts} requests timed out`));
				if (wrong.size > 0) {
					const found = [...wrong].map(([status, count]) => `${count} × ${status}`).join(", ");
					return reject(new Error(`Of ${latencies.length} responses, some were not ${target.status}: ${found}`));
				}
				if (latencies.length === 0) return reject(new Error("No response arrived"));
				resolve({ latencies, startedAt, endedAt });
			},
		);
		// Not before: autocannon first builds all requests, which takes a part of a second for those that are sent once.
		run.on("start", () => {
			startedAt = performance.now();
		});
		run.on("response", (_client, status, _bytes, milliseconds) => {
			latencies.push(milliseconds);
			endedAt = performance.now();
			if (status !== target.status) wrong.set(status, (wrong.get(status) ?? 0) + 1);
		});
	});
}
