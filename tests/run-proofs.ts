/**
 * `npm run test:proofs`: at full size what `npm test` runs small, and what is too slow for every run. A failure prints the
 * seed that repeats it.
 *
 *     PROOF_SEED          seed of all random choices (default: drawn from the clock)
 *     PROOF_MINUTES       repeats the randomised tests with the next seeds for so long (default 0: once)
 *     HISTORY_OPERATIONS  calls of the histories inside workerd (default 100,000)
 *     HISTORY_KILLS       kills of a running service (default 50)
 *     HISTORY_RELEASE_CALLS  calls of each history over two releases (default 10,000)
 *     FUZZ_REQUESTS       hostile requests (default 20,000)
 *     IMPORTED_KEYS       keys of another system that are presented under load (default 2,000)
 *     BACKUP_KEYS         keys of a service that is backed up, lost and restored (default 100,000)
 *     DATABASE_KEYS       keys of a tenant whose operations read few rows (default 100,000)
 *     DATABASE_LEADS      leads of that tenant (default 50,000)
 */
import { spawnSync } from "node:child_process";
import { makeReadyCopy } from "./harness.ts";

const RANDOMISED = [
	"tests/worker/history",
	"tests/worker/gate/faults.test.ts",
	"tests/worker/hostile",
	"tests/e2e/history-killed.test.ts",
	"tests/e2e/releases.test.ts",
	"tests/e2e/malformed-requests.test.ts",
	"tests/e2e/imported-keys.test.ts",
];
/** What `npm test` does with a sample or with fewer rows. */
const COMPLETE = ["tests/worker/auth/matrix.test.ts", "tests/worker/db/rows-read.test.ts"];
const SLOW = ["tests/proofs"];
/** A history draws from a few seeds that follow its own. */
const SEEDS_PER_ROUND = 10;

const {
	PROOF_MINUTES = "0",
	PROOF_SEED = String(Math.floor(Date.now() / 1_000) % 1_000_000),
	HISTORY_OPERATIONS = "100000",
	HISTORY_KILLS = "50",
	HISTORY_RELEASE_CALLS = "10000",
	FUZZ_REQUESTS = "20000",
	IMPORTED_KEYS = "2000",
	BACKUP_KEYS = "100000",
	DATABASE_KEYS = "100000",
	DATABASE_LEADS = "50000",
} = process.env;

/** Runs a test runner, and returns whether its tests have passed. */
function run(command: string, args: string[], sizes: Record<string, string>): boolean {
	return spawnSync(command, args, { stdio: "inherit", env: { ...process.env, ...sizes } }).status === 0;
}

// On exit, the copy of the next line is removed.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
await makeReadyCopy();
const until = Date.now() + Number(PROOF_MINUTES) * 60_000;
let round = 0;
do {
	const seed = String(Number(PROOF_SEED) + round * SEEDS_PER_ROUND);
	console.log(`Round ${round + 1}: PROOF_SEED=${seed}`);
	const files = round === 0 ? [...RANDOMISED, ...COMPLETE, ...SLOW] : RANDOMISED;
	const sizes = {
		HISTORY_OPERATIONS,
		HISTORY_KILLS,
		HISTORY_RELEASE_CALLS,
		FUZZ_REQUESTS,
		IMPORTED_KEYS,
		BACKUP_KEYS,
		DATABASE_KEYS,
		DATABASE_LEADS,
		MATRIX_EVERY_PAIR: "1",
		HISTORY_SEED: seed,
		FUZZ_SEED: seed,
	};
	const passed = [run("vitest", ["run", ...files], sizes)];
	// Phones, the other language, larger text, thousands of keys, failures and rare cases.
	if (round === 0) passed.push(run("playwright", ["test", "--grep", "@proof"], sizes));
	if (passed.includes(false)) {
		console.log(`The proofs failed. Repeat with PROOF_SEED=${seed}.`);
		process.exit(1);
	}
	round++;
} while (Date.now() < until);
console.log(`The proofs passed (${round} ${round === 1 ? "round" : "rounds"}, PROOF_SEED=${PROOF_SEED}).`);
