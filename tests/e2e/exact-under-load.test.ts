/** The hourly limit is exact: of any number of concurrent requests, exactly that many are admitted. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Service } from "../harness.ts";
import { type Outcome, whoami, windowOf, withStatus } from "./load.ts";

const LIMIT = 1_000;
const REQUESTS = 2_000;
const HOUR_SECONDS = 3_600;

let service: Service;

beforeAll(async () => {
	service = await Service.start();
});
afterAll(() => service?.dispose());

it("admits exactly 1,000 of 2,000 concurrent requests and sends the others a Retry-After", async () => {
	const owner = await service.signIn();
	const { key, api_key } = await owner.mutate("keys.create", { name: "Hot", rate_limit: LIMIT });

	const outcomes = await Promise.all(Array.from({ length: REQUESTS }, () => whoami(service, key)));

	const admitted = withStatus(outcomes, 200);
	const refused = withStatus(outcomes, 429);
	expect(admitted.length + refused.length).toBe(REQUESTS);

	// If a new hour begins in between, a new count starts, so check each hour on its own. Usually there is one:
	// 1,000 admitted and 1,000 rejected.
	const windows = Map.groupBy(outcomes, windowOf);
	for (const [window, within] of windows) {
		expect(window % HOUR_SECONDS).toBe(0);
		const share = Math.min(LIMIT, within.length);
		expect(withStatus(within, 200).length).toBe(share);
		// Each admitted request has a different remainder, from the limit downwards: no admission was counted twice.
		const remainders = withStatus(within, 200).map(({ headers }) => Number(headers.get("x-ratelimit-remaining")));
		expect(remainders.sort((a, b) => b - a)).toEqual(Array.from({ length: share }, (_, i) => LIMIT - 1 - i));
	}
	for (const outcome of refused) expectRightRetryAfter(outcome);

	const { current_hour } = await owner.query("keys.get", { id: api_key.id });
	const used = withStatus(windows.get(Date.parse(current_hour.resets_at) / 1_000) ?? [], 200).length;
	expect(current_hour).toMatchObject({ used, limit: LIMIT, remaining: LIMIT - used });

	const { totals } = await owner.query("keys.usage", { id: api_key.id });
	expect(totals).toEqual({ allowed: admitted.length, rate_limited: refused.length, denied: 0 });
});

/** Retry-After is the time in whole seconds from the rejection, which lies between sending and receiving, to the end of the hour. */
function expectRightRetryAfter(outcome: Outcome): void {
	const header = outcome.headers.get("retry-after") ?? "";
	expect(header).toMatch(/^[1-9]\d*$/);
	const seconds = Number(header);
	expect(seconds).toBeLessThanOrEqual(HOUR_SECONDS);
	const left = (at: number) => windowOf(outcome) - at / 1_000;
	expect(seconds).toBeGreaterThanOrEqual(left(outcome.endedAt));
	expect(seconds).toBeLessThanOrEqual(Math.max(1, left(outcome.startedAt) + 1));

	expect(JSON.parse(outcome.body)).toMatchObject({ error: { code: "RATE_LIMITED", retry_after: seconds } });
}
