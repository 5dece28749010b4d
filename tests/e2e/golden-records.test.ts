/** What the gates of this build write to their disks. The release before reads it after a rollback, and the next one after it. */
import { readFileSync } from "node:fs";
import { beforeAll, expect, it } from "vitest";
import { readyCopy } from "../harness.ts";
import { type GoldenGate, goldenRecords, STATES, shapeOf } from "../releases/golden.ts";
import { builtRelease, fileOf, LAST_RELEASE, NEXT_RELEASE } from "../releases/release.ts";

const kept = (version: string) => JSON.parse(readFileSync(fileOf(version, "records.json"), "utf8")) as GoldenGate[];

/** The shape of each record of a gate, by the kind of record. */
function shapesOf(gates: readonly GoldenGate[], state: string): Record<string, string> {
	const { records } = gates.find((gate) => gate.state === state) ?? { records: {} };
	return Object.fromEntries(Object.entries(records).map(([name, record]) => [kindOf(name), shapeOf(record)]));
}
const kindOf = (name: string) => name.replace(/:.*/, "");

let written: GoldenGate[];
beforeAll(async () => {
	written = await goldenRecords(builtRelease(readyCopy().folder));
});

it.each(STATES)(
	"of a key that is %s, is as kept: if this was meant, run `node tests/releases/keep.ts next`",
	(state) => {
		expect(shapesOf(written, state)).toEqual(shapesOf(kept(NEXT_RELEASE), state));
	},
);

it.each(STATES)("of a key that is %s, has every field that the last release reads, with its type", (state) => {
	const gateOf = (gates: readonly GoldenGate[]) => gates.find((gate) => gate.state === state)?.records ?? {};
	const byKind = (records: Record<string, unknown>) =>
		new Map(Object.entries(records).map(([name, record]) => [kindOf(name), record]));
	const now = byKind(gateOf(written));
	for (const [kind, before] of byKind(gateOf(kept(LAST_RELEASE)))) expectToContain(now.get(kind), before, kind);
});

/** Every field of `before`, and of the first element of a list, has its type in `now`. */
function expectToContain(now: unknown, before: unknown, path: string): void {
	expect(typeof now, path).toBe(typeof before);
	if (before === null || typeof before !== "object") return;
	const fields = Array.isArray(before) ? before.slice(0, 1).entries() : Object.entries(before);
	for (const [name, field] of fields) expectToContain((now as Record<string, unknown>)[name], field, `${path}.${name}`);
}
