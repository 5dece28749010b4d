/**
 * `npm test`: runs every suite, also when one fails, and ends with a line per suite. The exit code is 1 if any failed.
 *
 * Suites run side by side, and each prints its output when it ends, so that outputs don't mix. The service is built once,
 * for all suites that start it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { makeReadyCopy } from "./harness.ts";
import { SIZES } from "./sizes.ts";

interface Result {
	name: string;
	passed: boolean;
	seconds: number;
}

const running = new Set<ChildProcess>();

/** Each suite leads a process group, so that a signal also reaches what npm has started. */
function endSuites(signal: NodeJS.Signals): void {
	for (const { pid } of running) if (pid !== undefined) process.kill(-pid, signal);
}
for (const signal of ["SIGINT", "SIGTERM"] as const)
	process.once(signal, () => {
		endSuites(signal);
		process.exit(1);
	});

const secondsSince = (startedAt: number) => (performance.now() - startedAt) / 1_000;

/** Runs a script of package.json with arguments, such as `test:e2e -- --shard=1/2`, and prints its output when it ends. */
function runScript(name: string): Promise<Result> {
	const startedAt = performance.now();
	const child = spawn("npm", ["run", "--silent", ...name.split(" ")], {
		stdio: ["ignore", "pipe", "pipe"],
		detached: true,
	});
	running.add(child);
	const output: Buffer[] = [];
	for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => output.push(chunk));
	return new Promise((resolve) => {
		child.on("close", (code) => {
			running.delete(child);
			process.stdout.write(`\n──── npm run ${name}\n${Buffer.concat(output).toString("utf8")}`);
			resolve({ name, passed: code === 0, seconds: secondsSince(startedAt) });
		});
	});
}

async function build(): Promise<Result> {
	const startedAt = performance.now();
	const result = (passed: boolean) => ({ name: "build", passed, seconds: secondsSince(startedAt) });
	try {
		await makeReadyCopy();
		return result(true);
	} catch (error) {
		console.error("\n──── build\n", error);
		return result(false);
	}
}

/** Suites that start the built service. If the build fails they can't run, and count as failed. */
const ON_THE_BUILD = /^test:(browser|e2e)/;

/** The next suite is run by the first lane that is free. The longest come first, and the e2e tests in two parts. */
const waiting = [
	"test:browser",
	...["lint", "types", "test:unit", "test:worker"],
	...["test:e2e -- --shard=1/2", "test:e2e -- --shard=2/2"],
];

/** Two lanes, since a suite keeps about one core busy. */
const LANES = 2;

async function lane(): Promise<Result[]> {
	const results: Result[] = [];
	for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
		const canRun = !ON_THE_BUILD.test(name) || (await built).passed;
		results.push(canRun ? await runScript(name) : { name, passed: false, seconds: 0 });
	}
	return results;
}

console.log(`Seeds: HISTORY_SEED=${SIZES.history.seed} FUZZ_SEED=${SIZES.fuzz.seed}`);
const startedAt = performance.now();
const built = build();
const lanes = await Promise.all(Array.from({ length: LANES }, lane));
const results = [await built, ...lanes.flat()];

console.log();
for (const { name, passed, seconds } of results)
	console.log(`${passed ? "passed" : "FAILED"}  ${name.padEnd(24)} ${seconds.toFixed(0).padStart(4)} s`);
const failed = results.filter(({ passed }) => !passed).map(({ name }) => name);
const took = `${secondsSince(startedAt).toFixed(0)} s`;
console.log(failed.length === 0 ? `All suites passed in ${took}.` : `Failed after ${took}: ${failed.join(", ")}.`);
process.exitCode = failed.length === 0 ? 0 : 1;
