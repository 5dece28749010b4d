/**
 * The disaster that backups are for: the service is backed up, its database and all of its objects are lost, and the backup is
 * restored elsewhere. Every list must be what it was. `npm run test:proofs` does this with 100,000 keys.
 */
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { whoami } from "../e2e/load.ts";
import { eventually, Service } from "../harness.ts";
import { CallRefused, type Session } from "../session.ts";
import { SIZES } from "../sizes.ts";
import { everyLead, everyList } from "./every-list.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** As the database counts keys that expire soon. */
const EXPIRING_SOON_MS = 14 * DAY_MS;
/** 100,000 keys are made in minutes. */
const TIMEOUT_MS = 1_800_000;
const USAGE_PATIENCE_MS = 60_000;

let service: Service;
beforeAll(async () => {
	service = await Service.start({ demoKeys: SIZES.backup.keys });
}, TIMEOUT_MS);
afterAll(() => service?.dispose());

/** Revokes the keys that would change their status during the test, as time passes. */
async function revokeTurningKeys(owner: Session): Promise<void> {
	const now = Date.now();
	let cursor: string | null | undefined;
	while (cursor !== null) {
		const { items, next_cursor } = await owner.query("keys.list", {
			...{ expires_within_days: 15, limit: 100 },
			...(cursor === undefined ? {} : { cursor }),
		});
		for (const { id, expires_at, revokes_at } of items) {
			const end = Math.min(
				...[expires_at, revokes_at].map((time) => (time ? Date.parse(time) : Number.POSITIVE_INFINITY)),
			);
			const turns = [end, end - EXPIRING_SOON_MS].some((at) => at > now && at < now + HOUR_MS);
			if (turns) await owner.mutate("keys.revoke", { id });
		}
		cursor = next_cursor;
	}
}

/** Size of a folder's files in bytes. */
const sizeOf = (folder: string): number =>
	readdirSync(folder, { recursive: true, encoding: "utf8" }).reduce(
		(sum, name) => sum + statSync(join(folder, name)).size,
		0,
	);

it("shows every list as it was after the database and the objects were lost", { timeout: TIMEOUT_MS }, async () => {
	const owner = await service.signIn();
	const { key, api_key } = await owner.mutate("keys.create", {
		name: "Website",
		scopes: ["leads:read", "leads:write"],
	});
	const revoked = await owner.mutate("keys.create", { name: "Left partner" });
	await owner.mutate("keys.revoke", { id: revoked.api_key.id });
	await owner.mutate("tokens.create", { name: "CI", permissions: ["keys:read"], expires_in_days: 30 });
	for (let no = 0; no < 30; no++) {
		const lead = { name: `Ana ${no}`, source: no % 2 ? "form" : "fair", email: `ana${no}@acme.example` };
		const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
		const response = await service.fetch("/v1/leads", { method: "POST", headers, body: JSON.stringify(lead) });
		expect(response.status).toBe(201);
	}
	const leads = await everyLead(service, key);
	const used = 30 + Object.keys(leads).length;
	await eventually("D1 has the usage", USAGE_PATIENCE_MS, async () => {
		const { items } = await owner.query("keys.list", { search: api_key.id });
		return items[0]?.usage_count === used;
	});
	await revokeTurningKeys(owner);
	const { items } = await owner.query("keys.list", { sort: "-created_at", limit: 1 });
	const searches = ["a", "crm", "Website", api_key.id, items[0]?.key_prefix ?? "", items[0]?.last_four ?? ""];
	const until = new Date().toISOString();
	const before = await everyList(owner, until, searches);
	await service.stop();

	const startedAt = Date.now();
	await service.run("backup", "--to", "../kept-backup");
	const backedUpAt = Date.now();
	rmSync(join(service.folder, ".wrangler"), { recursive: true });
	const output = await service.run("restore", "../kept-backup");
	const restoredAt = Date.now();
	expect(output).toContain("npm run reconcile");
	const bytes = sizeOf(join(service.folder, "../kept-backup"));
	console.log(
		`${SIZES.backup.keys} keys: backup ${backedUpAt - startedAt} ms, ${bytes} bytes; restore ${restoredAt - backedUpAt} ms`,
	);

	await service.restart();
	await expect(owner.query("session.me")).rejects.toThrow(CallRefused);
	const ownerAgain = await service.signIn();
	expect(await everyList(ownerAgain, until, searches)).toEqual(before);
	expect(await everyLead(service, key)).toEqual(leads);
	expect((await whoami(service, revoked.key)).status).toBe(401);
});
