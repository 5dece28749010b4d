/**
 * The database of yesterday is put under the gates of today: the service is stopped, its folder is replaced, and it starts again.
 * Then `npm run reconcile` brings every list back to what the gates know.
 */
import { appendFileSync, cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually, Service } from "../harness.ts";
import { CallRefused, type Session } from "../session.ts";
import { whoami } from "./load.ts";

const TIMEOUT_MS = 300_000;
const USAGE_PATIENCE_MS = 30_000;

let service: Service;
beforeAll(async () => {
	service = await Service.start({ settings: { USAGE_FLUSH_SECONDS: "1" } });
}, TIMEOUT_MS);
afterAll(() => service?.dispose());

const database = () => join(service.folder, ".wrangler", "state", "v3", "d1");
const yesterday = () => join(service.folder, "..", "yesterday");

/** Every key as the list shows it, without what changes when a token is used. */
const list = async (owner: Session) => {
	const { items } = await owner.query("keys.list", { limit: 100, sort: "name" });
	return items.filter(({ name }) => name.startsWith("Restored "));
};
const statusOf = async (key: string) => (await whoami(service, key)).status;

it("lists every key as its gate knows it after the database was put back to yesterday", {
	timeout: TIMEOUT_MS,
}, async () => {
	const owner = await service.signIn();
	const create = (name: string) => owner.mutate("keys.create", { name: `Restored ${name}` });
	const made = Object.fromEntries(
		await Promise.all(
			["revoked", "deleted", "changed", "untouched"].map(async (name) => [name, await create(name)] as const),
		),
	);
	const { revoked, deleted, changed, untouched } = made;
	if (!revoked || !deleted || !changed || !untouched) throw new Error("A key was not created");
	for (const { key } of Object.values(made)) expect(await statusOf(key)).toBe(200);
	await service.stop();
	cpSync(database(), yesterday(), { recursive: true });
	await service.restart();

	const today = await service.signIn();
	await today.mutate("keys.revoke", { id: revoked.api_key.id });
	await today.mutate("keys.delete", { id: deleted.api_key.id });
	await today.mutate("keys.update", { id: changed.api_key.id, rate_limit: 7 });
	const created = await today.mutate("keys.create", { name: "Restored created" });
	const rotated = await today.mutate("keys.rotate", { id: untouched.api_key.id });
	for (const { key } of [created, rotated, changed]) expect(await statusOf(key)).toBe(200);
	await eventually(
		"the list has the usage",
		USAGE_PATIENCE_MS,
		async () => (await list(today)).filter(({ usage_count }) => usage_count > 0).length >= 5,
	);
	const before = await list(today);
	await owner.mutate("session.logout");
	await service.stop();

	rmSync(database(), { recursive: true });
	cpSync(yesterday(), database(), { recursive: true });
	appendFileSync(service.secretsFile, `SESSIONS_VALID_FROM=${new Date().toISOString()}\n`);
	await service.restart();
	const again = await service.signIn();
	expect((await list(again)).map(({ name, status }) => `${name}: ${status}`)).toContain("Restored revoked: active");
	expect(await statusOf(revoked.key)).toBe(401);

	const tried = await service.run("reconcile", "--url", service.url, "--dry-run");
	expect(tried).toContain("Nothing was changed.");
	expect(await list(again)).not.toEqual(before);
	const done = await service.run("reconcile", "--url", service.url, "--tokens", new Date().toISOString());
	expect(done).toContain("were missing in the database");
	expect(done).toContain("were listed although they are deleted");
	expect(await list(again)).toEqual(before);
	expect(await statusOf(deleted.key)).toBe(401);
	expect(await service.run("reconcile", "--url", service.url)).not.toContain("were ");
	// The row of the session that was signed out is back.
	for (const session of [owner, today]) await expect(session.query("session.me")).rejects.toThrow(CallRefused);
});
