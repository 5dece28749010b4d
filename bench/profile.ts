/**
 * `npm run bench:profile -- <subject>`: profiles the service under the load of one subject. Writes a .cpuprofile for
 * Chrome's DevTools and prints the most expensive functions. The profiler slows the service, so use the bench for timings.
 */
import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { SERVICE } from "../scripts/built-service.ts";
import { measure, wakeAll } from "./load.ts";
import { check } from "./subjects.ts";
import { columns } from "./table.ts";
import { startTestbed } from "./testbed.ts";

const WARM_UP_SECONDS = 2;
const SECONDS = 5;
const SAMPLE_EVERY_MICROSECONDS = 200;
const FUNCTIONS_SHOWN = 40;

/** The fields of the DevTools protocol's `Profile` that this script reads. */
interface CpuProfile {
	nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number }; children?: number[] }[];
	samples: number[];
	timeDeltas: number[];
}

/** Connects to an inspector and sends commands. */
async function inspector(url: URL) {
	const socket = new WebSocket(url.href);
	const waiting = new Map<number, (result: unknown) => void>();
	let last = 0;
	socket.addEventListener("message", ({ data }) => {
		const { id, result } = JSON.parse(String(data)) as { id?: number; result?: unknown };
		if (id !== undefined) waiting.get(id)?.(result);
	});
	await new Promise((resolve, reject) => {
		socket.addEventListener("open", resolve);
		socket.addEventListener("error", () => reject(new Error(`No inspector at ${url}`)));
	});
	return {
		ask(method: string, params = {}): Promise<unknown> {
			const id = ++last;
			const result = new Promise((resolve) => waiting.set(id, resolve));
			socket.send(JSON.stringify({ id, method, params }));
			return result;
		},
		close: () => socket.close(),
	};
}

/** Share of time that each function was on top of the stack, largest first. */
function ownTimes({ nodes, samples, timeDeltas }: CpuProfile): [string, number][] {
	const names = new Map(
		nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
			id,
			`${functionName || "(anonymous)"} ${url ? `${basename(url)}:${lineNumber + 1}` : ""}`,
		]),
	);
	const times = new Map<string, number>();
	samples.forEach((id, index) => {
		const name = names.get(id) ?? "";
		times.set(name, (times.get(name) ?? 0) + (timeDeltas[index] ?? 0));
	});
	const total = timeDeltas.reduce((sum, delta) => sum + delta, 0);
	return [...times].map(([name, time]): [string, number] => [name, time / total]).sort((a, b) => b[1] - a[1]);
}

async function run(wanted: string | undefined): Promise<void> {
	const { runtime, subjects, dispose } = await startTestbed({ peers: false, inspect: true });
	try {
		const service = await runtime.url(SERVICE);
		const subject = subjects.find(({ name, url }) => name === wanted && url === service);
		if (!subject) throw new Error("Name a subject of the service, such as whoami or forged.");
		await check(subject).catch(() => check(subject));
		if (subject.requests.length > 1) await wakeAll(subject);
		else await measure(subject, WARM_UP_SECONDS);
		const { ask, close } = await inspector(await runtime.inspector(SERVICE));
		await ask("Profiler.enable");
		await ask("Profiler.setSamplingInterval", { interval: SAMPLE_EVERY_MICROSECONDS });
		await ask("Profiler.start");
		const { requests } = await measure(subject, SECONDS);
		// The result of `Profiler.stop` by the protocol.
		const { profile } = (await ask("Profiler.stop")) as { profile: CpuProfile };
		close();
		const file = `${subject.name}.cpuprofile`;
		writeFileSync(file, JSON.stringify(profile));
		const rows = ownTimes(profile).slice(0, FUNCTIONS_SHOWN);
		console.log(columns(rows.map(([name, share]) => [name, `${(share * 100).toFixed(1)} %`])));
		console.log(`\n${requests} requests; ${file} opens in DevTools`);
	} finally {
		await dispose();
	}
}

run(process.argv[2]).catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
});
