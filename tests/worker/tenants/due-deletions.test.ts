/** Deletions of many tenants: none keeps another from its own, and none reads the rows of another. */
import { env } from "cloudflare:workers";
import { eq, getTableName } from "drizzle-orm";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { insertRows } from "../../../db/client.ts";
import { newId } from "../../../db/ids.ts";
import * as schema from "../../../db/schema.ts";
import { readConfig } from "../../../worker/env.ts";
import type { Deps } from "../../../worker/services/deps.ts";
import { workOnSweeps } from "../../../worker/services/gate-sweeps.ts";
import { beginDeletions } from "../../../worker/services/tenant-deletion.ts";
import { deleteRows } from "../../../worker/services/tenant-rows.ts";
import { getTenant } from "../../../worker/services/tenants.ts";
import { metered } from "../db/metered.ts";
import { addTenant, db, product } from "../fixtures.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
const at = (now: number): Deps => ({ db, product, gates: env.KEY_GATE, config: readConfig(env), now });
const stateOf = async (id: string) => (await getTenant({ db }, id)).state;
afterEach(() => vi.restoreAllMocks());

async function dueAt(deleteAfter: number): Promise<string> {
	const id = await addTenant();
	await db
		.update(schema.tenants)
		.set({ suspendedAt: 1, suspensionNo: 1, deleteAfter })
		.where(eq(schema.tenants.id, id));
	return id;
}

/** Makes every write to the sweep of the tenant fail, until the returned function is called. */
async function breakSweep(tenantId: string, write: "insert" | "update"): Promise<() => Promise<unknown>> {
	await env.DB.prepare(
		`create trigger broken before ${write} on gate_sweeps when new.tenant_id = '${tenantId}'
			begin select raise(abort, 'broken'); end`,
	).run();
	return () => env.DB.prepare("drop trigger broken").run();
}

describe("a tenant whose deletion fails", () => {
	it("doesn't keep a later one from beginning, and is tried again by the next run", async () => {
		const [first, second] = [await dueAt(NOW - 2), await dueAt(NOW - 1)];
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		const repair = await breakSweep(first, "insert");
		await expect(beginDeletions(at(NOW))).rejects.toThrow();
		await repair();
		expect([await stateOf(first), await stateOf(second)]).toEqual(["suspended", "deleting"]);
		await beginDeletions(at(NOW + 60_000));
		expect(await stateOf(first)).toBe("deleting");
	});

	it("doesn't keep the sweep of another tenant from being completed", async () => {
		const first = await dueAt(NOW - 2);
		await beginDeletions(at(NOW));
		const second = await dueAt(NOW - 1);
		await beginDeletions(at(NOW + 1));
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		const repair = await breakSweep(first, "update");
		await expect(workOnSweeps(at(NOW + 60_000))).rejects.toThrow();
		await repair();
		expect([await stateOf(first), await stateOf(second)]).toEqual(["deleting", "deleted"]);
	});
});

describe("deleting the rows of a tenant", () => {
	const PEOPLE = 200;
	const ACTIVITIES = 2_000;
	const row = (tenantId: string) => ({ tenantId, environment: "live" as const, createdAt: NOW, writtenBy: "k" });

	async function addPeople(tenantId: string, count: number): Promise<string> {
		const people = Array.from({ length: count }, (_, index) => ({
			...row(tenantId),
			id: newId("col"),
			externalId: `${index}`,
			name: "Ana",
			email: `${index}@acme.example`,
			emailFolded: `${index}@acme.example`,
			updatedAt: NOW,
		}));
		await insertRows(db, schema.collaborators, people);
		return people[0]?.id ?? "";
	}

	it("reads nothing of another tenant's activities and people", async () => {
		const [ours, others] = [await addTenant(), await addTenant()];
		await addPeople(ours, PEOPLE);
		const collaboratorId = await addPeople(others, 1);
		const many = Array.from({ length: ACTIVITIES }, (_, index) => index);
		await insertRows(
			db,
			schema.activities,
			many.map((index) => ({
				...row(others),
				id: newId("act"),
				collaboratorId,
				activityCode: "001",
				occurredAt: NOW,
				externalId: `${index}`,
			})),
		);
		const spent = await metered((db) => deleteRows({ db, product: db }, ours));
		expect(spent.result).toBe(true);
		expect(await db.$count(schema.collaborators, eq(schema.collaborators.tenantId, ours))).toBe(0);
		expect(spent.read).toBeLessThanOrEqual(20 * PEOPLE);
	});

	it("finds the rows that refer to a row by an index, in every table", () => {
		const tables = Object.values(schema).filter((entry) => entry instanceof SQLiteTable) as SQLiteTable[];
		const scanned = tables.flatMap((table) => {
			const { columns, foreignKeys, indexes, primaryKeys } = getTableConfig(table);
			const indexed = [
				...columns.filter(({ primary, isUnique }) => primary || isUnique).map(({ name }) => name),
				...primaryKeys.map(({ columns: [first] }) => first?.name),
				...indexes
					.filter(({ config }) => config.where === undefined)
					.map(
						({
							config: {
								columns: [first],
							},
						}) => first && "name" in first && first.name,
					),
			];
			return (
				foreignKeys
					.map((key) => key.reference())
					// A tenant's own row is never deleted.
					.filter(({ foreignTable }) => getTableName(foreignTable) !== "tenants")
					.map(({ columns: [column] }) => column?.name)
					.filter((name) => !indexed.includes(name))
					.map((name) => `${getTableName(table)}.${name}`)
			);
		});
		expect(scanned).toEqual([]);
	});
});
