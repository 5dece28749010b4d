/**
 * `npm run test:soak`: what the ordinary test run draws at random, for as long as one likes. Round after round, each with
 * a seed of its own: random clients inside workerd, `kill -9` from outside, faults between the steps of every change, and
 * hostile input at every door. Stops at the first failure, which says how to repeat it.
 *
 *     SOAK_MINUTES        how long (default 10); the round that is under way then is finished
 *     HISTORY_OPERATIONS  calls of a round inside workerd (default 200,000: a history is held in memory until it is checked)
 *     HISTORY_KILLS       kills of a round from outside (default 200)
 *     FUZZ_REQUESTS       hostile requests of a round (default 200,000)
 *     SOAK_SEED           seed of the first round (default: of the day); the next rounds count on from it
 */
import { spawnSync } from "node:child_process";

const {
	SOAK_MINUTES = "10",
	HISTORY_OPERATIONS = "200000",
	HISTORY_KILLS = "200",
	FUZZ_REQUESTS = "200000",
	SOAK_SEED,
} = process.env;
const RANDOM = [
	"tests/worker/history",
	"tests/worker/gate/faults.test.ts",
	"tests/e2e/history-killed.test.ts",
	"tests/worker/hostile",
	"tests/e2e/rough-ground.test.ts",
];
/** Every history draws from a few seeds that follow its own. */
const SEEDS_PER_ROUND = 10;

const until = Date.now() + Number(SOAK_MINUTES) * 60_000;
const firstSeed = Number(SOAK_SEED ?? Math.floor(Date.now() / 1_000) % 1_000_000);

for (let round = 0; round === 0 || Date.now() < until; round++) {
	const seed = firstSeed + round * SEEDS_PER_ROUND;
	const settings = { HISTORY_OPERATIONS, HISTORY_KILLS, FUZZ_REQUESTS, HISTORY_SEED: `${seed}`, FUZZ_SEED: `${seed}` };
	console.error(`Round ${round + 1}: SOAK_SEED=${seed}`);
	const env = { ...process.env, ...settings };
	const { status } = spawnSync("vitest", ["run", ...RANDOM], { stdio: "inherit", env });
	if (status !== 0) process.exit(1);
}
