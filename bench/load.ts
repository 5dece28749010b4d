/** Load on one address for a few seconds, and what came of it. */
import autocannon from "autocannon";
import { percentile } from "./statistics.ts";

/** Enough to keep the server busy without a pause, few enough that the latency is the server's and no queue's. */
export const CONNECTIONS = 32;

export interface Target {
	url: string;
	/** Requests to send in turn. Where there are enough, each connection has its own share of them. */
	requests: { path: string; headers: Record<string, string> }[];
	/** The one status that is a right answer. */
	status: number;
}

export interface Measurement {
	requestsPerSecond: number;
	/** Milliseconds, from the request sent to its answer read whole. */
	p50: number;
	p99: number;
	requests: number;
	/** CPU time of the load generator, as a share of one core: close to 1, it was the bottleneck and not the server. */
	generatorBusy: number;
}

/** Throws when an answer had another status, did not come, or the connection broke: wrong answers are not fast ones. */
export async function measure(target: Target, seconds: number): Promise<Measurement> {
	const cpuBefore = process.cpuUsage();
	const startedAt = performance.now();
	const { latencies, endedAt } = await fire(target, { duration: seconds });
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
 * Sends each request once. Where many take turns, that wakes whatever sleeps behind them: objects fall asleep while
 * others are measured, and would stay awake under such load.
 */
export async function touchAll(target: Target): Promise<void> {
	await send(target, target.requests.length);
}

/** Sends so many requests as fast as they go, and throws unless all are answered right. */
export async function send(target: Target, amount: number): Promise<void> {
	await fire(target, { amount });
}

function fire(target: Target, extent: { duration: number } | { amount: number }) {
	const { requests } = target;
	const latencies: number[] = [];
	const wrong = new Map<number, number>();
	let connection = 0;
	let endedAt = 0;
	return new Promise<{ latencies: number[]; endedAt: number }>((resolve, reject) => {
		const run = autocannon(
			{
				url: target.url,
				connections: Math.min(CONNECTIONS, "amount" in extent ? extent.amount : CONNECTIONS),
				...extent,
				// How often it looks whether its time is over, in milliseconds.
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
					return reject(new Error(`Of ${latencies.length} answers, all to be ${target.status}: ${found}`));
				}
				if (latencies.length === 0) return reject(new Error("There was no answer"));
				resolve({ latencies, endedAt });
			},
		);
		run.on("response", (_client, status, _bytes, milliseconds) => {
			latencies.push(milliseconds);
			endedAt = performance.now();
			if (status !== target.status) wrong.set(status, (wrong.get(status) ?? 0) + 1);
		});
	});
}
