/** Controls one gate: fails or delays D1, reads its storage, and crashes it. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { KeyGate } from "../../../worker/gate/key-gate.ts";
import { type AdmissionCall, type PackedVerdict, packCall, unpack } from "../../../worker/gate/protocol.ts";
import { hashKey } from "../../../worker/keys/format.ts";
import type { Verdict } from "../../../worker/keys/verdict.ts";
import { gateOf } from "../fixtures.ts";

/** How D1 and other gates behave towards one gate. */
export interface FakeLink {
	/** Statements that reached D1. */
	statements: number;
	down: boolean;
	/** Replaces a read of D1: `read` does the real one. The gate gets what this returns or throws. */
	interceptRead?: (read: () => Promise<unknown>) => Promise<unknown>;
	/** Whether calls of other keys' gates fail. */
	unreachable: boolean;
	/** Replaces a batch: `apply` runs the real one. The gate gets what this returns or throws. */
	intercept?: (apply: () => Promise<D1Result[]>) => Promise<D1Result[]>;
	/** Awaited after D1 has applied a batch, before the gate gets the response. */
	afterBatch?: () => Promise<void>;
	/** Waits until all writes are on disk. */
	durable(): Promise<void>;
	/** Crashes the object immediately. */
	die(): void;
}

/** Puts a link between a gate and the real D1 that counts statements and can fail. It lasts until the gate is evicted. */
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
		// `env` is protected. The test replaces it as the platform would set it.
		Object.assign(instance, { env: { ...env, DB: guarded, KEY_GATE: gates } });
	});
	return link;
}

/** Wraps a statement so that `interceptRead` sees its reads. */
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

/** Everything in a gate's storage. */
export function disk(keyId: string): Promise<Map<string, unknown>> {
	return runInDurableObject(gateOf(keyId), (_instance: KeyGate, state) => new Map(state.storage.kv.list()));
}

/** Puts the gate's storage back to what {@link disk} returned earlier, and evicts it from memory. */
export async function restoreDisk(keyId: string, entries: ReadonlyMap<string, unknown>): Promise<void> {
	await runInDurableObject(gateOf(keyId), async (_instance: KeyGate, { storage }) => {
		for (const [name] of storage.kv.list()) storage.kv.delete(name);
		for (const [name, value] of entries) storage.kv.put(name, value);
		await storage.sync();
	});
	await crash(keyId);
}

/** Crashes the gate: its memory is lost, and acknowledged writes are on disk. */
export async function crash(keyId: string): Promise<void> {
	await runInDurableObject(gateOf(keyId), (_instance: KeyGate, state) => {
		state.abort("crash");
	}).catch(() => undefined);
}

/** A request as the Worker sends it to the gate. */
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

/** Sends `count` requests and returns the number of each verdict. */
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
