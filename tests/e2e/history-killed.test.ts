/**
 * `kill -9` at random moments while clients use and change keys from outside. A model must explain the whole history with
 * its crashes, and D1 must agree with it soon afterwards.
 */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { randomOf, seeded } from "../../scripts/demo/random.ts";
import { eventually, Service } from "../harness.ts";
import { disagreements } from "../history/agreement.ts";
import { check } from "../history/checker.ts";
import { Clients } from "../history/clients.ts";
import { describeViolations, replay } from "../history/report.ts";
import { listed, ServiceCalls } from "../history/service-calls.ts";
import type { Session } from "../session.ts";
import { SIZES } from "../sizes.ts";

const { kills: KILLS, seed } = SIZES.history;
/** Time between a start and the next kill. */
const RUN_MS = [30, 500] as const;
/** Calls that end between two kills at least, so that a busy machine tests something too, and how long they may take. */
const CALLS_PER_RUN = 20;
const CALLS_MAX_MS = 20_000;
const USAGE_FLUSH_SECONDS = 1;
/** Max time for D1 to catch up: a second after the start, or the flush for usage, with a margin for a busy machine. */
const CATCH_UP_MS = 20_000;

let service: Service;
let admin: Session;
/** Settled while the service runs. Calls wait for it, so that few find a closed port. */
let running: Promise<void> = Promise.resolve();

beforeAll(async () => {
	service = await Service.start({ settings: { USAGE_FLUSH_SECONDS: String(USAGE_FLUSH_SECONDS), LEGACY_KEYS: "on" } });
	admin = await service.signIn();
});
afterAll(() => service?.dispose());

async function fetchWhenRunning(path: string, init?: RequestInit): Promise<Response> {
	await running;
	return service.fetch(path, init);
}

/** Kills the service under load and waits until it runs again. */
async function killAndRestart(): Promise<void> {
	const { promise, resolve, reject } = Promise.withResolvers<void>();
	running = promise;
	try {
		await service.kill();
		await service.restart();
		resolve();
	} catch (error) {
		reject(error);
		throw error;
	}
}

it(`explains a history with ${KILLS} kills`, { timeout: 60_000 + KILLS * 10_000 }, async () => {
	const random = randomOf(seeded(seed));
	const { user } = await admin.query("session.me");
	const credentials = {
		admin: admin.token ?? "",
		platform: service.vars.SERVICE_ROLE_KEY ?? "",
		tenantId: user.tenant_id,
	};
	const clients = new Clients(
		{
			seed,
			keys: 6,
			clients: 8,
			operations: Number.POSITIVE_INFINITY,
			// Enough changes that every kill interrupts some.
			weights: {
				admit: 800,
				read: 20,
				usage: 10,
				update: 100,
				rotate: 25,
				revoke: 25,
				job: 8,
				delete: 20,
				suspension: 4,
				clock: 0,
				crash: 0,
			},
			limits: [5, 50, 1_000, 2_500, 30_000],
			signedShare: 0.4,
		},
		new ServiceCalls({ fetch: fetchWhenRunning }, credentials),
		{ now: Date.now },
	);
	const finished = clients.run();
	for (let kill = 0; kill < KILLS; kill++) {
		const ended = clients.recorder.calls.length;
		await pause(random.between(...RUN_MS));
		await eventually("clients have called", CALLS_MAX_MS, () => clients.recorder.calls.length >= ended + CALLS_PER_RUN);
		// Each gate loses its memory at some moment before the next start.
		await clients.recorder.crashed(clients.known.keys(), killAndRestart);
	}
	clients.stop();
	await finished;
	await clients.readAll();

	const { calls } = clients.recorder;
	const withoutResponse = calls.filter(({ response }) => response === null);
	expect(withoutResponse.length).toBeGreaterThan(KILLS);
	// Signed requests were refused after a kill that may have forgotten them.
	const codes = calls.flatMap(({ response }) => (response?.kind === "verdict" ? [response.code] : []));
	expect(codes).toContain("UNCERTAIN");
	expect(describeViolations(check(calls)), replay(seed)).toEqual([]);
	let left: string[] = [];
	await eventually("D1 agrees", CATCH_UP_MS, async () => {
		left = disagreements(calls, await listed(admin));
		return left.length === 0;
	}).catch(() => undefined);
	expect(left, replay(seed)).toEqual([]);
});
