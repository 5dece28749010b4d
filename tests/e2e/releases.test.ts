/**
 * Two releases side by side, in one workerd: a Worker of one calls gates of the other, as for minutes after a deploy and after
 * a rollback. A model must explain the history of each pairing, and D1 must agree with it.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { newId } from "../../db/ids.ts";
import { applyMigrations, readMigrations } from "../../db/migrate.ts";
import { type Runtime, startRuntime } from "../../scripts/runtime.ts";
import { eventually, readyCopy } from "../harness.ts";
import { disagreements } from "../history/agreement.ts";
import { check } from "../history/checker.ts";
import { Clients, type Plan } from "../history/clients.ts";
import type { Call } from "../history/operations.ts";
import { describeViolations, replay } from "../history/report.ts";
import { listed, ServiceCalls } from "../history/service-calls.ts";
import {
	adminToken,
	builtRelease,
	keptRelease,
	LAST_RELEASE,
	type Release,
	SECRETS,
	workerOf,
} from "../releases/release.ts";
import { Session } from "../session.ts";
import { SIZES } from "../sizes.ts";

const { callsOverReleases: CALLS, seed } = SIZES.history;
/** Usage reaches D1 after a second, with a margin for a busy machine. */
const CATCH_UP_MS = 20_000;
/** A history with fewer calls need not contain every verdict. */
const ENOUGH_FOR_EVERYTHING = 10_000;
const PATIENCE_MS = 60_000 + CALLS * 60;

const last = keptRelease(LAST_RELEASE);
const main = () => builtRelease(readyCopy().folder);

/** Nothing but what the gates and the model know: every call, no crash and no clock. */
const WEIGHTS: Plan["weights"] = {
	admit: 900,
	read: 20,
	usage: 8,
	update: 40,
	rotate: 10,
	revoke: 10,
	job: 3,
	delete: 10,
	suspension: 2,
	clock: 0,
	crash: 0,
};
const PLAN: Plan = {
	seed,
	keys: 6,
	clients: 8,
	operations: CALLS,
	weights: WEIGHTS,
	limits: [5, 50, 1_000, 30_000],
	signedShare: 0.4,
};

/** Adds a tenant and returns its id. */
async function addTenant(db: D1Database): Promise<string> {
	const id = newId("ten");
	const insert = "INSERT INTO tenants (id, name, slug, created_at) VALUES (?, ?, ?, ?)";
	await db.prepare(insert).bind(id, id, id.toLowerCase(), Date.now()).run();
	return id;
}

/** As if someone looked at the tenant's lists. A Worker of the last release doesn't say so, and usage would arrive later. */
async function watchLists(db: D1Database, tenantId: string): Promise<void> {
	const look = "INSERT OR REPLACE INTO service_state (name, value, updated_at) VALUES (?, ?, ?)";
	const until = String(Date.now() + 3_600_000);
	await db.prepare(look).bind(`usage watched: ${tenantId}`, until, Date.now()).run();
}

type Fetch = (path: string, init?: RequestInit) => Promise<Response>;

async function clientsOf(fetchService: Fetch, tenantId: string, plan: Plan) {
	const admin = await adminToken(tenantId, last.options);
	const service = { fetch: fetchService };
	const credentials = { admin, platform: SECRETS.SERVICE_ROLE_KEY, tenantId };
	const clients = new Clients(plan, new ServiceCalls(service, credentials), { now: Date.now });
	return { clients, admin: new Session(service, admin) };
}

async function expectExplained(clients: Clients, admin: Session): Promise<void> {
	const { calls } = clients.recorder;
	expect(describeViolations(check(calls)), replay(seed)).toEqual([]);
	let left: string[] = [];
	await eventually("D1 agrees", CATCH_UP_MS, async () => {
		// Again: since the last read, a key may have expired.
		await clients.readAll();
		left = disagreements(calls, await listed(admin));
		return left.length === 0;
	}).catch(() => undefined);
	expect(left, replay(seed)).toEqual([]);
}

const codesOf = (calls: readonly Call[]) =>
	new Set(calls.flatMap(({ response }) => (response?.kind === "verdict" ? [response.code] : [])));

/** This release with another number in the middle of the verdict that admits, as a careless next release would have it. */
function carelessNext({ modules, ...release }: Release): Release {
	// The build shortens the names of variables.
	const edits: [RegExp, string][] = [
		[/(\.\.\.packWindow\(\w+\.window\)),(\.\.\.\w+,PROTOCOL)/, "$1,60,$2"],
		[/(case[ `"']+VALID[`"']:\s*\{\s*const\s*\[(?:\w+,\s*){5})(\w+,\s*\w+,\s*\w+,\s*\w+,\s*\w+\]\s*=)/, "$1added,$2"],
		[/VALID:10/, "VALID:11"],
	];
	let edited = modules;
	for (const [from, to] of edits) {
		if (!edited.some(({ code }) => from.test(code))) throw new Error(`The build does not contain ${from}`);
		edited = edited.map(({ name, code }) => ({ name, code: code.replace(from, to) }));
	}
	return { ...release, modules: edited };
}

describe("in one workerd", () => {
	type Name = "last" | "main" | "next";
	/** A Worker and the gates that it calls. */
	const PAIRS: [worker: Name, gates: Name][] = [
		["main", "last"],
		["last", "main"],
		["main", "next"],
		["next", "main"],
		["next", "last"],
		["next", "next"],
	];
	let runtime: Runtime;
	let db: D1Database;
	beforeAll(async () => {
		const releases = { last, main: main(), next: carelessNext(main()) };
		const gates = (["last", "main", "next"] as const).map((name) =>
			workerOf(releases[name], { name: `gates-${name}`, database: "shared" }),
		);
		const workers = PAIRS.map(([worker, gatesOf]) =>
			workerOf(releases[worker], { name: `${worker}-${gatesOf}`, database: "shared", gatesOf: `gates-${gatesOf}` }),
		);
		runtime = await startRuntime([...workers, ...gates], { onLog: () => undefined });
		db = await runtime.database("main-last");
		await applyMigrations(db, readMigrations());
	});
	afterAll(() => runtime?.dispose());

	/** Calls the Worker of a pair. */
	async function pair(worker: Name, gates: Name): Promise<Fetch> {
		const url = await runtime.url(`${worker}-${gates}`);
		return (path, init) => fetch(url + path, init);
	}

	it.each([
		["a Worker of this release over gates of the last one", "main", "last"],
		["a Worker of the last release over gates of this one", "last", "main"],
	] as const)(
		"%s refuses nothing for it, and the history can be explained",
		{ timeout: PATIENCE_MS },
		async (_what, worker, gates) => {
			const tenantId = await addTenant(db);
			await watchLists(db, tenantId);
			const { clients, admin } = await clientsOf(await pair(worker, gates), tenantId, PLAN);
			await clients.run();
			await clients.readAll();
			const { calls } = clients.recorder;
			// A 503 would have no response in the history.
			expect(calls.filter(({ response }) => response === null)).toEqual([]);
			const codes = codesOf(calls);
			for (const code of ["VALID", "RATE_LIMITED", "REPLAYED"] as const) expect(codes).toContain(code);
			if (CALLS >= ENOUGH_FOR_EVERYTHING)
				for (const code of [
					"REVOKED",
					"NOT_FOUND",
					"MISSING_SCOPE",
					"ADDRESS_NOT_ALLOWED",
					"TENANT_SUSPENDED",
				] as const)
					expect(codes).toContain(code);
			await expectExplained(clients, admin);
		},
	);

	/** Sends a collaborator with a key whose name is the id of another tenant. Returns the status and who got the collaborator. */
	async function sync(worker: Name, gates: Name) {
		const service = { fetch: await pair(worker, gates) };
		const tenantId = await addTenant(db);
		const other = await addTenant(db);
		const admin = new Session(service, await adminToken(tenantId, last.options));
		const { key } = await admin.mutate("keys.create", { name: other });
		const { status } = await service.fetch("/v1/sync_collaborators", {
			method: "POST",
			headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
			body: JSON.stringify({ collaborators: [{ external_id: "1", name: "Ana", email: "ana@example.com" }] }),
		});
		const rows = "SELECT count(*) AS n FROM collaborators WHERE tenant_id = ?";
		const countOf = (id: string) => db.prepare(rows).bind(id).first<number>("n");
		return { status, own: await countOf(tenantId), others: await countOf(other) };
	}

	it.each([
		["gates send a Worker of this release a field that it doesn't know", "main", "next"],
		["a Worker expects a field that gates of this release don't send", "next", "main"],
		["a Worker expects a field that gates of the last release don't send", "next", "last"],
	] as const)("where %s, the request is refused and writes into no tenant", async (_what, worker, gates) => {
		expect(await sync(worker, gates)).toEqual({ status: 503, own: 0, others: 0 });
	});

	it("where both sides know the field, the request writes into the key's tenant", async () => {
		expect(await sync("next", "next")).toEqual({ status: 200, own: 1, others: 0 });
	});
});

describe("an upgrade and its rollback, under load", () => {
	/** How long each release runs between two changes. */
	const RUN_MS = Math.max(500, CALLS);

	it("keep every promise over the same disks", { timeout: PATIENCE_MS }, async () => {
		const folder = mkdtempSync(join(tmpdir(), "salesos-releases-"));
		let runtime: Runtime | undefined;
		onTestFinished(async () => {
			await runtime?.dispose();
			rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
		});
		let url = "";
		/** Settled while a release runs. Calls wait for it. */
		let running: Promise<void> = Promise.resolve();
		/** Replaces the running release by another one over the same folder. In-flight calls break. */
		async function run(release: Release): Promise<D1Database> {
			const { promise, resolve } = Promise.withResolvers<void>();
			running = promise;
			await runtime?.dispose();
			runtime = await startRuntime([workerOf(release, { name: "service", database: "shared" })], {
				folder,
				onLog: () => undefined,
			});
			url = await runtime.url("service");
			resolve();
			return runtime.database("service");
		}
		const ofLast = readMigrations().filter(({ name }) => name <= `${last.schema}.sql`);
		const first = await run(last);
		await applyMigrations(first, ofLast);
		const tenantId = await addTenant(first);
		const fetchWhenRunning = async (path: string, init?: RequestInit) => {
			await running;
			return fetch(url + path, init);
		};
		const plan = { ...PLAN, operations: Number.POSITIVE_INFINITY };
		const { clients, admin } = await clientsOf(fetchWhenRunning, tenantId, plan);
		const finished = clients.run();
		await pause(RUN_MS);
		// A deploy migrates first, while the last release still runs.
		await applyMigrations(first, readMigrations());
		await watchLists(first, tenantId);
		await pause(RUN_MS);
		for (const release of [main(), last, main()]) {
			await clients.recorder.crashed(clients.known.keys(), async () => void (await run(release)));
			await pause(RUN_MS);
		}
		clients.stop();
		await finished;
		await clients.readAll();
		const { calls } = clients.recorder;
		expect(codesOf(calls)).toContain("VALID");
		await expectExplained(clients, admin);
	});
});
