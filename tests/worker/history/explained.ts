/** Makes a history and checks it, from its first call to the last row in D1. */
import { afterAll, expect, vi } from "vitest";
import { disagreements } from "../../history/agreement.ts";
import { check } from "../../history/checker.ts";
import type { Controls, Plan } from "../../history/clients.ts";
import type { Call } from "../../history/operations.ts";
import { describeViolations, replay } from "../../history/report.ts";
import { clientsInWorkerd, delivered } from "./in-workerd.ts";

/** Relative frequency of calls. Most are admissions; often enough a limit is reached, a key ends or an hour begins. */
export const WEIGHTS: Plan["weights"] = {
	admit: 970,
	read: 8,
	usage: 2,
	update: 12,
	rotate: 2,
	revoke: 2,
	job: 1,
	delete: 2,
	suspension: 1,
	clock: 3,
	crash: 0,
};

/** Timeout for a history of this size on a busy machine, in milliseconds. */
export const patience = (operations: number): number => 60_000 + operations * 20;

afterAll(() => vi.useRealTimers());

/** Makes a history, and expects that the model explains it and that D1 agrees with it. Returns the history. */
export async function expectExplained(plan: Plan, controls: Partial<Controls> = {}): Promise<readonly Call[]> {
	const { clients, tenantId } = await clientsInWorkerd(plan, controls);
	await clients.run();
	await clients.readAll();
	const { calls } = clients.recorder;
	expect(describeViolations(check(calls)), replay(plan.seed)).toEqual([]);
	expect(disagreements(calls, await delivered(clients, tenantId)), replay(plan.seed)).toEqual([]);
	return calls;
}

/** The admitted calls. */
export const admissions = (calls: readonly Call[]) =>
	calls.filter(({ response }) => response?.kind === "verdict" && response.code === "VALID");

/** The verdicts that occur in a history, in the order of the alphabet. */
export const codesOf = (calls: readonly Call[]) =>
	[...new Set(calls.flatMap(({ response }) => (response?.kind === "verdict" ? [response.code] : [])))].sort();

/** A history with fewer calls need not contain every verdict and every change. */
const ENOUGH_FOR_EVERYTHING = 20_000;

/** Expects that a history contains every verdict and every change. Otherwise it would prove little. */
export function expectEverything(calls: readonly Call[]): void {
	if (calls.length < ENOUGH_FOR_EVERYTHING) return;
	expect(codesOf(calls)).toEqual([
		"ADDRESS_NOT_ALLOWED",
		"EXPIRED",
		"MISSING_SCOPE",
		"NOT_FOUND",
		"OUTDATED",
		"RATE_LIMITED",
		"REPLAYED",
		"REVOKED",
		"TENANT_SUSPENDED",
		"VALID",
	]);
	const done = new Set(
		calls.flatMap(({ invocation, response }) => (response?.kind === "verdict" ? [] : [invocation.kind])),
	);
	expect([...done]).toEqual(
		expect.arrayContaining(["create", "read", "usage", "update", "rotate", "revoke", "delete", "suspend", "resume"]),
	);
	const hours = new Set(calls.map(({ clock }) => Math.floor(clock[1] / 3_600_000)));
	expect(hours.size).toBeGreaterThan(2);
}
