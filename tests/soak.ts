/**
 * `npm run test:soak`: the histories of the ordinary test run, for as long as one likes. Round after round, each with a
 * seed of its own: random clients inside workerd, `kill -9` from outside, and faults between the steps of every change.
 * Stops at the first failure, which says how to repeat it.
 *
 *     SOAK_MINUTES        how long (default 10); the round that is under way then is finished
 *     HISTORY_OPERATIONS  calls of a round inside workerd (default 1,000,000)
 *     HISTORY_KILLS       kills of a round from outside (default 200)
 *     HISTORY_SEED        seed of the first round (default: of the day); the next rounds count on from it
 */
import { spawnSync } from "node:child_process";

const { SOAK_MINUTES = "10", HISTORY_OPERATIONS = "1000000", HISTORY_KILLS = "200", HISTORY_SEED } = process.env;
const HISTORIES = ["tests/worker/history", "tests/worker/gate/faults.test.ts", "tests/e2e/history-killed.test.ts"];
/** Every history draws from a few seeds that follow its own. */
const SEEDS_PER_ROUND = 10;

const until = Date.now() + Number(SOAK_MINUTES) * 60_000;
const firstSeed = Number(HISTORY_SEED ?? Math.floor(Date.now() / 1_000) % 1_000_000);

for (let round = 0; round === 0 || Date.now() < until; round++) {
	const seed = firstSeed + round * SEEDS_PER_ROUND;
	console.error(`Round ${round + 1}: HISTORY_SEED=${seed}`);
	const { status } = spawnSync("vitest", ["run", ...HISTORIES], {
		stdio: "inherit",
		env: { ...process.env, HISTORY_OPERATIONS, HISTORY_KILLS, HISTORY_SEED: String(seed) },
	});
	if (status !== 0) process.exit(1);
}
