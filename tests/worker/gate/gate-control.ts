/** Reaching into a gate: what D1 is to it, what it has on disk, and its death. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { KeyGate } from "../../../worker/gate/key-gate.ts";
import { type AdmissionCall, type PackedVerdict, packCall, unpack } from "../../../worker/gate/protocol.ts";
import { hashKey } from "../../../worker/keys/format.ts";
import type { Verdict } from "../../../worker/keys/verdict.ts";
import { gateOf } from "../fixtures.ts";

/** How D1 behaves towards one gate from now on. */
export interface FakeLink {
	/** Statements that reached D1. */
	statements: number;
	down: boolean;
	/** Stands between the gate and what it reads from D1, as `intercept` does for batches. */
	interceptRead?: (read: () => Promise<unknown>) => Promise<unknown>;
	/** The gates of other keys cannot be reached. */
	unreachable: boolean;
	/** Stands between the gate and D1: `apply` does what the gate asks for. What this returns or throws, the gate hears. */
	intercept?: (apply: () => Promise<D1Result[]>) => Promise<D1Result[]>;
	/** Awaited when D1 has applied a batch, before the gate hears so. */
	afterBatch?: () => Promise<void>;
	/** Waits until everything that was written is on disk. */
	durable(): Promise<void>;
	/** Ends the object in the middle of what it does. */
	die(): void;
}

/** Puts a link that can fail and count between a gate and the real D1. It lasts until the gate leaves memory. */
export async function linkToD1(keyId: string): Promise<FakeLink> {
	const link: FakeLink = {
		statements: 0,
		down: false,
		unreachable: false,
		durable: async () => undefined,
		die: () => undefined,
	};
	const guarded = new Proxy(env.DB, {
		get(target, property) {
			if (property === "prepare")
				return (sql: string) => {
					link.statements++;
					if (link.down) throw new Error("D1_ERROR: no route to the database");
					return readThrough(target.prepare(sql), link);
				};
			if (property === "batch")
				return async (statements: D1PreparedStatement[]) => {
					if (link.down) throw new Error("D1_ERROR: no route to the database");
					const apply = () => target.batch(statements);
					const results = await (link.intercept ? link.intercept(apply) : apply());
					await link.afterBatch?.();
					return results;
				};
			return Reflect.get(target, property);
		},
	});
	const gates = new Proxy(env.KEY_GATE, {
		get(target, property) {
			if (property === "getByName")
				return (name: string) => {
					if (link.unreachable) throw new Error("The object cannot be reached");
					return target.getByName(name);
				};
			return Reflect.get(target, property);
		},
	});
	await runInDurableObject(gateOf(keyId), (instance: KeyGate, state) => {
		link.die = () => state.abort("crash");
		link.durable = () => state.storage.sync();
		// `env` is protected; a test may stand in for the platform that sets it.
		Object.assign(instance, { env: { ...env, DB: guarded, KEY_GATE: gates } });
	});
	return link;
}

/** The statement, but its rows pass by whoever intercepts reads. */
function readThrough(statement: D1PreparedStatement, link: FakeLink): D1PreparedStatement {
	return new Proxy(statement, {
		get(target, property) {
			if (property === "bind") return (...values: unknown[]) => readThrough(target.bind(...values), link);
			const value: unknown = Reflect.get(target, property);
			if (typeof value !== "function") return value;
			const act = (...args: unknown[]) => value.apply(target, args);
			if (property !== "raw" && property !== "all") return act;
			return (...args: unknown[]) => (link.interceptRead ? link.interceptRead(() => act(...args)) : act(...args));
		},
	});
}

/** Everything a gate has on its disk. */
export function disk(keyId: string): Promise<Map<string, unknown>> {
	return runInDurableObject(gateOf(keyId), (_instance: KeyGate, state) => new Map(state.storage.kv.list()));
}

/** Ends the gate as a crash does: what is in memory is gone, what was acknowledged is on disk. */
export async function crash(keyId: string): Promise<void> {
	await runInDurableObject(gateOf(keyId), (_instance: KeyGate, state) => {
		state.abort("crash");
	}).catch(() => undefined);
}

/** A request as the door hands it to the gate. */
export function presented(key: string, more: Partial<AdmissionCall> = {}): AdmissionCall {
	return {
		keyId: key.slice(8, 20),
		secretHash: hashKey(key),
		scope: null,
		ip: "203.0.113.7",
		tenantId: null,
		endpoint: "GET /v1/whoami",
		userAgent: "test",
		consume: true,
		...more,
	};
}

/** Sends one request to its gate, packed as the Worker sends it. */
export async function admit(call: AdmissionCall, now?: number): Promise<Verdict> {
	const packed = await gateOf(call.keyId).admitPacked(packCall(call), now);
	// RPC types turn tuples into arrays.
	return unpack(packed as unknown as PackedVerdict, call.keyId);
}

/** Sends `count` requests and says how often which verdict came. */
export async function admitMany(key: string, count: number, now?: number): Promise<Record<string, number>> {
	const call = presented(key);
	const verdicts = await Promise.all(Array.from({ length: count }, async () => (await admit(call, now)).code));
	return tally(verdicts);
}

function tally(codes: string[]): Record<string, number> {
	const counts: Record<string, number> = {};
	for (const code of codes) counts[code] = (counts[code] ?? 0) + 1;
	return counts;
}
