/** Statistics of the bench: spread, ratios per round, and whether a target was met. */
import { expect, it } from "vitest";
import type { CountResults } from "../../bench/counts/count.ts";
import type { Round, Rounds } from "../../bench/measure-rounds.ts";
import { ratios } from "../../bench/ratios.ts";
import { percentile, spread } from "../../bench/statistics.ts";
import { judgeTargets } from "../../bench/targets.ts";

const round = (requestsPerSecond: number, p99 = 1): Round => ({
	requestsPerSecond,
	p50: 1,
	p99,
	requests: 1,
	generatorBusy: 0,
	serverMicroseconds: null,
});

it("computes the median, the minimum and the maximum of the rounds", () => {
	expect(spread([3, 1, 2])).toEqual({ min: 1, median: 2, max: 3 });
	expect(spread([4, 1, 2, 3])).toEqual({ min: 1, median: 2.5, max: 4 });
});

it("computes percentiles by the nearest rank", () => {
	const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
	expect([0.5, 0.99, 1].map((share) => percentile(hundred, share))).toEqual([50, 99, 100]);
	expect(percentile([7], 0.99)).toBe(7);
});

it("compares each round with the floor in the same round", () => {
	const rounds: Rounds = new Map([
		["object", [round(1_000), round(100), round(1_000)]],
		["whoami", [round(900), round(90), round(800)]],
	]);
	expect(ratios(rounds, "whoami", "object", "requestsPerSecond")).toEqual({ min: 0.8, median: 0.9, max: 0.9 });
});

const none = {
	d1Statements: 0,
	d1RowsRead: 0,
	d1RowsWritten: 0,
	objectRowsWritten: 0,
	alarms: 0,
	timerSeconds: 0,
	waitSeconds: 0,
};

const COUNTS: CountResults = {
	first: { ...none, admitted: 1, d1Statements: 2 },
	warm: { ...none, admitted: 1_000 },
	flatOut: { ...none, admitted: 1_000, d1RowsWritten: 5, objectRowsWritten: 15 },
	evenly: { ...none, admitted: 1_000, d1RowsWritten: 6, objectRowsWritten: 15 },
	evenlyDefault: { ...none, admitted: 1 },
	d1PerRequest: { ...none, admitted: 1 },
	betterAuth: null,
};

it("judges each target at its bound and just beyond it, and none that was not measured", () => {
	const rounds: Rounds = new Map([
		["object", [round(1_000, 10)]],
		["whoami", [round(850, 13.1)]],
		["whoami-rotation", [round(800)]],
		["signed", [round(680)]],
		["nothing", [round(1_000)]],
		["forged", [round(849)]],
	]);
	const startUp = { nothing: spread([40]), service: spread([90]), ratio: spread([2.25]) };
	const met = judgeTargets(rounds, COUNTS, startUp).map(({ work, met }) => [work.split(/[,/]/)[0]?.trim(), met]);
	expect(met).toEqual([
		["admitted", true],
		["the same", false],
		["signed request admitted", true],
		["forged key refused", false],
		["revoked key refused", null],
		["admitted", null],
		["admitted", null],
		["rows written per admitted request", true],
		["the same", false],
		["D1 statements of a warm admission", true],
		["D1 reads of the first request to a gate that has not seen its key", false],
		["cold start to the first response", true],
	]);
});
